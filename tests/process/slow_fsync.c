/* Preloaded into a process: every fsync and fdatasync takes SLOW_FSYNC_MS longer, as on a disk with few writes a second. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_a_while(void) {
    const char *said = getenv("SLOW_FSYNC_MS");
    usleep(said ? 1000u * (unsigned)atoi(said) : 0u);
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_a_while();
    return real(fd);
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_a_while();
    return real(fd);
}

/* A libnvidia-ml.so.1 with one card, for driving the real pynvml without hardware.
 *
 * It leaves out what an old driver leaves out (remapped rows, MIG, MPS), says "not supported" to ECC, and loses the
 * card while the file named by STUB_NVML_LOST exists. Structures are those of nvml.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, TIMEOUT = 10, GPU_IS_LOST = 15 };

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Use;
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
typedef struct { unsigned pid; unsigned long long memory; unsigned instance, compute_instance; } Process;
typedef struct { void *device; unsigned long long type, data; unsigned instance, compute_instance; } Event;

static int card;
static int events = 1;

static int lost(void) {
    const char *file = getenv("STUB_NVML_LOST");
    return file && access(file, F_OK) == 0;
}

#define HELD if (lost()) return GPU_IS_LOST

int nvmlInitWithFlags(unsigned flags) { (void)flags; return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { (void)code; return "stub"; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { (void)index; *device = &card; HELD; return SUCCESS; }
int nvmlDeviceGetUUID(void *d, char *text, unsigned n) { (void)d; HELD; strncpy(text, "GPU-5e0fa11e-0000-4000-8000-00000000beef", n); return SUCCESS; }
int nvmlDeviceGetName(void *d, char *text, unsigned n) { (void)d; HELD; strncpy(text, "NVIDIA Stub 24GB", n); return SUCCESS; }
int nvmlDeviceGetPciInfo_v3(void *d, Pci *pci) { (void)d; HELD; memset(pci, 0, sizeof *pci); strcpy(pci->bus_id, "00000000:AF:00.0"); return SUCCESS; }
int nvmlDeviceGetMemoryInfo_v2(void *d, Memory *m) { (void)d; HELD; m->total = 24ULL << 30; m->reserved = 1ULL << 28; m->used = 5ULL << 30; m->free = 18ULL << 30; return SUCCESS; }
int nvmlDeviceGetUtilizationRates(void *d, Use *use) { (void)d; HELD; use->gpu = 88; use->memory = 33; return SUCCESS; }
int nvmlDeviceGetTemperature(void *d, unsigned sensor, unsigned *t) { (void)d; (void)sensor; HELD; *t = 71; return SUCCESS; }
int nvmlDeviceGetPowerUsage(void *d, unsigned *mw) { (void)d; HELD; *mw = 301500; return SUCCESS; }
int nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *mw) { (void)d; HELD; *mw = 350000; return SUCCESS; }
int nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj) { (void)d; HELD; *mj = 98765432101ULL; return SUCCESS; }
int nvmlDeviceGetClockInfo(void *d, unsigned kind, unsigned *mhz) { (void)d; HELD; *mhz = kind == 1 ? 1410 : 9501; return SUCCESS; }
int nvmlDeviceGetTotalEccErrors(void *d, unsigned k, unsigned c, unsigned long long *n) { (void)d; (void)k; (void)c; (void)n; return NOT_SUPPORTED; }

/* As drivers before 515 have it. */
int nvmlDeviceGetComputeRunningProcesses_v2(void *d, unsigned *count, Process *list) {
    (void)d;
    HELD;
    if (!list || *count < 1) { *count = 1; return INSUFFICIENT_SIZE; }
    *count = 1;
    list[0] = (Process){ .pid = (unsigned)getpid(), .memory = 4ULL << 30 };
    return SUCCESS;
}

int nvmlEventSetCreate(void **set) { *set = &events; return SUCCESS; }
int nvmlDeviceRegisterEvents(void *d, unsigned long long kinds, void *set) { (void)d; (void)set; return kinds == 8 ? SUCCESS : NOT_SUPPORTED; }
int nvmlEventSetFree(void *set) { (void)set; return SUCCESS; }
int nvmlEventSetWait_v2(void *set, Event *event, unsigned ms) {
    (void)set; (void)ms;
    if (events == 0) return TIMEOUT;
    events = 0;
    *event = (Event){ .device = &card, .type = 8, .data = 48 };
    return SUCCESS;
}

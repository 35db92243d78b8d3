#!/bin/sh
# System tools that some tests use: network namespaces, packet filters, Avahi as an independent mDNS peer, and a
# browser. Tests
# that need what is not there are skipped with the reason; as root on Debian, this installs it.
set -eu
missing=""
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v nft >/dev/null 2>&1 || missing="$missing nftables"
command -v avahi-browse >/dev/null 2>&1 || missing="$missing avahi-daemon avahi-utils dbus"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing%s for the tests ...\n' "$missing" >&2
    # No service may start: the tests run their own daemons in namespaces of their own.
    [ -e /usr/sbin/policy-rc.d ] || {
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    }
    apt-get update -qq >/dev/null 2>&1 || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        printf 'Some test tools could not be installed; their tests will be skipped.\n' >&2
else
    printf 'hint: for all tests, as root: apt-get install%s\n' "$missing" >&2
fi

#!/bin/sh
# Makes .venv at the root of the checkout: what `make` runs before anything else. Does nothing when it is up to date.
# On Debian and Ubuntu it installs the system packages it needs when it is root, and says what is missing when not.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "error: $1 is missing, and this is no Debian: install it with your system's package manager."
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        say "error: $1 is missing, and installing it takes root."
        say "hint:  sudo apt-get install $2"
        exit 1
    fi
    say "Installing $2 ..."
    apt-get update -qq >/dev/null 2>&1 || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $2 >/dev/null
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    install_packages "Python 3.11 or later" "python3 python3-venv"
    python=$(find_python)
    [ -n "$python" ] || { say "error: the newest Python here is older than 3.11."; exit 1; }
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages "Python's venv module" "python3-venv"

want=$(cat pyproject.toml constraints.txt packaging/setup.sh | cksum)
if [ "$(cat .venv/ready 2>/dev/null)" = "$want" ]; then
    exit 0
fi
say "Setting up .venv (once; a minute or two) ..."
rm -f .venv/ready
[ -x .venv/bin/python ] || "$python" -m venv .venv
pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@"; }
# torch first and pinned: whatever else wants torch then takes what is there.
pip install -c constraints.txt torch 2>.venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
pip install -c constraints.txt -e '.[recipes,bench,dev]' 2>.venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
printf '%s\n' "$want" >.venv/ready

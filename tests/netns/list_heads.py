"""Prints the heads that an agent here finds, as JSON. Arguments: patience in seconds, a fingerprint or nothing."""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec

from tensorfleet.agent.joining.discover import find_heads

began = time.monotonic()
heads = asyncio.run(find_heads(float(sys.argv[1]), *sys.argv[2:]))
print(msgspec.json.encode({"heads": heads, "took": time.monotonic() - began}).decode())

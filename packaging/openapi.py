"""Writes the description of the REST interface to stdout, without a head: what the console's types are made of."""

from __future__ import annotations

import json
import sys

from tensorfleet.head.http.app import ROUTES
from tensorfleet.head.http.openapi import describe

if __name__ == "__main__":
    json.dump(describe(ROUTES), sys.stdout, indent=1, sort_keys=True)

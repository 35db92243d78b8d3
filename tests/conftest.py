"""Nothing is shared by every test; `tests/` itself is on the path, so suites import their helpers by folder."""

from __future__ import annotations

import signal

# Whoever starts the tests in the background of a shell has them ignore Ctrl-C, and every process they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

"""Nothing is shared by every test; `tests/` itself is on the path, so suites import their helpers by folder."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background has them ignore Ctrl-C and Ctrl-\\, and every process they start, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

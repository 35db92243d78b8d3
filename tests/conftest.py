"""Nothing is shared by every test; `tests/` itself is on the path, so suites import their helpers by folder."""

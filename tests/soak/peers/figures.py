"""The one line that each of these programs prints: JSON, with times in seconds."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence


def quantile(times: Sequence[float], share: float) -> float | None:
    """The smallest of `times` that `share` of them do not exceed; None for no times."""
    ordered = sorted(times)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 4) if ordered else None


def tell(what: str, times: Sequence[float] = (), **figures: object) -> None:
    """Prints the line. times: what p50 and p95 are of."""
    print(json.dumps({"what": what, **figures, "p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}), flush=True)


def not_installed(what: str, why: str) -> None:
    print(json.dumps({"what": what, "installed": False, "why": f"not installed: {why}"}), flush=True)

"""Exit codes: 0 done, 1 the job or operation failed, 2 usage, 3 head unreachable, 4 not allowed, 5 not found,
130 ended by Ctrl-C. `run` and `--wait` give the job's own.
"""

from __future__ import annotations

from typing import Final

from tensorfleet import errors

INTERRUPTED: Final = 130

_CODES: Final[dict[type[errors.TensorFleetError], int]] = {
    errors.InvalidRequest: 2,
    errors.TooLarge: 2,
    errors.ImpossibleRequest: 2,
    errors.HeadUnreachable: 3,
    errors.NotAuthenticated: 4,
    errors.NotAllowed: 4,
    errors.NotFound: 5,
}


def exit_code(error: errors.TensorFleetError) -> int:
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), 1)

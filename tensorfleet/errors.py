"""The one error tree. Each error has a stable code, a party to blame, a sentence for a person and a hint.

    TensorFleetError
    ├── UserError            blame = user      the request has to change
    │   ├── InvalidRequest       a value, a field or a file is wrong
    │   │   └── UnknownMessage       a well-formed message of a kind this version does not have
    │   ├── TooLarge             over a documented limit
    │   ├── ImpossibleRequest    no placement could ever satisfy it
    │   ├── NotAuthenticated     no credential, or one that is wrong or expired
    │   ├── NotAllowed           the credential does not reach that far
    │   ├── NotFound
    │   ├── TooManyRequests      more often, or more at once, than one may
    │   └── Conflict             the state of things forbids it now
    │       └── RevisionConflict     a document changed in between
    ├── PlatformError        blame = platform  TensorFleet itself is at fault
    │   ├── Corrupt              stored data fails its checksum or its schema
    │   └── Fault                anything unforeseen
    └── InfraError           blame = infra     a machine, disk or network is at fault
        ├── HeadUnreachable
        ├── PortInUse
        ├── AlreadyRunning       another process holds the data directory
        ├── StoreFull            the disk takes no more writes
        ├── StoreFailed          the disk or database failed
        └── Unavailable          not now; try again

HTTP statuses are mapped in `head/http/errors.py`, exit codes in `cli/main.py`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Blame = Literal["user", "platform", "infra"]


class TensorFleetError(Exception):
    """Base of every error TensorFleet raises on purpose.

    `detail` is one sentence: what, and why. `hint` says what to do about it; it may be empty.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    blame: ClassVar[Blame] = "platform"

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}".strip()


class UserError(TensorFleetError):
    code = "user_error"
    blame = "user"


class InvalidRequest(UserError):
    code = "invalid_request"
    title = "The request is not valid"


class UnknownMessage(InvalidRequest):
    code = "unknown_message"
    title = "A message of another version"


class TooLarge(UserError):
    code = "too_large"
    title = "Over a limit"


class ImpossibleRequest(UserError):
    code = "impossible_request"
    title = "No placement could satisfy this request"


class NotAuthenticated(UserError):
    code = "not_authenticated"
    title = "No valid credential"


class NotAllowed(UserError):
    code = "not_allowed"
    title = "Not allowed"


class NotFound(UserError):
    code = "not_found"
    title = "Not found"


class TooManyRequests(UserError):
    code = "too_many_requests"
    title = "Too many requests"


class Conflict(UserError):
    code = "conflict"
    title = "Not possible in the present state"


class RevisionConflict(Conflict):
    code = "revision_conflict"
    title = "Changed in between"


class PlatformError(TensorFleetError):
    code = "platform_error"


class Corrupt(PlatformError):
    code = "corrupt"
    title = "Stored data is damaged"


class Fault(PlatformError):
    code = "internal_fault"
    title = "A fault inside TensorFleet"


class InfraError(TensorFleetError):
    code = "infra_error"
    blame = "infra"


class HeadUnreachable(InfraError):
    code = "head_unreachable"
    title = "The head cannot be reached"


class PortInUse(InfraError):
    code = "port_in_use"
    title = "The port is taken"


class AlreadyRunning(InfraError):
    code = "already_running"
    title = "Already running"


class StoreFull(InfraError):
    code = "store_full"
    title = "The disk is full"


class StoreFailed(InfraError):
    code = "store_failed"
    title = "The store failed"


class Unavailable(InfraError):
    code = "unavailable"
    title = "Not available now"

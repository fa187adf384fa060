"""The one tree of errors. Each class has a stable code; each error says what is wrong and what to do about it.

    BeleefError
    ├── InvalidInput          what was sent cannot be used
    │   ├── TooLarge          it is larger than the limit
    │   └── MethodNotAllowed  the address is right, the HTTP method is not
    ├── NotSignedIn           nobody is known to be asking
    ├── NotAllowed            somebody is asking who may not
    ├── NotFound              there is no such thing
    ├── Conflict              it cannot be done in the present state
    ├── TooManyRequests       later, please
    └── Unavailable           Beleef cannot do it now, and nothing was lost
        └── StorageFull       there is no room left to write

The HTTP status of each class is decided in one place, ``status_of``.
"""

from typing import ClassVar


class BeleefError(Exception):
    """Base of all expected refusals.

    Args:
        message: What is wrong, in one sentence for a person.
        hint: What the person can do about it.
        code: A stable code for programs, when the class's own is too coarse.
    """

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code


class InvalidInput(BeleefError):
    """What was sent cannot be used as it is."""

    default_code = "invalid_input"


class TooLarge(InvalidInput):
    """What was sent is larger than the limit for it."""

    default_code = "too_large"


class MethodNotAllowed(InvalidInput):
    """There is something at that address, and it does not take that HTTP method."""

    default_code = "method_not_allowed"


class NotSignedIn(BeleefError):
    """The request carries no key, token or session that Beleef knows."""

    default_code = "not_signed_in"


class NotAllowed(BeleefError):
    """The one who asks is known, and may not do this."""

    default_code = "not_allowed"


class NotFound(BeleefError):
    """There is nothing under that name or number."""

    default_code = "not_found"


class Conflict(BeleefError):
    """It contradicts what is there already."""

    default_code = "conflict"


class TooManyRequests(BeleefError):
    """More was asked than the limit allows.

    Args:
        retry_after_s: After how many whole seconds to ask again.
    """

    default_code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Unavailable(BeleefError):
    """Beleef cannot do it at this moment; nothing was stored and nothing was lost."""

    default_code = "unavailable"


class StorageFull(Unavailable):
    """There is no room left on the disk or in the database."""

    default_code = "storage_full"


_STATUS: tuple[tuple[type[BeleefError], int], ...] = (
    (TooLarge, 413),
    (MethodNotAllowed, 405),
    (InvalidInput, 400),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooManyRequests, 429),
    (Unavailable, 503),
)


def status_of(error: BeleefError) -> int:
    """Return the HTTP status that goes with an expected refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)

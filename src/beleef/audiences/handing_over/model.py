"""What is handed over, to whom and how, and how a change is written for the other side."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from beleef.kernel import ids
from beleef.kernel.clock import HOUR, MINUTE, SECOND
from beleef.kernel.errors import InvalidInput

MOST_AT_ONCE: Final = 100
"""Changes in one request."""

_ADDRESS = re.compile(r"https?://[^\s/@?#]+(?:[/?][^\s]*)?")
_FIRST_WAIT = 10 * SECOND
_LONGEST_WAIT = HOUR
_MOST_TRAITS = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"[+-][\d .()-]+")


class Webhook(msgspec.Struct, frozen=True, kw_only=True, tag="webhook"):
    """Everyone who enters or leaves is posted to an address, signed."""

    url: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    """All members are written to a CSV file every so many hours; the latest ``keep`` files stay."""

    every_hours: int = 24
    keep: int = 7


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """How one audience is handed over.

    Attributes:
        audience: Name of the audience.
        way: By webhook or by file.
        traits: Names of traits that go along; identifiers always do.
    """

    audience: str
    way: Webhook | Snapshot
    traits: tuple[str, ...] = ()


class StoredHandOver(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as it stands.

    Attributes:
        number: Its number.
        hand_over: What and how.
        secret: What its requests are signed with; empty for files.
        paused: Whether staff stopped it for now.
        version: The version of the audience's rule that its members were compared with; 0 before the first time.
        cursor: The last person compared, None when everybody was.
        next_at: Not before this moment, in microseconds.
        attempts: How often in a row it failed.
        error: Why it failed the last time; empty when it did not.
        told: How many people the other side knows to be in the audience (webhook), or were in the last file.
    """

    number: int
    hand_over: HandOver
    secret: str
    paused: bool
    version: int
    cursor: int | None
    next_at: int
    attempts: int
    error: str
    told: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt.

    Attributes:
        began_at: When, in microseconds.
        ended_at: When it ended.
        outcome: Whether the other side has it now.
        people: How many people, or changes, it was about.
        detail: The file's name, or what the other side answered.
    """

    began_at: int
    ended_at: int
    outcome: Literal["done", "failed"]
    people: int
    detail: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A person to look at for a webhook: what the other side knows, how many changes it was told, and since when it waits."""

    person: int
    told: bool
    changes: int
    due_at: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the other side is told: identifiers by namespace, traits by name.

    Attributes:
        number: The person's number.
        identifiers: One per namespace, the first that was seen.
        traits: Those asked for that are known.
        became: The person that this number belongs to now, after a merge; None where it is the person's own.
    """

    number: int
    identifiers: Mapping[str, str]
    traits: Mapping[str, Any]
    became: int | None = None


def check(hand_over: HandOver) -> None:
    """Pass where a hand-over can work.

    Raises:
        InvalidInput: it cannot; code ``invalid_hand_over``.
    """
    match hand_over.way:
        case Webhook(url=url):
            if not _ADDRESS.fullmatch(url) or len(url) > 1_000:
                raise _invalid(
                    "That is no address to send to.", "Begin with https://, without a user name or password."
                )
        case Snapshot(every_hours=hours, keep=keep):
            if not 1 <= hours <= 24 * 31:
                raise _invalid("A file is written every 1 to 744 hours.", "24 is once a day.")
            if not 1 <= keep <= 1_000:
                raise _invalid("1 to 1,000 files can be kept.", "7 are a week of daily files.")
    if len(hand_over.traits) > _MOST_TRAITS:
        raise _invalid(f"At most {_MOST_TRAITS} traits can go along.", "Leave some out.")


def body(
    audience: str, changes: Sequence[tuple[str, bool, Told]], *, sent_at: str, is_test: bool = False
) -> bytes:
    """Return the body of a webhook.

    Args:
        audience: Name of the audience.
        changes: For each change a number that stays the same when it is sent again, whether the person entered, and the person.
        sent_at: The moment of sending as ISO 8601.
        is_test: Whether it only tries the connection.
    """
    said: dict[str, Any] = {"audience": audience, "sentAt": sent_at}
    if is_test:
        said["test"] = True
    said["changes"] = [
        {"id": change, "change": "entered" if entered else "left", "person": _person(told)}
        for change, entered, told in changes
    ]
    return msgspec.json.encode(said)


def change_id(hand_over: int, waiting: Waiting) -> str:
    """Return the number of a person's next change: the same each time it is sent, so that the other side knows a repeat."""
    return f"{hand_over}-{ids.to_text(waiting.person)}-{waiting.changes + 1}"


def request_id(changes: Sequence[str]) -> str:
    """Return the number of a request with these changes: the same when they are sent again together."""
    return hashlib.sha256(" ".join(changes).encode()).hexdigest()[:32]


def wait_after(attempts: int) -> int:
    """Return how long to wait after so many failures in a row, in microseconds: 10 seconds, doubling, an hour at most."""
    return min(_FIRST_WAIT << min(attempts - 1, 12), _LONGEST_WAIT)


def due_again(began_at: int, way: Snapshot) -> int:
    """Return when the next file is due after one that was begun at a moment, in microseconds."""
    return began_at + way.every_hours * HOUR - MINUTE // 2


def header(namespaces: Sequence[str], traits: Sequence[str]) -> list[str]:
    """Return the first line of a file of members."""
    return ["person", "since", *namespaces, *traits]


def line(told: Told, since: str, namespaces: Sequence[str], traits: Sequence[str]) -> list[str]:
    """Return a member's line of a file; a value that a spreadsheet would run as a formula begins with an apostrophe."""
    identifiers = [_cell(told.identifiers.get(name)) for name in namespaces]
    return [ids.to_text(told.number), since, *identifiers, *(_cell(told.traits.get(name)) for name in traits)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    is_formula = isinstance(value, str) and text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text)
    return f"'{text}" if is_formula else text


def _person(told: Told) -> dict[str, Any]:
    said: dict[str, Any] = {"id": ids.to_text(told.number)}
    if told.became is not None:
        return {**said, "became": ids.to_text(told.became)}
    if told.identifiers:
        said["identifiers"] = dict(told.identifiers)
    if told.traits:
        said["traits"] = dict(told.traits)
    return said


def _invalid(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_hand_over")

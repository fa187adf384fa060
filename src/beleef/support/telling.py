"""What support says in the log about a case: opened, promised, kept, broken, a complaint open or closed.

Each message has a name of its own, so that saying it again says nothing; what staff's own facts say already is not repeated.
"""

from collections.abc import Iterator
from typing import Any

from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import to_text
from beleef.support.heard import KEY
from beleef.support.model import Life, Promise, reference

Message = dict[str, Any]


def changes(
    number: int, before: Life | None, after: Life, person: Person, *, cause: str, of: str
) -> Iterator[Message]:
    """Yield what a batch changed in a case.

    Args:
        number: The case.
        before: Where it stood; None for a case that is new.
        after: Where it stands.
        person: Whom it is about.
        cause: What opened it.
        of: The id of what opened it.
    """
    if before is None:
        yield _opened(number, after, person, cause=cause, of=of)
    known = {one.id: one for one in before.promises} if before else {}
    for one in after.promises:
        earlier = known.get(one.id)
        if earlier is None:
            more = {"by": one.by, "policy_version": one.version}
            yield _promised("Promise Made", "made", number, one, person, one.started_at, **more)
        if one.state == "missed" and one.told < 2 and (earlier is None or earlier.state != "missed"):
            yield broken(number, one, person, min(one.due_at, after.last_at))
        elif one.state == "kept" and (earlier is None or earlier.state != "kept") and one.met_at is not None:
            yield _promised("Promise Kept", "kept", number, one, person, one.met_at, at=to_text(one.met_at))
    if before is not None and after.reopened > before.reopened:
        yield beleef(
            "Case Reopened", f"{_key(number)}:reopened:{after.reopened}", number, person, after.last_at, {}
        )
    for turn in range(before.complaints if before else 0, after.complaints):
        yield _complaint(number, turn + 1, person, after.last_at)


def broken(number: int, promise: Promise, person: Person, at: int) -> Message:
    """Return the message that a promise was broken: when it was due, or when the case was closed without keeping it."""
    return _promised("Promise Broken", "broken", number, promise, person, at)


def told(number: int, promise: Promise, person: Person, **more: Any) -> Message:
    """Return the message that is next to be said about a promise that runs out: a warning, its breach, or a rung of the ladder."""
    # Of a promise that is broken already nobody is warned any more.
    if promise.told == 0 and promise.state != "missed":
        return _promised(
            "Promise Warned", "warned", number, promise, person, promise.next_at or promise.warn_at
        )
    if promise.told <= 1:
        return broken(number, promise, person, promise.due_at)
    rung = promise.told - 1
    at = promise.next_at or promise.due_at
    return _promised("Escalated", f"rung{rung}", number, promise, person, at, rung=rung, **more)


def beleef(event: str, name: str, number: int, person: Person, at: int, more: dict[str, Any]) -> Message:
    """Return a message of Beleef's own about a case."""
    return {
        "messageId": name,
        "type": "beleef",
        "event": event,
        "timestamp": to_text(at),
        "properties": {"case": reference(number), **more},
        **identity.naming(person),
    }


def _opened(number: int, life: Life, person: Person, *, cause: str, of: str) -> Message:
    names = ("kind", "department", "touchpoint", "priority", "team")
    about = {name: getattr(life, name) for name in names} | {"subject": life.title, "cause": cause, "of": of}
    more = {name: value for name, value in about.items() if value}
    return beleef("Case Opened", f"{_key(number)}:opened", number, person, life.opened_at, more)


def _promised(
    event: str, word: str, number: int, promise: Promise, person: Person, moment: int, **more: Any
) -> Message:
    about = {"promise": promise.id, "kind": promise.kind, "due_at": to_text(promise.due_at), **more}
    return beleef(event, f"{_key(number)}:{promise.id}:{word}", number, person, moment, about)


def _complaint(number: int, turn: int, person: Person, at: int) -> Message:
    word = "Opened" if turn % 2 else "Closed"
    case = reference(number)
    return {
        "messageId": f"{_key(number)}:complaint:{turn}",
        "type": "track",
        "event": f"Complaint {word}",
        "timestamp": to_text(at),
        "properties": {"complaint": case, "complaint_id": case},
        **identity.naming(person),
    }


def _key(number: int) -> str:
    return f"{KEY}{number}"

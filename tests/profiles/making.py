"""Facts for the tests of profiles, and the shortest way from facts to a profile."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.profiles.api import Profiles
from beleef.profiles.days import Days
from beleef.profiles.model import Definition, Profile, StoredDefinition
from beleef.profiles.rules import Rules
from beleef.profiles.state import State, combine, decode, encode, settle
from beleef.profiles.work import ProfilesStep
from tests.conftest import NOW

ZONE = "Europe/Amsterdam"


def fact(number: int, name: str | None = None, *, days_ago: float = 0, **fields: Any) -> Fact:
    """A track fact, or of another ``type``; so many days before ``NOW``."""
    moment = fields.pop("occurred_at", NOW - round(days_ago * DAY))
    given: dict[str, Any] = {
        "type": "track",
        "source": "web shop",
        "channel": "web",
        "received_at": NOW + HOUR,
    } | fields
    return Fact(id=number, message_id=f"m{number}", name=name, occurred_at=moment, **given)


def identify(number: int, *, days_ago: float = 0, **fields: Any) -> Fact:
    """An identify fact."""
    return fact(number, type="identify", days_ago=days_ago, **fields)


def order(
    number: int, order_id: str, revenue: float, *products: str, days_ago: float = 0, **fields: Any
) -> Fact:
    """A completed order of one piece of each product."""
    listed = [{"product_id": product, "name": product.title(), "quantity": 1} for product in products]
    properties = {"order_id": order_id, "products": listed}
    return fact(
        number, "Order Completed", days_ago=days_ago, revenue=revenue, properties=properties, **fields
    )


def definition(kind: str, of: str | None = None, **fields: Any) -> Definition:
    """A definition called as its kind."""
    return Definition(name=kind, label=kind, kind=kind, of=of, **fields)  # type: ignore[arg-type]


def rules(*definitions: Definition) -> Rules:
    """Definitions ready to run, in the zone of the tests."""
    stored = [
        StoredDefinition(definition=each, version=version, filled=True, folded_from=0)
        for version, each in enumerate(definitions, 1)
    ]
    return Rules(stored, Days(ZONE))


def folded(ready: Rules, batches: Iterable[Sequence[tuple[int, Fact]]]) -> dict[int, State]:
    """States after batches of facts, written and read back after each."""
    stored: dict[int, bytes] = {}
    for batch in batches:
        states = {subject: decode(stored[subject]) for subject, _ in batch if subject in stored}
        ready.fold(states, batch)
        for subject, state in states.items():
            settle(state, ready.computed)
            stored[subject] = encode(state)
    return {subject: decode(state) for subject, state in stored.items()}


def combined(ready: Rules, batches: Iterable[Sequence[tuple[int, Fact]]]) -> State | None:
    """All states after batches of facts, as one."""
    return combine(folded(ready, batches).values(), ready.computed)


def work(connection: sa.Connection, facts: Sequence[Fact], subjects: int | Sequence[int] = 1) -> None:
    """Let the worker's step take a batch, all of one subject or of one subject each."""
    whose = [subjects] * len(facts) if isinstance(subjects, int) else list(subjects)
    ProfilesStep(zone=ZONE)(Batch(facts=list(facts), now=NOW, subjects=whose), connection)


def profile_of(connection: sa.Connection, *facts: Fact) -> Profile:
    """The profile of somebody of whom these are all facts."""
    work(connection, facts)
    return Profiles(zone=ZONE).profile(connection, [1], NOW)

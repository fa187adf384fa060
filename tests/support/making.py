"""A service desk for tests: customers who write, colleagues who answer, a worker and a sender in the test's own process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from beleef.app import build_support
from beleef.kernel.clock import to_text
from beleef.support.api import DEFAULT, Case, Promise, RootCause, ServiceRules
from tests.cast import Customer
from tests.contact.making import Place, place

Json = dict[str, Any]

RULES = msgspec.structs.replace(
    DEFAULT,
    root_causes=(
        RootCause(name="delivery", label="Delivery"),
        RootCause(name="late", label="Too late", parent="delivery"),
    ),
)
"""The defaults, with two root causes."""


class ServiceDesk:
    """An installation with people who write and answer.

    Args:
        place: With a worker, a sender and a clock.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.world = place.world
        self.stores = place.stores
        self.database = place.stores.database
        self.support = build_support(place.stores)
        self._keys = count(1)

    def rules(self, **changed: Any) -> None:
        """Put rules in force: the defaults with root causes, and what is given."""
        with self.database.write() as connection:
            rules: ServiceRules = msgspec.structs.replace(RULES, **changed)
            self.support.save_rules(connection, rules, by="Fatima", now=self.stores.now())

    def work(self) -> None:
        """Let the worker work on all that waits, and do its chores. It stays the one worker: a lock of PostgreSQL takes a while to go."""
        worker = self.world._worker
        worker.catch_up()
        while worker.do_chores() or worker.catch_up():
            """What chores bring into the log is worked on as well."""

    def wait(self, hours: float) -> None:
        """Let time pass, and the worker do what is due."""
        self.world.tick(round(hours * 3_600))
        self.work()

    def writes(self, customer: Customer, text: str, **properties: object) -> None:
        """Let a customer write, by way of the desk's own channels."""
        self.hear(
            {
                "messageId": f"written:{next(self._keys)}",
                "type": "track",
                "event": "Message Received",
                "channel": "email",
                "userId": customer.user_id,
                "properties": {"text": text, **properties},
            }
        )

    def hear(self, *messages: Json) -> None:
        """Let Beleef's own say something, and the worker hear of it."""
        self.world.send(*messages, own=True)
        self.work()

    def replies(self, case: Case, text: str = "We look into it.", *, by: str = "Hanna", **more: Any) -> None:
        """Let a colleague reply."""
        with self.database.read() as connection:
            key = f"r{next(self._keys)}"
            said = self.support.reply(
                connection, case, reply=key, text=text, by=by, now=self.stores.now(), **more
            )
        self.hear(*said)

    def does(self, act: str, case: Case, *given: Any, by: str = "Hanna", **more: Any) -> None:
        """Let a colleague do something else with a case: ``note``, ``change``, ``close``, ``reopen``, ``merge``, ``split``."""
        if act == "change":
            more["now"] = self.stores.now()
        with self.database.read() as connection:
            said = getattr(self.support, act)(
                connection, case, *given, by=by, key=f"k{next(self._keys)}", **more
            )
        self.hear(*said)

    def case(self, number: int = 10_001) -> Case:
        """Return a case."""
        with self.database.read() as connection:
            return self.support.case(connection, number)

    def promise(self, name: str, number: int = 10_001) -> Promise:
        """Return a promise of a case by its id."""
        return next(one for one in self.case(number).life.promises if one.id == name)

    def kinds(self, number: int = 10_001) -> list[str]:
        """Return the kinds of what happened in a case, in order."""
        with self.database.read() as connection:
            return [entry.kind for entry in self.support.thread(connection, number)]

    def said(self, name: str) -> list[Json]:
        """Return the properties of the facts of a name."""
        self.work()
        return [
            {**(fact.properties or {}), "subject": subject, "at": to_text(fact.occurred_at)}
            for subject, fact in self.stores.warehouse.scan()
            if fact.name == name
        ]

    def outgoing(self) -> Sequence[Mapping[str, Any]]:
        """Let the sender send, and return what the outbox keeps, newest first."""
        self.place.go()
        self.work()
        return [{**one, "parts": _parts(one["parts"])} for one in self.place.kept()]


def _parts(kept: Any) -> Json:
    found: Json = msgspec.json.decode(kept) if isinstance(kept, str) else kept
    return found


@contextmanager
def service_desk(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[ServiceDesk]:
    """Give an installation that was just set up, on a Monday at nine."""
    with place(folder, environment) as made:
        desk = ServiceDesk(made)
        desk.rules()
        yield desk

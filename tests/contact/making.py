"""An installation for tests of contact: people it knows, a sender and a worker in the test's own process, a clock that the test moves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beleef.app import build_contact, build_rendering
from beleef.contact.api import ChannelSetup, Contact, Contacted, Decision, GateRules, Intent, Purpose
from beleef.contact.work import Sender
from beleef.identity import api as identity
from beleef.kernel.clock import to_text
from tests.cast import Customer
from tests.stories.worlds import World, world

Json = dict[str, Any]

PLAIN = {"subject": "Hello", "text": "Good to see you."}


class Place:
    """An installation with its sender.

    Args:
        made: The installation.
    """

    def __init__(self, made: World) -> None:
        self.world = made
        self.stores = made.stores
        self.database = made.stores.database
        self.contact: Contact = build_contact(made.stores)
        self.sender = self.another_sender()

    def another_sender(self) -> Sender:
        """Return a sender of the same installation."""
        return Sender(
            database=self.database,
            contact=build_contact(self.stores),
            rendering=build_rendering(self.stores),
            now=self.stores.now,
            lease_s=60,
        )

    def meet(self, *customers: Customer, consent: bool = True, **traits: object) -> list[int]:
        """Let people say who they are, and return their subjects."""
        messages: list[Json] = []
        for one in customers:
            said = {"email": one.email, "name": one.name, **traits}
            messages.append({"type": "identify", "userId": one.user_id, "traits": said})
            if consent:
                messages.append(self.event(one, "Consent Given", purpose="marketing", channel="email"))
        self.world.send(*messages)
        self.world.work()
        return [self.subject(one) for one in customers]

    def event(self, customer: Customer, name: str, **properties: object) -> Json:
        """Return a message that says that a customer did something."""
        return {"type": "track", "userId": customer.user_id, "event": name, "properties": properties}

    def happens(self, customer: Customer, name: str, **properties: object) -> None:
        """Let a customer do something, and the worker hear of it."""
        self.world.send(self.event(customer, name, **properties))
        self.world.work()

    def subject(self, customer: Customer) -> int:
        """Return the number of a customer."""
        with self.database.read() as connection:
            found = identity.find(connection, self.stores.installation().key, "user_id", customer.user_id)
        assert found is not None
        return found.number

    def subjects(self, customer: Customer) -> tuple[int, ...]:
        """Return all numbers that a customer's facts are stored under."""
        with self.database.read() as connection:
            found = identity.person(connection, self.subject(customer))
        assert found is not None
        return found.subjects

    def rules(self, rules: GateRules) -> None:
        """Put rules in force."""
        with self.database.write() as connection:
            self.contact.save_rules(connection, rules, by="Fatima", now=self.stores.now())

    def channel(self, setup: ChannelSetup, secrets: Mapping[str, str] | None = None) -> None:
        """Set a channel up."""
        with self.database.write() as connection:
            self.contact.save_channel(connection, setup, secrets or {}, self.stores.now())

    def intend(self, *intents: Intent) -> int:
        """Mean to send messages."""
        with self.database.write() as connection:
            return self.contact.intend(connection, intents, self.stores.now())

    def go(self) -> int:
        """Let the sender decide and send once; return how many messages it decided about."""
        decided = self.sender.decide()
        self.sender.send()
        return decided

    def row(self, key: str) -> Contacted:
        """Return a message's row in the ledger."""
        with self.database.read() as connection:
            return self.contact.by_keys(connection, [key])[key]

    def states(self, *keys: str) -> list[str]:
        """Return the states of messages."""
        with self.database.read() as connection:
            found = self.contact.by_keys(connection, keys)
        return [found[key].state for key in keys]

    def decisions(self, key: str) -> list[Decision]:
        """Return what the gate said about a message, in order."""
        number = self.row(key).id
        with self.database.read() as connection:
            return [one.decision for one in self.contact.decisions(connection, [number]).get(number, [])]

    def kept(self) -> Sequence[Mapping[str, Any]]:
        """Return what the outbox keeps, newest first."""
        with self.database.read() as connection:
            return self.contact.kept(connection, limit=1_000)

    def facts(self, name: str) -> list[Json]:
        """Return the properties of the facts of a name, after the worker has heard them, with whom they are about."""
        self.world.work()
        return [
            {**(fact.properties or {}), "subject": subject, "at": to_text(fact.occurred_at)}
            for subject, fact in self.stores.warehouse.scan()
            if fact.name == name
        ]


def mail(key: str, subject: int, purpose: Purpose = "marketing", **more: Any) -> Intent:
    """Return a plain mail that is meant to be sent."""
    return Intent(
        **{"key": key, "subject": subject, "purpose": purpose, "channel": "email", "parts": PLAIN, **more}
    )


@contextmanager
def place(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Place]:
    """Give an installation that was just set up."""
    with world(folder, environment or {}) as made:
        yield Place(made)

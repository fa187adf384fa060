"""A shop with a campaign: a Beleef in the test's own process, its clock, and short words for what customers do."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from beleef.app import build_campaigns, build_contact, build_content
from beleef.campaigns.api import Campaigns, Results, Run, StoredCampaign
from beleef.contact.api import STATES, Contacted
from beleef.content.api import Message
from beleef.facts.fact import Fact
from beleef.kernel.clock import HOUR, SECOND, to_text
from beleef.kernel.errors import Conflict
from tests.cast import ANNA, Customer
from tests.stories.worlds import World, world

CART = """
name: forgotten-cart
label: Forgotten cart
entry:
  fact: {event: Cart Updated}
  key: properties.cart_id
  again: always
exit:
  - fact: {event: Cart Emptied, same: properties.cart_id}
    reason: emptied
goals:
  - name: order
    fact: {event: Order Completed, same: properties.cart_id}
    within: 7 days
flow:
  - id: bought
    wait_for:
      fact: {event: Order Completed, same: properties.cart_id}
      at_most: 4 hours
      then:
        - id: enough
          end: bought
      otherwise:
        - id: remind
          send: {message: cart, channel: email, purpose: service}
"""
"""Reminds of a cart that was left four hours ago; each cart by itself."""


class Shop:
    """A world with campaigns.

    Args:
        inside: The world.
    """

    def __init__(self, inside: World) -> None:
        self.world = inside
        self.database = inside.stores.database
        self.campaigns: Campaigns = build_campaigns(inside.stores)
        self.contact = build_contact(inside.stores)
        self._sent = 0

    @property
    def now(self) -> int:
        """The moment the clock shows."""
        return self.world.stores.now()

    def write(self, *names: str, channel: Any = "email", purpose: Any = "service") -> None:
        """Write and publish messages of these names."""
        parts = {"subject": "Hello", "body": "<p>Hello</p>"} if channel == "email" else {"text": "Hello"}
        if channel in {"call", "letter", "staff"}:
            parts = {"body": "Hello"}
        content = build_content(self.world.stores)
        with self.database.write() as connection:
            for name in names:
                message = Message(
                    name=name, label=name, channel=channel, purpose=purpose, texts={"en": parts}
                )
                content.save(connection, message, by="Gijs")
                content.publish(connection, "message", name, by="Gijs")

    def publish(self, text: str, **how: Any) -> StoredCampaign:
        """Save a campaign from YAML and put it in force."""
        data = yaml.safe_load(text)
        with self.database.write() as connection:
            self.campaigns.save(connection, data, self.now)
            return self.campaigns.publish(connection, data["name"], self.now, **how)

    def do(self, event: str, who: Customer = ANNA, **properties: Any) -> None:
        """Let a customer do something now; the worker has not yet worked on it."""
        self.tell({"type": "track", "event": event, "properties": properties}, who)

    def tell(self, message: Mapping[str, Any], who: Customer = ANNA) -> None:
        """Let a message about a customer come in now."""
        self._sent += 1
        given = {
            "messageId": f"m{self._sent}",
            "userId": who.user_id,
            "timestamp": to_text(self.now),
            **message,
        }
        self.world.send(given)

    def work(self) -> None:
        """Let the worker work on everything."""
        self.world.tick(1)
        for _ in range(500):
            # PostgreSQL may need a moment to see that the lease was let go.
            with contextlib.suppress(Conflict):
                self.world.work()
                return
        raise AssertionError("Another worker is at work.")

    def wait(self, hours: float = 0) -> None:
        """Let hours pass, and the worker work."""
        self.world.tick(round(hours * HOUR / SECOND))
        self.work()

    def runs(self, name: str = "forgotten-cart") -> list[Run]:
        """Return all runs of a campaign, in the order of their beginning."""
        with self.database.read() as connection:
            return self.campaigns.runs(connection, name, limit=1_000)[::-1]

    def results(self, name: str) -> Results:
        """Return what became of a campaign; what its list says in short must say the same."""
        with self.database.read() as connection:
            found = self.campaigns.results(connection, name)
            short = self.campaigns.summaries(connection)[name]
        kept_back = sum(found.messages.held.values()) + sum(found.messages.skipped.values())
        assert (short.goal, short.people, short.converted) == (found.goal, found.people, found.converted)
        assert (short.total, list(short.currencies)) == (found.total, list(found.currencies))
        assert (short.sent, short.kept_back) == (found.messages.sent, kept_back)
        return found

    def messages(self) -> list[Contacted]:
        """Return what was meant to be sent, in the order it was meant."""
        with self.database.read() as connection:
            return self.contact.listed(connection, STATES, limit=1_000)[::-1]

    def steps_sent(self) -> list[str]:
        """Return the steps that meant to send something, in order."""
        return [one.intent.step for one in self.messages()]

    def facts(self, name: str) -> list[Fact]:
        """Return the facts of a name, oldest first."""
        found = [fact for _, fact in self.world.stores.warehouse.scan() if fact.name == name]
        return sorted(found, key=lambda fact: fact.id)


@contextmanager
def shop(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[Shop]:
    """Give a shop that was just opened."""
    with world(data, environment or {}) as inside:
        yield Shop(inside)

"""The demo's last weeks, lived through: the real worker, campaigns and sender run in simulated time, and simulated customers react.

So every figure of the demo's campaigns was made by the program itself, in a minute instead of in a month.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.app import Stores, build_campaigns, build_contact, build_sender
from beleef.audiences.api import audience_from_data
from beleef.campaigns.api import from_data
from beleef.collect.api import say_later
from beleef.contact.api import Contacted, Topic, customer_fact, save_topic
from beleef.content.api import Shelf, message_from_data, read_items
from beleef.demo.api import (
    BROADCAST,
    CAMPAIGN_DAYS,
    FEED,
    TOPICS,
    Reaction,
    campaign_file,
    chance,
    order,
    pictures,
    product_rows,
    reactions,
)
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND, to_text
from beleef.responding import Respondents, install_surveys, past_answers
from beleef.store.log.port import Entry
from beleef.worker import Worker

_TURN = 8 * HOUR
"""How much time goes by between two looks of the worker and the sender."""
_BROADCAST_AFTER = 9 * DAY
_LOOKED_BACK = 600
_MOST_ROUNDS = 2_000
_SHOP = "webshop"


class SimulatedClock:
    """A clock that is set, instead of going by itself; ``at`` is what it shows, in microseconds."""

    def __init__(self) -> None:
        self.at = 0

    def __call__(self) -> int:
        """Return the moment."""
        return self.at

    def tick(self) -> None:
        """Let a good second go by, so that what is done once a second is done."""
        self.at += SECOND + SECOND // 10


def begins_at(end: int) -> int:
    """Return when the weeks begin that are lived through."""
    return end - CAMPAIGN_DAYS * DAY


class Weeks:
    """Lives through the demo's last weeks.

    Args:
        stores: The open stores, on the simulated clock.
        clock: The simulated clock.
        worker: The worker, on the same clock; it has worked on all that came before.
        sources: The numbers of the demo's sources, by name.
        seed: Decides all that chance decides.
    """

    def __init__(
        self, stores: Stores, clock: SimulatedClock, worker: Worker, sources: dict[str, int], seed: int
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._worker = worker
        self._sources = sources
        self._seed = seed
        self._campaigns = build_campaigns(stores)
        self._contact = build_contact(stores)
        self._sender = build_sender(stores)
        self._respondents = Respondents(stores, seed)
        self._coming: list[tuple[int, int, str, dict[str, Any]]] = []
        self._reacted: set[int] = set()

    def install(self, now: int) -> None:
        """Put the shop's audiences, messages and campaigns in force at a moment, all but the broadcast."""
        self._clock.at = max(self._clock.at, now)
        found = campaign_file()
        zone = self._stores.settings.timezone
        with self._stores.database.write() as connection:
            _dress_window(self._campaigns.content.shelf, connection, self._seed)
            known = {one.audience.name for one in self._campaigns.audiences.audiences(connection)}
            for data in found.audiences:
                if data["name"] not in known:
                    self._campaigns.audiences.save(connection, audience_from_data(data, zone=zone), now)
            for topic in TOPICS:
                save_topic(connection, msgspec.convert(topic, Topic))
            for data in found.messages:
                message = message_from_data(data)
                self._campaigns.content.save(connection, message, by="Demo")
                self._campaigns.content.publish(connection, "message", message.name, by="Demo")
            for data in found.campaigns:
                name = self._campaigns.save(connection, from_data(data), now).campaign.name
                if name != BROADCAST:
                    self._campaigns.publish(connection, name, now)
        install_surveys(self._stores, now)
        self._stores.log.append(list(past_answers(self._stores, now, self._seed)))
        self._settle()

    def live(self, arriving: Iterator[Entry], end: int, progress: Callable[[int], None]) -> None:
        """Let time go by until ``end``.

        Args:
            arriving: What arrives, in order.
            end: The last moment, in microseconds.
            progress: Told how many messages were worked on.
        """
        following = next(arriving, None)
        broadcast_at: int | None = begins_at(end) + _BROADCAST_AFTER
        for moment in self._turns(end):
            entries = []
            while following is not None and following.received_at <= moment:
                entries.append(following)
                following = next(arriving, None)
            self._clock.at = max(self._clock.at, moment)
            self._let_customers_act(moment, entries)
            if entries:
                self._stores.log.append(sorted(entries, key=lambda one: one.received_at))
            if broadcast_at is not None and moment >= broadcast_at:
                broadcast_at = None
                with self._stores.database.write() as connection:
                    self._campaigns.publish(connection, BROADCAST, moment)
            self._settle()
            progress(sum(one.messages for one in entries))
            self._send()
        self._settle()

    def _turns(self, end: int) -> Iterator[int]:
        begin = begins_at(end)
        number = 1
        while (moment := begin + number * _TURN) < end:
            # Not on the hour sharp, as no mail program is.
            yield moment + round(45 * MINUTE * chance(self._seed, "turn", number))
            number += 1
        yield end

    def _settle(self) -> None:
        """Work until nothing waits."""
        for _ in range(_MOST_ROUNDS):
            worked = self._worker.work()
            if not self._worker.do_chores() and not worked:
                return
            self._clock.tick()

    def _send(self) -> None:
        sent = 0
        while self._sender.decide():
            sent += self._sender.send()
        if sent or self._sender.send():
            with self._stores.database.read() as connection:
                rows = self._contact.listed(connection, ("sent", "delivered"), limit=_LOOKED_BACK)
                people = self._people(connection, rows)
            for row in rows:
                if row.id not in self._reacted:
                    self._reacted.add(row.id)
                    self._react(row, people.get(row.intent.subject))

    def _people(self, connection: Any, rows: list[Contacted]) -> dict[int, Person]:
        persons = identity.persons_of(connection, {row.intent.subject for row in rows})
        known = identity.people(connection, set(persons.values()))
        return {subject: known[person] for subject, person in persons.items() if person in known}

    def _react(self, row: Contacted, person: Person | None) -> None:
        if person is None or row.sent_at is None:
            return
        who = next((one.value for one in person.identifiers if one.namespace == "user_id"), row.address)
        at, said = self._respondents.reply(row, who)
        for message in said:
            heappush(self._coming, (at, len(self._coming) + row.id * 10, "", message))
        for reaction in reactions(row.intent.message, who, row.sent_at, self._seed):
            source, message = self._message(reaction, row, person, who)
            heappush(self._coming, (reaction.at, len(self._coming) + row.id * 10, source, message))

    def _message(
        self, reaction: Reaction, row: Contacted, person: Person, who: str
    ) -> tuple[str, dict[str, Any]]:
        name = f"simulated:{row.intent.key}:{reaction.what}"
        if reaction.what == "clicked":
            return "", customer_fact("Email Link Clicked", row, person, reaction.at, name)
        if reaction.what == "unsubscribed":
            topic = row.intent.topic or "newsletter"
            return "", customer_fact("Unsubscribed", row, person, reaction.at, name, topic=topic)
        fact = row.intent.variables.get("fact")
        cart = str(fact.get("cart_id", "")) if isinstance(fact, dict) else ""
        return _SHOP, {
            "messageId": name,
            "type": "track",
            "event": "Order Completed",
            "timestamp": to_text(reaction.at),
            "properties": order(who, reaction.at, self._seed, cart),
            **identity.naming(person, {"campaign": {"name": row.intent.campaign, "medium": "email"}}),
        }

    def _let_customers_act(self, moment: int, entries: list[Entry]) -> None:
        said = []
        while self._coming and self._coming[0][0] <= moment:
            at, _, source, message = heappop(self._coming)
            if source:
                body = msgspec.json.encode({"batch": [message], "sentAt": message["timestamp"]})
                entries.append(
                    Entry(received_at=at, source=self._sources[source], kind="batch", messages=1, body=body)
                )
            else:
                said.append(message)
        if said:
            with self._stores.database.write() as connection:
                say_later(connection, said)


def _dress_window(shelf: Shelf, connection: sa.Connection, seed: int) -> None:
    """Keep the shop's pictures and its products, for mails to look up."""
    addresses = {
        one.category: shelf.add_image(connection, one.body, name=one.name, alt=one.shows, by="Demo").path
        for one in pictures()
    }
    items = read_items(msgspec.json.encode(product_rows(seed, addresses)), key="product_id", is_json=True)
    shelf.save_feed(connection, FEED, "Producten", items)

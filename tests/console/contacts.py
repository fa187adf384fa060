"""What Kersten & Co sent in the last five weeks: messages that went out, were held, failed and were never meant to go."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from beleef.app import Stores, build_contact, build_links, build_rendering
from beleef.contact.api import ChannelSetup, Contacted, Intent
from beleef.contact.topics import queries as topics
from beleef.contact.topics.model import Topic
from beleef.contact.work import Sender
from beleef.identity import api as identity
from beleef.kernel import clock
from beleef.kernel.clock import DAY, HOUR
from beleef.settings import load
from tests.cast import ANNA, BRAM, CHANTAL, COLLEAGUES, DAAN, FATIMA
from tests.console.conftest import STAFF, Console, browse, employ, sign_in
from tests.services.beleef import installed

PEOPLE = (ANNA, BRAM, CHANTAL, DAAN)
HTML = '<h1>Beste klant</h1><p>Onze <a href="https://kersten.example/">lente</a> begint.</p><script>alert(1)</script><img src="https://elsewhere.example/x.png" alt="">'
LETTER = "Beste klant,\n\nU bent tien jaar klant bij ons.\nDaar zijn wij blij mee.\n\nKersten & Co"
SCRIPT = "Goedemorgen, u spreekt met Kersten & Co.\nHoe bevalt uw nieuwe wasmachine?"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who, by the shop's own number of them: the number in addresses."""

    people: dict[str, int]


@contextmanager
def house(folder: Path) -> Iterator[Console]:
    """Give a Beleef of one's own, with one colleague of each role signed in: what is sent here no other test counts."""
    with installed(folder, {**os.environ, "BELEEF_NAME": "Kersten & Co"}) as installation:
        employ(installation.data, tuple(one for one in COLLEAGUES if one is not FATIMA))
        clients: dict[str, httpx.Client] = {role: browse(installation.address) for role in STAFF}
        for role, colleague in STAFF.items():
            assert sign_in(clients[role], colleague.email).status_code == 303
        outsider = browse(installation.address)
        yield Console(installation=installation, clients=clients, outsider=outsider)
        for client in (outsider, *clients.values()):
            client.close()


def send_for_weeks(console: Console) -> Sent:
    """Let people be known and messages be meant for five weeks; return who they are."""
    console.send(*(_known(one.user_id, one.email, one.phone, one.name) for one in PEOPLE))
    stores = Held(console)
    try:
        people = stores.people()
        _set_up(stores)
        _weeks(stores, people)
        _wait(stores, people)
        return Sent(people=people)
    finally:
        stores.close()


class Held:
    """The stores of the installation, at a moment that is moved by hand."""

    def __init__(self, console: Console) -> None:
        self.moment = clock.now() - 35 * DAY
        settings = load(console.installation.data, dict(os.environ))
        self.stores = Stores(settings, now=lambda: self.moment)
        self.contact = build_contact(self.stores)
        self.sender = Sender(
            database=self.stores.database,
            contact=self.contact,
            rendering=build_rendering(self.stores),
            now=lambda: self.moment,
        )
        self.links = build_links(self.stores)

    def close(self) -> None:
        """Let go of the stores and of the channels' connections."""
        with self.stores.database.read() as connection:
            for opened in self.contact.book.all(connection):
                if opened.channel is not None:
                    opened.channel.close()
        self.stores.close()

    def rows(self, subject: int) -> dict[str, Contacted]:
        """Return what was meant for a person, by key."""
        with self.stores.database.read() as connection:
            return {row.intent.key: row for row in self.contact.ledger(connection, [subject], limit=500)}

    def path(self, address: str) -> str:
        """Return a signed address without the installation's own."""
        return address.removeprefix(self.links.address)

    def people(self) -> dict[str, int]:
        """Return the number of each person, by the shop's own number."""
        key = self.stores.installation().key
        found = {}
        with self.stores.database.read() as connection:
            for one in PEOPLE:
                person = identity.find(connection, key, "user_id", one.user_id)
                assert person is not None
                found[one.user_id] = person.number
        return found

    def intend(self, *intents: Intent) -> None:
        """Mean messages now, and let the sender do its work."""
        with self.stores.database.write() as connection:
            self.contact.intend(connection, intents, self.moment)
        self.sender.decide()
        self.sender.send()


def _known(user_id: str, email: str, phone: str, name: str) -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": user_id,
        "traits": {
            "name": name,
            "email": email,
            "phone": phone,
            "language": "nl" if user_id != CHANTAL.user_id else "en",
            "address": {"street": "Oudegracht 12", "postalCode": "3511 AB", "city": "Utrecht"},
        },
        "context": {
            "consent": {"categoryPreferences": {"marketing": user_id != DAAN.user_id}},
        },
    }


def _set_up(held: Held) -> None:
    setups: tuple[tuple[ChannelSetup, dict[str, str]], ...] = (
        (ChannelSetup(name="letters", kind="letter", driver="pdf", settings={"sender": ["Kersten & Co", "Markt 1", "3511 AA Utrecht"], "place": "Utrecht"}), {}),
        (ChannelSetup(name="warehouse", kind="webhook", driver="http", settings={"url": "http://127.0.0.1:9/hook"}), {"signing_secret": "a secret that nobody sees"}),
    )  # fmt: skip
    with held.stores.database.write() as connection:
        for setup, secrets in setups:
            held.contact.save_channel(connection, setup, secrets, held.moment)
        topics.save(
            connection,
            Topic(
                name="new-in-store",
                labels={"nl": "Nieuw in de winkel", "en": "New in the shop"},
                helps={"nl": "Een keer per maand.", "en": "Once a month."},
            ),
        )
        topics.save(
            connection, Topic(name="workshops", labels={"nl": "Workshops", "en": "Workshops"}, position=60)
        )


def _weeks(held: Held, people: dict[str, int]) -> None:
    number = 0
    end = clock.now() - 2 * HOUR
    while held.moment < end:
        for index, person in enumerate(people.values()):
            number += 1
            if (number + index) % (index + 2):
                held.intend(_mail(f"news:{number}", person, campaign="newsletter", topic="new-in-store"))
        held.moment += 20 * HOUR
    held.moment = clock.now() - HOUR
    anna, bram, chantal, daan = people.values()
    parts = {"text": LETTER, "body": LETTER, "title": "Kersten & Co", "subject": "Kersten & Co"}
    common: dict[str, Any] = {"purpose": "transactional", "parts": parts}
    held.intend(
        Intent(key="letter:1", subject=anna, channel="letter", campaign="anniversary", **common),
        Intent(key="letter:2", subject=bram, channel="letter", campaign="anniversary", **common),
        Intent(key="hook:1", subject=anna, channel="webhook", campaign="stock", expires_at=held.moment + HOUR // 60, **common),
        Intent(key="call:1", subject=anna, channel="call", campaign="after sale", purpose="transactional", parts={"body": SCRIPT}),
        Intent(key="call:2", subject=chantal, channel="call", campaign="after sale", purpose="transactional", parts={"body": SCRIPT}),
        Intent(key="call:3", subject=daan, channel="call", campaign="after sale", purpose="transactional", parts={"body": SCRIPT}),
        Intent(key="letter:3", subject=chantal, channel="letter", campaign="anniversary", purpose="transactional", parts={"body": "Szanowna Pani Ł"}),
        _mail("order:1", anna, purpose="transactional", campaign="orders"),
    )  # fmt: skip


def _wait(held: Held, people: dict[str, int]) -> None:
    """Wait until the last messages went out: the installation's own sender may have taken some of them in hand."""
    deadline = time.monotonic() + 180
    last = {"letter:1", "letter:2", "letter:3", "call:1", "call:2", "call:3", "order:1"}
    while True:
        rows = {key: row for person in people.values() for key, row in held.rows(person).items()}
        if all(rows[key].state in {"sent", "failed"} for key in last):
            return
        assert time.monotonic() < deadline, {key: rows[key].state for key in last}
        time.sleep(0.2)


def _mail(key: str, person: int, **changes: Any) -> Intent:
    given: dict[str, Any] = {
        "key": key,
        "subject": person,
        "purpose": "marketing",
        "channel": "email",
        "parts": {
            "subject": "De lente bij Kersten & Co",
            "preheader": "Nieuw",
            "body": HTML,
            "text": "Lente",
        },
        **changes,
    }
    return Intent(**given)

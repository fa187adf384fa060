"""For every kind of channel: how a test opens it against something real on this machine, and reads what arrived there."""

import base64
import os
from collections.abc import Callable
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from http_ece import decrypt  # type: ignore[import-untyped]  # because it has no types

from beleef.contact import queries as ledger_queries
from beleef.contact.channels.call import queries as calls
from beleef.contact.channels.inbox import queries as inboxes
from beleef.contact.channels.letter import queries as letters
from beleef.contact.channels.opening import Surroundings, open_channel
from beleef.contact.channels.port import Channel, ChannelSetup, Outgoing
from beleef.contact.channels.push import queries as browsers
from beleef.contact.channels.push.keys import new_private_key
from beleef.contact.channels.push.queries import Subscription
from beleef.identity.api import Person, PersonIdentifier
from beleef.profiles.api import Profile
from beleef.profiles.model import Trait
from beleef.store.records.database import Database
from tests.cast import ANNA, NOW
from tests.contact.listening import Listener

PROVIDER: Final[dict[str, Any]] = {
    "url": "",
    "body": {"to": "{to}", "text": "{text}", "key": "{key}"},
    "id_path": "id",
}


def anna(**traits: Any) -> tuple[Person, Profile]:
    """Return Anna as a channel sees her, with a mobile number, an address, and traits of the test's own."""
    identifiers = tuple(
        PersonIdentifier(namespace=namespace, value=value, first_at=NOW, source="web", subject=number)
        for namespace, value, number in (
            ("user_id", ANNA.user_id, 1),
            ("phone", "+31612345678", 2),
            ("email", "anna.de.vries@example.nl", 3),
        )
    )
    person = Person(number=1, identifiers=identifiers, subjects=(1, 2, 3))
    known = {
        "name": ANNA.name,
        "address": {"street": "Oudegracht 12", "postalCode": "3511 AB", "city": "Utrecht"},
        **traits,
    }
    return person, profile(known)


def nobody() -> tuple[Person, Profile]:
    """Return a device that nothing is known about."""
    device = PersonIdentifier(
        namespace="anonymous_id", value=ANNA.anonymous_ids[0], first_at=NOW, source="web", subject=9
    )
    return Person(number=9, identifiers=(device,), subjects=(9,)), profile({})


def profile(traits: dict[str, Any]) -> Profile:
    """Return a profile with traits."""
    return Profile(
        subjects=(),
        traits={
            name: Trait(value=value, occurred_at=NOW, source="shop", fact=1) for name, value in traits.items()
        },
        computed={},
        channels={},
        products=(),
        consents=(),
        first_seen=NOW,
        last_seen=NOW,
        facts=1,
    )


def message(number: int, text: str, **changes: Any) -> Outgoing:
    """Return a message to Anna with the parts of every kind."""
    person, _ = anna()
    given: dict[str, Any] = {
        "contact": number,
        "key": f"welcome:{number}",
        "person": person,
        "address": "+31612345678",
        "purpose": "service",
        "topic": "",
        "campaign": "welcome",
        "language": "nl",
        "parts": {
            "text": text,
            "title": "Kersten",
            "body": text,
            "subject": "Kersten",
            "url": "https://kersten.example/",
        },
        "links": {},
        "token": f"token{number}",
        **changes,
    }
    return Outgoing(**given)


class Bench:
    """A channel of a kind, open, and what reads its other side.

    Args:
        kind: Which kind.
        database: For those that keep what they send.
        address: Where the other side listens, for those that go over the line.
        timeout_s: How long it may take to answer.
    """

    def __init__(self, kind: str, database: Database, address: str, timeout_s: float = 30) -> None:
        self.kind = kind
        self.database = database
        self.browser = Browser(address)
        self.channel: Channel = self._open(address, timeout_s)
        known = self.channel.address(*anna())
        self.address = known or ""

    def send(self, *numbered: tuple[int, str], **changes: Any) -> list[Any]:
        """Send texts under their numbers, and return what the channel says of each."""
        given = [message(number, text, address=self.address, **changes) for number, text in numbered]
        return list(self.channel.send(given))

    def arrived(self, listener: Listener) -> list[tuple[str, str]]:
        """Return what the other side got: by what it recognises a repeat, and the text."""
        return READERS[self.kind](self, listener)

    def _open(self, address: str, timeout_s: float) -> Channel:
        settings, secrets, driver = _setup(self.kind, address, timeout_s)
        if self.kind == "push":
            with self.database.write() as connection:
                browsers.save(connection, self.browser.subscription(subject=2))
        around = Surroundings(
            database=self.database, now=lambda: NOW, organisation="Kersten & Co", address="https://cx.example"
        )
        setup = ChannelSetup(name=self.kind, kind=self.kind, driver=driver, settings=settings)
        return open_channel(setup, secrets, around)


class Browser:
    """A browser that takes notifications: it has keys, and can read what is encrypted for them."""

    def __init__(self, address: str) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.endpoint = f"{address}/push/{os.urandom(4).hex()}"

    def subscription(self, *, subject: int) -> Subscription:
        """Return its subscription, as a page would register it."""
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return Subscription(
            subject=subject,
            endpoint=self.endpoint,
            p256dh=_text(point),
            auth=_text(self._auth),
            added_at=NOW,
        )

    def read(self, body: bytes) -> dict[str, Any]:
        """Return a notification that came for it."""
        plain = decrypt(body, private_key=self._private, auth_secret=self._auth, version="aes128gcm")
        return msgspec.json.decode(plain, type=dict[str, Any])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _setup(kind: str, address: str, timeout_s: float) -> tuple[dict[str, Any], dict[str, str], str]:
    """Return settings, secrets and driver of a kind."""
    host = address.removeprefix("http://")
    match kind:
        case "sms" | "whatsapp":
            return {**PROVIDER, "url": f"{address}/messages", "timeout_s": timeout_s}, {}, "http"
        case "webhook":
            return {"url": f"{address}/hook", "timeout_s": timeout_s}, {"signing_secret": "hush"}, "http"
        case "push":
            services = {
                "contact": "cx@kersten.example",
                "services": [f"http://{host}"],
                "timeout_s": timeout_s,
            }
            return services, {"private_key": new_private_key()}, "webpush"
        case "staff":
            return {}, {"addresses": f"json://{host}/alert?rto={timeout_s}&cto={timeout_s}"}, "apprise"
        case "letter":
            return {"sender": ["Kersten & Co", "Markt 1", "3511 AA Utrecht"], "place": "Utrecht"}, {}, "pdf"
        case _:
            return {}, {}, {"inbox": "inbox", "call": "list", "email": "outbox"}[kind]


def _provider(_bench: Bench, listener: Listener) -> list[tuple[str, str]]:
    bodies = [msgspec.json.decode(one.body) for one in listener.received]
    return [(one["key"], one["text"]) for one in bodies]


def _webhook(_bench: Bench, listener: Listener) -> list[tuple[str, str]]:
    return [(one.headers["webhook-id"], msgspec.json.decode(one.body)["data"]) for one in listener.received]


def _push(bench: Bench, listener: Listener) -> list[tuple[str, str]]:
    read = [bench.browser.read(one.body) for one in listener.received]
    return [(one["tag"], one["body"]) for one in read]


def _staff(_bench: Bench, listener: Listener) -> list[tuple[str, str]]:
    bodies = [msgspec.json.decode(one.body)["message"] for one in listener.received]
    return [(body, body) for body in bodies]


def _letter(bench: Bench, _listener: Listener) -> list[tuple[str, str]]:
    with bench.database.read() as connection:
        found = [
            one for day in letters.days(connection, limit=9) for one in letters.of_day(connection, day.day)
        ]
    return [(str(one.contact), one.body) for one in found]


def _call(bench: Bench, _listener: Listener) -> list[tuple[str, str]]:
    with bench.database.read() as connection:
        return [(one.key, one.script) for one in calls.still_open(connection, now=NOW, limit=99)]


def _inbox(bench: Bench, _listener: Listener) -> list[tuple[str, str]]:
    with bench.database.read() as connection:
        found = inboxes.of(connection, [1], after=None, limit=99)
    return [(one.key, one.parts["body"]) for one in reversed(found)]


def _outbox(bench: Bench, _listener: Listener) -> list[tuple[str, str]]:
    with bench.database.read() as connection:
        kept = ledger_queries.kept(connection, kind="email", before=None, limit=99)
    return [(str(one["contact"]), msgspec.json.decode(one["parts"])["text"]) for one in reversed(kept)]


READERS: Final[dict[str, Callable[[Bench, Listener], list[tuple[str, str]]]]] = {
    "sms": _provider,
    "whatsapp": _provider,
    "webhook": _webhook,
    "push": _push,
    "staff": _staff,
    "letter": _letter,
    "call": _call,
    "inbox": _inbox,
    "email": _outbox,
}
"""By kind: what reads the other side."""

KEEPING: Final = ("email", "inbox", "letter", "call")
"""Kinds that keep what they send, for others to fetch."""
GOING: Final = ("sms", "whatsapp", "webhook", "push", "staff")
"""Kinds that go over the line."""

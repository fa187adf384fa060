"""What the pages of contact share: the things they work with, tabs, and how channels, purposes and states are called."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Answers, Desk, Visit
from beleef.access.model import Actor, Role
from beleef.collect.api import OwnFacts
from beleef.contact.api import Contact, Contacted, Decision, Links
from beleef.contact.model import PURPOSES, State
from beleef.contact.wording import reason_sentence
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import NotFound
from beleef.profiles.api import Profiles
from beleef.store.records.database import Database
from beleef.ui.components import Badge, Icon, Link, TabLink, Tone
from beleef.ui.forms import Option
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

KINDS: Final[Mapping[str, str]] = {
    "email": N_("E-mail"),
    "sms": N_("SMS"),
    "whatsapp": N_("WhatsApp"),
    "push": N_("Notification"),
    "inbox": N_("Inbox"),
    "letter": N_("Letter"),
    "call": N_("Call"),
    "webhook": N_("Webhook"),
    "staff": N_("Staff alert"),
}
"""Kinds of channels, as people call them."""

LOOKS: Final[Mapping[str, Icon]] = {
    "email": "email",
    "sms": "chat",
    "whatsapp": "chat",
    "push": "bell",
    "inbox": "inbox",
    "letter": "post",
    "call": "phone",
    "webhook": "code",
    "staff": "people",
}

_PURPOSES: Final[Mapping[str, str]] = {
    "marketing": N_("Marketing"),
    "service": N_("Service"),
    "survey": N_("Surveys"),
    "transactional": N_("Order or contract"),
}

_STATES: Final[Mapping[str, tuple[str, Tone]]] = {
    "waiting": (N_("waits"), "neutral"),
    "held": (N_("held"), "warn"),
    "reserved": (N_("on its way"), "accent"),
    "sending": (N_("on its way"), "accent"),
    "sent": (N_("sent"), "good"),
    "delivered": (N_("delivered"), "good"),
    "bounced": (N_("came back"), "bad"),
    "skipped": (N_("not sent"), "neutral"),
    "failed": (N_("failed"), "bad"),
    "uncertain": (N_("uncertain"), "warn"),
    "cancelled": (N_("cancelled"), "neutral"),
}


class PersonHead(msgspec.Struct, frozen=True, kw_only=True):
    """The top of a person's page: the frame, the tabs, and who it is."""

    page: Page
    tab_links: tuple[TabLink, ...]
    person: Person
    name: str


class ViewedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its person got it: its language and its parts."""

    language: str
    parts: dict[str, str]


class ContactRoom(msgspec.Struct, kw_only=True):
    """What the pages of contact work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: The state.
        contact: The gate, the ledger and the channels.
        profiles: The reader of profiles.
        links: Signs addresses.
        own: Brings what is decided into the log.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        head: The top of a person's page, by the number in its address.
        view: Makes a message again as its person got it.
        names: What people are called, by number.
        audiences: Which audiences people are in, by number; for pressure by audience.
        audience_labels: What audiences are called, by name.
        zone: The organisation's time zone, an IANA name.
        region: ISO 3166 code for phone numbers without a country code.
        now: The clock.
        key: The installation's key, which signs what a page tells the next one.
    """

    desk: Desk
    database: Database
    contact: Contact
    profiles: Profiles
    links: Links
    own: OwnFacts
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    head: Callable[[Visit, str, str], PersonHead]
    view: Callable[[sa.Connection, Contacted, Person, int], ViewedMessage]
    names: Callable[[Collection[int]], dict[int, str]]
    audiences: Callable[[sa.Connection, Collection[int]], Mapping[int, Collection[str]]]
    audience_labels: Callable[[sa.Connection], Mapping[str, str]]
    zone: str
    region: str
    now: Clock
    key: bytes


def frame(
    visit: Visit,
    title: str,
    *,
    actions: tuple[Link, ...] = (),
    lead: str | None = None,
    up: Link | None = None,
) -> Page:
    """Return the frame of a page of contact; ``up`` is the page it hangs below."""
    crumbs = [] if up is None else [Link(text=visit.words.gettext("Contact"), href="/contact"), up]
    return visit.page(title, active="contact", crumbs=crumbs, actions=actions, lead=lead)


def tabs(visit: Visit, active: str, *, attention: int = 0) -> tuple[TabLink, ...]:
    """Return the tabs of the pages of contact; ``attention`` is how many messages failed or are uncertain."""
    words = visit.words
    found = [
        ("pressure", "/contact", words.gettext("Pressure"), None),
        ("rules", "/contact/rules", words.gettext("Rules"), None),
        ("topics", "/contact/topics", words.gettext("Topics"), None),
        ("channels", "/contact/channels", words.gettext("Channels"), None),
        (
            "attention",
            "/contact/attention",
            words.gettext("Not arrived"),
            words.number(attention) if attention else None,
        ),
        ("outbox", "/contact/outbox", words.gettext("Outbox"), None),
        ("letters", "/contact/letters", words.gettext("Letters"), None),
    ]
    return tuple(
        TabLink(label=label, href=href, active=name == active, count=count)
        for name, href, label, count in found
        if name != "outbox" or visit.may(Role.agent)
    )


def kind_name(kind: str, words: Words) -> str:
    """Return what people call a kind of channel."""
    return words.gettext(KINDS[kind]) if kind in KINDS else kind


def purpose_name(purpose: str, words: Words) -> str:
    """Return what people call a purpose."""
    return words.gettext(_PURPOSES[purpose]) if purpose in _PURPOSES else purpose


def state_badge(state: State, words: Words) -> Badge:
    """Return a state of the ledger as a badge."""
    text, tone = _STATES[state]
    return Badge(text=words.gettext(text), tone=tone)


def why(row: Contacted, words: Words) -> str:
    """Return why a row of the ledger is in its state, in words; empty where there is nothing to say."""
    if not row.reason:
        return ""
    said = reason_sentence(row.reason, words, row.rule)
    return f"{said} ({row.error})" if row.error and row.state in {"failed", "uncertain"} else said


def outcome_badge(decision: Decision, words: Words) -> Badge:
    """Return what the gate says as a badge."""
    if decision.outcome == "send":
        return Badge(text=words.gettext("may be sent"), tone="good")
    if decision.outcome == "hold":
        return Badge(text=words.gettext("held"), tone="warn")
    return Badge(text=words.gettext("not sent"), tone="bad")


def purpose_options(words: Words) -> tuple[Option, ...]:
    """Return all purposes to choose from."""
    return tuple(Option(value=one, label=purpose_name(one, words)) for one in PURPOSES)


def kind_options(words: Words) -> tuple[Option, ...]:
    """Return all kinds of channels to choose from."""
    return tuple(Option(value=kind, label=words.gettext(label)) for kind, label in KINDS.items())


def href(path: str, **query: str | None) -> str:
    """Return a path with the parts of a query that are not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def person_href(number: int, rest: str = "") -> str:
    """Return the address of a person's page, or of one below it."""
    return f"/people/{ids.to_text(number)}{rest}"


def read_number(text: str) -> int:
    """Return the number that stands in an address.

    Raises:
        NotFound: it is none.
    """
    number = ids.from_text(text.lower())
    if number is None:
        raise NotFound("There is nothing at that address.", hint="Look it up again.")
    return number


def filled(answers: Answers, name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return answers.get(name, "").strip()


def whole(text: str, *, least: int = 0, most: int = 1_000_000) -> int | None:
    """Return a whole number that somebody typed, None where it is none or out of bounds."""
    given = text.strip()
    if not (given.isascii() and given.isdecimal() and len(given) < 12):
        return None
    return int(given) if least <= int(given) <= most else None

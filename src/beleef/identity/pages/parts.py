"""What the pages about identity share: the things they work with, their tabs, and how namespaces are written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from beleef.access.desk import Desk, Visit
from beleef.access.model import Actor
from beleef.collect.api import OwnFacts
from beleef.identity import api
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import NotFound
from beleef.store.records.database import Database
from beleef.ui.components import Link, TabLink
from beleef.ui.page import Page
from beleef.ui.words import Words


class IdentityRoom(msgspec.Struct, kw_only=True):
    """What the pages about identity work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: Where identity is kept.
        own: Brings what staff decide into the log.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        cards: Gives people in short, by each of the subjects asked for.
        key: The installation's key.
        region: Country of phone numbers without a country code.
        now: The clock.
    """

    desk: Desk
    database: Database
    own: OwnFacts
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    cards: Callable[[Sequence[int]], Mapping[int, api.Card]]
    key: bytes
    region: str
    now: Clock


def frame(visit: Visit, title: str = "", *, lead: str | None = None, actions: Sequence[Link] = ()) -> Page:
    """Return the frame of a page about identity; without a title it is one of the tabs."""
    name = visit.words.gettext("Identity")
    if not title:
        lead = lead or visit.words.gettext("By which signs Beleef knows that facts are about one person.")
        return visit.page(name, active="identity", lead=lead, actions=actions)
    return visit.page(
        title, active="identity", crumbs=(Link(text=name, href="/identity"),), lead=lead, actions=actions
    )


def tabs(room: IdentityRoom, words: Words, active: str) -> tuple[TabLink, ...]:
    """Return the tabs of the pages about identity."""
    with room.database.read() as connection:
        waiting = api.count_proposals(connection, "open")
    names = (
        ("namespaces", words.gettext("Namespaces"), "/identity", None),
        ("proposals", words.gettext("Proposals"), "/identity/proposals", waiting),
        ("left-out", words.gettext("Left out"), "/identity/left-out", None),
        ("erased", words.gettext("Erased"), "/identity/erased", None),
    )
    return tuple(
        TabLink(label=label, href=href, active=name == active, count=words.number(count) if count else None)
        for name, label, href, count in names
    )


def namespace_label(name: str, words: Words) -> str:
    """Return a namespace of identifiers in the reader's words."""
    known = {
        "user_id": words.gettext("User number"),
        "customer_number": words.gettext("Customer number"),
        "email": words.gettext("E-mail"),
        "phone": words.gettext("Phone"),
        "anonymous_id": words.gettext("Device"),
    }
    return known.get(name, name)


def read_number(text: str) -> int:
    """Return the number that stands in an address or a form.

    Raises:
        NotFound: it is none.
    """
    number = ids.from_text(text.lower())
    if number is None:
        raise NotFound("There is nothing at that address.", hint="Look it up again.")
    return number


def person_href(number: int) -> str:
    """Return the address of a person's page about identity."""
    return f"/people/{ids.to_text(number)}/identity"

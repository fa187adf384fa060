"""What the pages about audiences share: the things they work with, addresses, frames and tabs."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from beleef.access.desk import Desk, Visit
from beleef.access.model import Actor, Role
from beleef.audiences.api import Audiences, Estimate, Rule, StoredAudience
from beleef.audiences.handing_over.sending import HandingOver
from beleef.audiences.pages.seen import Seen
from beleef.kernel.clock import Clock
from beleef.profiles.customers import Customers
from beleef.profiles.pages.parts import href
from beleef.store.records.database import Database
from beleef.ui.components import Badge, Link, TabLink
from beleef.ui.page import Page
from beleef.ui.words import Words

TAKEN = frozenset({"new", "edit", "count", "export"})
"""Names that no audience has, because pages stand at their addresses."""


class AudienceRoom(msgspec.Struct, kw_only=True):
    """What the pages about audiences work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: Where audiences are kept.
        audiences: Keeps them.
        customers: Reads people.
        handing_over: Hands audiences over.
        estimate: Says how many people a rule would select, and gives some.
        seen: Gives what the data hold, to be offered.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        zone: The organisation's time zone.
        now: The clock.
    """

    desk: Desk
    database: Database
    audiences: Audiences
    customers: Customers
    handing_over: HandingOver
    estimate: Callable[[Rule], Estimate]
    seen: Callable[[], Seen]
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    zone: str
    now: Clock


def audience_href(name: str, rest: str = "", **query: str | None) -> str:
    """Return the address of an audience's page, or of one below it."""
    return href(f"/audiences/{name}{rest}", **query)


def stored(room: AudienceRoom, name: str) -> StoredAudience:
    """Return an audience.

    Raises:
        NotFound: there is none of that name.
    """
    with room.database.read() as connection:
        return room.audiences.audience(connection, name)


def frame(visit: Visit, found: StoredAudience, title: str = "") -> Page:
    """Return the frame of an audience's page, or of one below it where a title is given."""
    words, audience = visit.words, found.audience
    crumbs = [Link(text=words.gettext("Audiences"), href="/audiences")]
    if title:
        crumbs.append(Link(text=audience.label, href=audience_href(audience.name)))
        return visit.page(title, active="audiences", crumbs=crumbs)
    actions = []
    if visit.may(Role.editor):
        actions = [
            Link(text=words.gettext("Change"), href=audience_href(audience.name, "/edit")),
            Link(text=words.gettext("Export CSV"), href=audience_href(audience.name, "/members.csv")),
            Link(text=words.gettext("Delete"), href=audience_href(audience.name, "/delete")),
        ]
    return visit.page(
        audience.label,
        active="audiences",
        crumbs=crumbs,
        actions=actions,
        lead=audience.description or None,
    )


def tabs(found: StoredAudience, words: Words, active: str, *, ways: int = 0) -> tuple[TabLink, ...]:
    """Return the tabs of an audience's pages; ``ways`` is to how many systems it is handed over."""
    names: Mapping[str, str] = {
        "": words.gettext("Overview"),
        "/members": words.gettext("Members"),
        "/why": words.gettext("Why (not)?"),
        "/hand-over": words.gettext("Hand over"),
    }
    counts = {"/members": words.number(found.size), "/hand-over": words.number(ways) if ways else None}
    return tuple(
        TabLink(
            label=label,
            href=audience_href(found.audience.name, rest),
            active=rest == active,
            count=counts.get(rest),
        )
        for rest, label in names.items()
    )


def state_badge(found: StoredAudience, words: Words, *, gone: Collection[str] = ()) -> Badge:
    """Return whether an audience is up to date, how far it is filled, or that it stands still because of what is gone."""
    if gone:
        return Badge(text=words.gettext("stands still"), tone="bad")
    if found.filled == 1:
        return Badge(text=words.gettext("live"), tone="good")
    return Badge(
        text=words.gettext("being filled, %(share)s", share=words.percent(found.filled)), tone="accent"
    )

"""What the campaign pages share: the things they work with, addresses, states in words, and what can be chosen from."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Desk
from beleef.access.model import Actor
from beleef.audiences.api import Rule, describe
from beleef.audiences.pages.ruling import Seen
from beleef.campaigns.api import Campaigns, PastPerson, StoredCampaign
from beleef.campaigns.pages.fields import Choosable, Mailing, Named
from beleef.campaigns.pages.wording import TellRule
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.store.records.database import Database
from beleef.ui.components import Badge, Link, TabLink
from beleef.ui.forms import Field
from beleef.ui.words import Words

LIST = "/campaigns"


class Sample(Protocol):
    """Some people with their past, and how many people there are in all."""

    @property
    def people(self) -> Iterable[PastPerson]:
        """The people."""
        ...

    @property
    def everybody(self) -> int:
        """How many people there are in all."""
        ...


class Past(Protocol):
    """Gives people with their past facts, for a simulation."""

    def sample(self, *, until: int, most: int, without: str = "") -> Sample:
        """Return at most ``most`` people with their facts up to a moment in microseconds, and without a campaign's messages."""
        ...


class CampaignRoom(msgspec.Struct, kw_only=True):
    """What the campaign pages work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: The records.
        campaigns: Keeps campaigns and runs them.
        called: Gives what persons are called, by their numbers.
        past: Gives people with their past facts.
        seen: Gives what the data hold, to be offered while a rule is made.
        surveys: Name and label of every survey in force.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        now: The clock.
    """

    desk: Desk
    database: Database
    campaigns: Campaigns
    called: Callable[[Collection[int]], dict[int, str]]
    past: Past
    seen: Callable[[], Seen]
    surveys: Callable[[sa.Connection], list[tuple[str, str]]]
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    now: Clock


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A form that changes nothing: its answers stand in the address, and ``submit`` is what its button says."""

    name: str
    action: str
    fields: tuple[Field, ...]
    submit: str


def href(name: str, rest: str = "", **query: str | None) -> str:
    """Return the address of a campaign's page, or of one below it, with the parts of a query that are not empty."""
    given = {key: value for key, value in query.items() if value}
    path = f"{LIST}/{name}{rest}"
    return f"{path}?{urlencode(given)}" if given else path


def person_href(number: int) -> str:
    """Return the address of a person's page."""
    return f"/people/{ids.to_text(number)}"


def crumbs(words: Words, stored: StoredCampaign | None = None) -> tuple[Link, ...]:
    """Return the way to a page below the list, or below a campaign."""
    way = (Link(text=words.gettext("Campaigns"), href=LIST),)
    if stored is None:
        return way
    return (*way, Link(text=stored.campaign.label, href=href(stored.campaign.name)))


def state_badge(stored: StoredCampaign, words: Words) -> Badge:
    """Return the state of a campaign in a word."""
    match stored.state:
        case "active":
            return Badge(text=words.gettext("runs"), tone="good")
        case "paused":
            return Badge(text=words.gettext("paused"), tone="warn", icon="pause")
        case "stopped":
            return Badge(text=words.gettext("stopped"))
        case "draft":
            return Badge(text=words.gettext("draft"), tone="accent", icon="edit")


def tabs(name: str, active: str, words: Words, *, editor: bool) -> tuple[TabLink, ...]:
    """Return the tabs of a campaign."""
    found = [
        ("", words.gettext("How it goes")),
        ("/people", words.gettext("People in it")),
        ("/edit", words.gettext("Draft") if editor else ""),
        ("/simulate", words.gettext("Try it out")),
        ("/yaml", words.gettext("YAML")),
    ]
    return tuple(
        TabLink(label=label, href=href(name, rest), active=rest == active) for rest, label in found if label
    )


def teller(words: Words) -> TellRule:
    """Return what gives a rule as a sentence in the reader's language."""

    def tell(rule: Rule) -> str:
        return describe(rule, words)

    return tell


def choosable(room: CampaignRoom, connection: sa.Connection, stored: StoredCampaign | None) -> Choosable:
    """Return what the forms of a campaign offer to choose from."""
    campaigns = room.campaigns
    messages = [one.draft for one in campaigns.content.messages(connection)]
    audiences = [one.audience for one in campaigns.audiences.audiences(connection)]
    computed = [one.definition for one in campaigns.profiles.definitions(connection)]
    goals = stored.campaign.goals if stored else ()
    return Choosable(
        messages=tuple(
            Mailing(name=one.name, label=one.label, channel=one.channel, purpose=one.purpose)
            for one in messages
        ),
        audiences=tuple(Named(name=one.name, label=one.label) for one in audiences),
        computed=tuple(Named(name=one.name, label=one.label) for one in computed),
        goals=tuple(Named(name=one.name, label=one.name) for one in goals),
        surveys=tuple(Named(name=name, label=label) for name, label in room.surveys(connection)),
        seen=room.seen(),
        zone=campaigns.zone,
    )

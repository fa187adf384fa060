"""Puts the staff's pages together: the desk that receives those who ask, and the routes of every slice's pages."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Router
from litestar.handlers import HTTPRouteHandler

from beleef import operation
from beleef.access import api as access
from beleef.access import pages as access_pages
from beleef.access.desk import Desk, Visit
from beleef.access.desk import House as AccessHouse
from beleef.access.door import Door
from beleef.app import (
    Stores,
    build_audiences,
    build_campaigns,
    build_contact,
    build_feedback,
    build_handing_over,
    build_links,
    build_people,
    build_profiles,
    build_recount,
    build_rendering,
    build_support,
    build_survey_links,
    build_trait_users,
)
from beleef.audiences import pages as audience_pages
from beleef.campaigns import pages as campaign_pages
from beleef.collect import api as collect
from beleef.collect import pages as collect_pages
from beleef.collect.http import Collecting
from beleef.console import pages as console_pages
from beleef.console.api import navigation
from beleef.contact import api as contact
from beleef.contact import pages as contact_pages
from beleef.contact.api import Contacted
from beleef.content import pages as content_pages
from beleef.content.api import Content, Rendered
from beleef.erasure import erase_person
from beleef.feedback import pages as feedback_pages
from beleef.feedback import respondent
from beleef.feedback.api import Filter
from beleef.identity import api as identity
from beleef.identity import pages as identity_pages
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import from_datetime, to_text
from beleef.kernel.errors import Conflict
from beleef.metrics.api import Figure
from beleef.profiles import customers as customers_
from beleef.profiles import pages as profiles_pages
from beleef.profiles.pages.parts import read_number
from beleef.profiles.pages.person import frame as person_frame
from beleef.profiles.pages.person import name_of
from beleef.profiles.pages.person import tabs as person_tabs
from beleef.profiles.people import Erase, People
from beleef.profiles.records import cards
from beleef.rehearsal import Past
from beleef.support import pages as support_pages
from beleef.support.knowledge import Knowledge
from beleef.ui import static
from beleef.ui.components import Link, TabLink
from beleef.ui.page import Page, Renderer

if TYPE_CHECKING:
    import sqlalchemy as sa

FILES = static.load(respondent.STATIC, support_pages.STATIC)
"""Read once: they are part of the program and change with it only."""

_ALL_MEMBERS = 10_000_000
_FACTS_TO_TRY = 20
"""How many facts of a person a message can be tried on."""


def open_desk(stores: Stores, door: Door) -> Desk:
    """Return the desk, with the templates of every slice that has pages."""
    installation = stores.installation()
    folders = {
        "access": access_pages.TEMPLATES,
        "audiences": audience_pages.TEMPLATES,
        "campaigns": campaign_pages.TEMPLATES,
        "collect": collect_pages.TEMPLATES,
        "console": console_pages.TEMPLATES,
        "contact": contact_pages.TEMPLATES,
        "content": content_pages.TEMPLATES,
        "feedback": feedback_pages.TEMPLATES,
        "identity": identity_pages.TEMPLATES,
        "profiles": profiles_pages.TEMPLATES,
        "respondent": respondent.TEMPLATES,
        "support": support_pages.TEMPLATES,
    }
    return Desk(
        door=door,
        renderer=Renderer(static=FILES, templates=folders, zone=stores.settings.timezone),
        navigation=navigation(lambda: _open_quarantined(stores)),
        house=AccessHouse(
            name=stores.settings.name,
            key=installation.key,
            simulated=installation.simulated,
            secure=stores.settings.secure_cookies,
        ),
        now=stores.now,
    )


def staff_pages(
    stores: Stores,
    desk: Desk,
    collecting: Collecting,
    content: Content,
    public: Sequence[HTTPRouteHandler] = (),
) -> Router:
    """Return the routes of all pages, and of the ``public`` ones that links in messages lead to.

    They must be one router: Litestar wraps a handler once for each registration of its path, and one that was wrapped
    twice for its thread answers nothing (GET and POST of the same form would be registered one after the other).
    """
    own = collect.OwnFacts(collecting.intake, stores.database, stores.now)
    house = console_pages.House(
        status=lambda: operation.status(stores),
        open_quarantined=lambda: _open_quarantined(stores),
        sources=lambda: _sources(stores),
        warehouse=stores.warehouse,
        zone=stores.settings.timezone,
        lag_limit_s=stores.settings.lag_limit_s,
    )
    seen = _looking(stores)
    handlers = [
        *console_pages.routes(desk, house, FILES),
        *access_pages.routes(desk, stores.database, stores.now),
        *collect_pages.routes(desk, collecting, own),
        *_customer_pages(stores, desk, own),
        *_audience_pages(stores, desk, seen),
        *_content_pages(stores, desk, content),
        *_campaign_pages(stores, desk, seen),
        *_contact_pages(stores, desk, own),
        *_support_pages(stores, desk, own, content),
        *_feedback_pages(stores, desk, own),
        *public,
    ]
    return Router(path="/", route_handlers=handlers, include_in_schema=False)


def eraser(stores: Stores, people: People) -> Erase:
    """Return what erases a person everywhere."""

    def erase(who: str, *, actor: access.Actor) -> int:
        return erase_person(stores, people, who, actor=actor).facts

    return erase


def _customer_pages(stores: Stores, desk: Desk, own: collect.OwnFacts) -> list[HTTPRouteHandler]:
    key = stores.installation().key
    people = build_people(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    return [
        *identity_pages.routes(
            identity_pages.IdentityRoom(
                desk=desk,
                database=stores.database,
                own=own,
                record=record,
                cards=lambda subjects: cards(customers, subjects),
                key=key,
                region=stores.settings.region,
                now=stores.now,
            )
        ),
        *profiles_pages.routes(
            profiles_pages.CustomerRoom(
                desk=desk,
                customers=customers,
                people=people,
                own=own,
                record=record,
                erase=eraser(stores, people),
                audiences=audience_pages.AudiencesOf(stores.database, build_audiences(stores)),
                trait_users=build_trait_users(stores),
            )
        ),
    ]


def _audience_pages(stores: Stores, desk: Desk, seen: audience_pages.Looking) -> list[HTTPRouteHandler]:
    audiences = build_audiences(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=stores.installation().key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    return audience_pages.routes(
        audience_pages.AudienceRoom(
            desk=desk,
            database=stores.database,
            audiences=audiences,
            customers=customers,
            handing_over=build_handing_over(stores),
            estimate=build_recount(stores).estimate,
            seen=seen,
            record=record,
            zone=stores.settings.timezone,
            now=stores.now,
        )
    )


def _looking(stores: Stores) -> audience_pages.Looking:
    """Return what looks through the data for what rules could be about; pages share it, for it remembers."""
    profiles = build_profiles(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=profiles,
        key=stores.installation().key,
        now=stores.now,
    )
    return audience_pages.Looking(
        database=stores.database,
        warehouse=stores.warehouse,
        customers=customers,
        audiences=build_audiences(stores),
        now=stores.now,
    )


def _content_pages(stores: Stores, desk: Desk, content: Content) -> list[HTTPRouteHandler]:
    people = build_people(stores)

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    def facts(person: int) -> list[content_pages.PastFact]:
        page = people.timeline(f"id:{ids.to_text(person)}", type_="track", limit=_FACTS_TO_TRY)
        return [
            content_pages.PastFact(
                id=one.id,
                name=one.name or "",
                occurred_at=from_datetime(datetime.fromisoformat(one.occurred_at)),
                properties=one.properties,
            )
            for one in page.facts
        ]

    return content_pages.routes(
        content_pages.ContentRoom(
            desk=desk,
            database=stores.database,
            content=content,
            examples=content_pages.Examples(build_profiles(stores), facts),
            record=record,
            used_by=_message_users(stores),
            send_test=_test_sender(stores),
        )
    )


def _message_users(stores: Stores) -> content_pages.UsedBy:
    """Return what tells which campaigns send a message, over its own channel or as a fallback."""
    kept = build_campaigns(stores)

    def users(connection: "sa.Connection") -> dict[str, list[Link]]:
        found: dict[str, list[Link]] = {}
        for one in kept.campaigns(connection):
            link = Link(text=one.campaign.label, href=f"/campaigns/{one.campaign.name}")
            for name in dict.fromkeys(_messages_in(msgspec.to_builtins(one.campaign))):
                found.setdefault(name, []).append(link)
        return found

    return users


def _messages_in(data: Any) -> Iterator[str]:
    """Yield the names of messages in a campaign as plain data, however deep the step that sends them stands."""
    if isinstance(data, dict):
        if data.get("type") == "send" and isinstance(data.get("message"), str):
            yield data["message"]
            yield from (f"{data['message']}-{channel}" for channel in data.get("fallback") or ())
        data = list(data.values())
    if isinstance(data, list | tuple):
        for one in data:
            yield from _messages_in(one)


def _test_sender(stores: Stores) -> content_pages.SendTest:
    """Return what sends a message to a colleague: by the channel that customers get theirs by, past the gate and the ledger."""
    book = build_contact(stores).book

    def send(actor: access.Actor, rendered: Rendered) -> None:
        with stores.database.read() as connection:
            opened = book.all(connection)
        channel = next(
            (one.channel for one in opened if one.setup.kind == rendered.channel and one.setup.enabled), None
        )
        if channel is None:
            raise Conflict(
                "No channel can send this now.", hint="Set up a channel of this kind, or switch it on."
            )
        outgoing = contact.Outgoing(
            # Below zero, where the ledger has no numbers: a test is nobody's contact.
            contact=-stores.now(),
            key=f"test:{ids.new_secret()}",
            person=identity.Person(number=0, identifiers=(), subjects=()),
            address=actor.email,
            purpose="transactional",
            topic="",
            campaign="",
            language=rendered.language,
            parts=rendered.parts,
            links={},
            token="",
        )
        sent = channel.send([outgoing])[0]
        if sent.outcome != "sent":
            raise Conflict(
                f"The test was not taken: {sent.detail or sent.code}.", hint="Look at the channel."
            )

    return send


def _campaign_pages(stores: Stores, desk: Desk, seen: audience_pages.Looking) -> list[HTTPRouteHandler]:
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=stores.installation().key,
        now=stores.now,
    )

    feedback = build_feedback(stores)

    def called(persons: Collection[int]) -> dict[int, str]:
        lines = customers.lines(sorted(persons))
        return {number: line.called or line.identifier or "" for number, line in lines.items()}

    def surveys(connection: "sa.Connection") -> list[tuple[str, str]]:
        stored = feedback.surveys(connection)
        return [(one.survey.name, one.survey.label) for one in stored if one.state in {"active", "paused"}]

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    return campaign_pages.routes(
        campaign_pages.CampaignRoom(
            desk=desk,
            database=stores.database,
            campaigns=build_campaigns(stores),
            called=called,
            past=Past(stores),
            seen=seen,
            surveys=surveys,
            record=record,
            now=stores.now,
        )
    )


def _contact_pages(stores: Stores, desk: Desk, own: collect.OwnFacts) -> list[HTTPRouteHandler]:
    installation, profiles = stores.installation(), build_profiles(stores)
    rendering = build_rendering(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=profiles,
        key=installation.key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    def head(visit: Visit, who: str, active: str) -> contact_pages.PersonHead:
        sheet = customers.sheet(read_number(who))
        return contact_pages.PersonHead(
            page=person_frame(visit, sheet),
            tab_links=person_tabs(sheet, visit.words, active),
            person=sheet.person,
            name=name_of(sheet, visit.words),
        )

    def view(
        connection: "sa.Connection", row: Contacted, person: Person, now: int
    ) -> contact_pages.ViewedMessage:
        language, parts = rendering.view(connection, row, person, now)
        return contact_pages.ViewedMessage(language=language, parts=parts)

    def names(numbers: Collection[int]) -> dict[int, str]:
        lines = customers.lines(list(numbers))
        return {
            number: line.called or line.identifier or ids.to_text(line.number)
            for number, line in lines.items()
        }

    audiences = build_audiences(stores)
    return contact_pages.routes(
        contact_pages.ContactRoom(
            desk=desk,
            database=stores.database,
            contact=build_contact(stores),
            profiles=profiles,
            links=build_links(stores),
            own=own,
            record=record,
            head=head,
            view=view,
            names=names,
            audiences=audiences.memberships,
            audience_labels=audiences.labels,
            zone=stores.settings.timezone,
            region=stores.settings.region,
            now=stores.now,
            key=installation.key,
        )
    )


def _feedback_pages(stores: Stores, desk: Desk, own: collect.OwnFacts) -> list[HTTPRouteHandler]:
    installation, audiences = stores.installation(), build_audiences(stores)
    support = build_support(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=installation.key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    def head(visit: Visit, who: str, active: str) -> feedback_pages.PersonHead:
        sheet = customers.sheet(read_number(who))
        return feedback_pages.PersonHead(
            page=person_frame(visit, sheet),
            tab_links=person_tabs(sheet, visit.words, active),
            person=sheet.person,
            name=name_of(sheet, visit.words),
        )

    def called(_: "sa.Connection", subjects: Collection[int]) -> dict[int, Link]:
        return {
            subject: Link(
                text=line.called or line.identifier or ids.to_text(line.number),
                href=f"/people/{ids.to_text(line.number)}",
            )
            for subject, line in customers.lines(sorted(subjects)).items()
        }

    def members(connection: "sa.Connection", name: str) -> frozenset[int]:
        page = audiences.members(connection, name, limit=_ALL_MEMBERS)
        subjects = identity.subjects_by_person(connection, [one.person for one in page.members])
        return frozenset(subject for found in subjects.values() for subject in found)

    return feedback_pages.routes(
        feedback_pages.FeedbackRoom(
            desk=desk,
            database=stores.database,
            feedback=build_feedback(stores),
            links=build_survey_links(stores),
            trying=respondent.Trying(installation.key),
            record=record,
            head=head,
            called=called,
            audiences=lambda connection: list(audiences.labels(connection).items()),
            members=members,
            departments=lambda connection: [
                (one.name, one.label or one.name) for one in support.rules(connection).rules.departments
            ],
            tell=own.tell,
            now=stores.now,
        )
    )


def _support_pages(
    stores: Stores, desk: Desk, own: collect.OwnFacts, content: Content
) -> list[HTTPRouteHandler]:
    installation, profiles = stores.installation(), build_profiles(stores)
    feedback = build_feedback(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=profiles,
        key=installation.key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    def staff(connection: "sa.Connection") -> list[support_pages.Colleague]:
        return [
            support_pages.Colleague(email=one.email, name=one.name)
            for one in access.members(connection)
            if one.enabled and one.role >= access.Role.agent
        ]

    def head(visit: Visit, who: str, active: str) -> tuple[Page, tuple[TabLink, ...], int]:
        sheet = customers.sheet(read_number(who))
        return person_frame(visit, sheet), person_tabs(sheet, visit.words, active), sheet.person.number

    def solved(connection: "sa.Connection", start: int, end: int) -> Figure:
        months = (to_text(start)[:7], to_text(end)[:7])
        return feedback_pages.solved(feedback, connection, Filter(months=months))

    return support_pages.routes(
        support_pages.SupportRoom(
            desk=desk,
            database=stores.database,
            support=build_support(stores),
            knowledge=Knowledge(),
            customers=customers,
            contact=build_contact(stores),
            content=content,
            own=own,
            record=record,
            staff=staff,
            solved=solved,
            head=head,
            zone=stores.settings.timezone,
            region=stores.settings.region,
            now=stores.now,
            key=installation.key,
        )
    )


def _open_quarantined(stores: Stores) -> int:
    with stores.database.read() as connection:
        return sum(collect.count_quarantined(connection).values())


def _sources(stores: Stores) -> dict[str, int]:
    with stores.database.read() as connection:
        return {source.name: source.id for source in collect.sources(connection)}

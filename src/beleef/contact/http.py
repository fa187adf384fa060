"""JSON routes of contact: ask the gate, send a message, read a person's ledger and the rules, set channels up, take providers' reports."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Router, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from beleef.access import api as access
from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.contact.answers import (
    Answer,
    ChannelOrder,
    ChannelView,
    LedgerPage,
    MessageOrder,
    MessageState,
    Question,
    ReportsKept,
    RulesAnswer,
    answer_of,
    channel_of,
    intent_of,
    rules_of,
    state_of,
)
from beleef.contact.api import (
    ChannelSetup,
    Contact,
    Intent,
    Links,
    from_data,
    from_yaml,
)
from beleef.contact.channels.crossing import OPEN_PATHS, from_pages
from beleef.contact.channels.customers import Customers
from beleef.contact.channels.http import routes as channel_routes
from beleef.contact.channels.reporting import Reporting
from beleef.contact.following import Following, Say
from beleef.contact.following import routes as public_routes
from beleef.contact.returning import keep_events, read_events
from beleef.identity.api import Person
from beleef.kernel.clock import Clock
from beleef.store.records.database import Database

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = [
    "OPEN_PATHS",
    "ContactParts",
    "Customers",
    "Following",
    "Reporting",
    "Say",
    "channel_routes",
    "from_pages",
    "public_routes",
    "routes",
]

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=500, description="At most so many.")]


class ContactParts(msgspec.Struct, kw_only=True):
    """What these routes work with: the gate, who a person is (``namespace:value``), and the zone for moments in words."""

    database: Database
    contact: Contact
    links: Links
    find: "Callable[[sa.Connection, str], Person]"
    zone: str
    now: Clock


def routes(parts: ContactParts, door: Door) -> Router:
    """Return the routes below ``/v1``."""
    handlers = [*_asking(parts, door), *_ruling(parts, door), *_channels(parts, door), *_reports(parts)]
    return Router(path="/v1", route_handlers=handlers, tags=["Contact"])


def _asking(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @post(
        "/contact/ask",
        status_code=200,
        sync_to_thread=True,
        summary="Whether a customer may be contacted now; nothing is stored",
    )
    def ask(request: AnyRequest, data: Annotated[Question, Body()]) -> Answer:
        door(request, Role.reader)
        with parts.database.read() as connection:
            person = parts.find(connection, data.who)
            intent = Intent(
                key="asked",
                subject=person.number,
                purpose=data.purpose,  # type: ignore[arg-type]  # because its pattern allows no other
                channel=data.channel,
                topic=data.topic,
                parts={},
            )
            return answer_of(parts.contact.ask(connection, [intent], parts.now())["asked"], parts.zone)

    return [ask, *_sending(parts, door)]


def _sending(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @post(
        "/contact/messages",
        status_code=200,
        sync_to_thread=True,
        summary="Send a message to one customer; the same key twice sends it once",
    )
    def send(request: AnyRequest, data: Annotated[MessageOrder, Body()]) -> MessageState:
        actor = door(request, Role.editor)
        with parts.database.write() as connection:
            person = parts.find(connection, data.who)
            parts.contact.intend(connection, [intent_of(data, person)], parts.now())
            row = parts.contact.by_keys(connection, [data.key])[data.key]
            access.record(
                connection, actor, "contact.send", str(row.id), now=parts.now(), purpose=data.purpose
            )
        return state_of(row, parts.zone)

    @get(
        "/people/{who:str}/contacts",
        sync_to_thread=True,
        summary="What was meant for a customer, and what became of it",
    )
    def contacts(
        request: AnyRequest,
        who: str,
        before: Annotated[int | None, Parameter(ge=1, le=2**62)] = None,
        limit: Limit = 50,
    ) -> LedgerPage:
        door(request, Role.reader)
        with parts.database.read() as connection:
            person = parts.find(connection, who)
            rows = parts.contact.ledger(connection, person.subjects, before=before, limit=limit)
        return LedgerPage(
            contacts=[state_of(row, parts.zone) for row in rows],
            next=rows[-1].id if len(rows) == limit else None,
        )

    return [send, contacts]


def _ruling(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @get("/contact/rules", sync_to_thread=True, summary="The rules of the contact gate")
    def rules(request: AnyRequest) -> RulesAnswer:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return rules_of(parts.contact.rules(connection))

    @put(
        "/contact/rules",
        summary="Change the rules of the contact gate: all of them, as JSON or as YAML",
    )
    async def save(request: AnyRequest) -> RulesAnswer:
        actor = door(request, Role.editor)
        body = await request.body()
        return await asyncio.to_thread(_save_rules, parts, actor, body)

    return [rules, save]


def _save_rules(parts: ContactParts, actor: Actor, body: bytes) -> RulesAnswer:
    # JSON is YAML as well; it is read as what it is first, for its errors are clearer.
    try:
        given = from_data(msgspec.json.decode(body))
    except msgspec.DecodeError:
        given = from_yaml(body.decode("utf-8", "replace"))
    with parts.database.write() as connection:
        stored = parts.contact.save_rules(connection, given, by=actor.name, now=parts.now())
        access.record(connection, actor, "contact.rules", str(stored.version), now=parts.now())
    return rules_of(stored)


def _channels(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @get("/contact/channels", sync_to_thread=True, summary="The channels that are set up")
    def channels(request: AnyRequest) -> list[ChannelView]:
        door(request, Role.editor)
        with parts.database.read() as connection:
            secrets = parts.contact.secrets_set(connection)
            found = parts.contact.channels(connection)
        return [channel_of(one, sorted(secrets.get(one.name, ()))) for one in found]

    @put("/contact/channels/{name:str}", sync_to_thread=True, summary="Set a channel up, or change it")
    def save(request: AnyRequest, name: str, data: Annotated[ChannelOrder, Body()]) -> ChannelView:
        actor = door(request, Role.administrator)
        setup = ChannelSetup(
            name=name,
            kind=data.kind,
            driver=data.driver,
            settings=data.settings,
            enabled=data.enabled,
            per_second=data.per_second,
        )
        with parts.database.write() as connection:
            parts.contact.save_channel(connection, setup, data.secrets, parts.now())
            access.record(connection, actor, "channel.save", name, now=parts.now(), kind=data.kind)
            secrets = parts.contact.secrets_set(connection).get(name, frozenset())
        return channel_of(setup, sorted(secrets))

    return [channels, save]


def _reports(parts: ContactParts) -> list[HTTPRouteHandler]:
    @post(
        "/contact/mail-reports/{channel:str}",
        status_code=200,
        summary="Bounces and complaints, as a mail provider tells them; signed with the channel's secret",
    )
    async def reports(request: AnyRequest, channel: str) -> ReportsKept:
        body = await request.body()
        signature = request.headers.get("x-beleef-signature", "")
        timestamp = request.headers.get("x-beleef-timestamp", "")
        return await asyncio.to_thread(_keep_reports, parts, channel, body, signature, timestamp)

    return [reports]


def _keep_reports(
    parts: ContactParts, channel: str, body: bytes, signature: str, timestamp: str
) -> ReportsKept:
    now = parts.now()
    with parts.database.write() as connection:
        events = read_events(connection, channel, body, signature, timestamp, now)
        return ReportsKept(kept=keep_events(connection, parts.contact, parts.links, events, now))

"""JSON routes of contact: ask the gate, send a message, read a person's ledger and the rules, set channels up, take providers' reports."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Router, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from beleef.access import api as access
from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.contact.api import (
    ChannelSetup,
    Contact,
    Contacted,
    Decision,
    Intent,
    Links,
    StoredRules,
    from_data,
    from_yaml,
    reason_sentence,
    to_data,
)
from beleef.contact.channels.crossing import OPEN_PATHS, from_pages
from beleef.contact.channels.customers import Customers
from beleef.contact.channels.http import routes as channel_routes
from beleef.contact.channels.reporting import Reporting
from beleef.contact.following import Following, Say
from beleef.contact.following import routes as public_routes
from beleef.contact.returning import keep_events, read_events
from beleef.identity.api import Person
from beleef.kernel import clock
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.ui.words import translator

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
Purposes = Annotated[str, msgspec.Meta(pattern="^(marketing|service|survey|transactional)$")]
_Text = Annotated[str, msgspec.Meta(max_length=200)]


class ContactParts(msgspec.Struct, kw_only=True):
    """What these routes work with: the gate, who a person is (``namespace:value``), and the zone for moments in words."""

    database: Database
    contact: Contact
    links: Links
    find: "Callable[[sa.Connection, str], Person]"
    zone: str
    now: Clock


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """May this person (``namespace:value``) be contacted now, for this purpose, over this channel?"""

    who: _Text
    purpose: Purposes
    channel: _Text
    topic: _Text = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says: ``send``, ``hold`` or ``skip``, why, and until when (ISO 8601)."""

    outcome: str
    reason: str
    explanation: str
    rule: str
    until: str | None


class MessageOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be sent to one person; the gate still decides when, and whether.

    Attributes:
        key: What makes it this message: the same key again sends nothing again.
        who: Whom, as ``namespace:value``.
        channel: Kind of the channel.
        message: Name of a message in the library, or
        parts: the message itself, as it is to be read; nothing in it is evaluated.
        purpose: What for.
        variables: What the library's message may use, e.g. ``{"fact": {"order_id": "7"}}``.
        topic: What about.
        language: ``nl`` or ``en``; the person's own where it is left out.
        not_before: ISO 8601; at once where it is left out.
        expires_at: ISO 8601; never where it is left out.
    """

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    who: _Text
    channel: _Text
    message: _Text = ""
    parts: dict[str, str] | None = None
    purpose: Purposes = "transactional"
    variables: dict[str, Any] = {}
    topic: _Text = ""
    language: Annotated[str, msgspec.Meta(pattern="^(nl|en)?$")] = ""
    not_before: _Text = ""
    expires_at: _Text = ""


class MessageState(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the ledger, as far as it came. Moments are ISO 8601; None where they did not come."""

    id: int
    key: str
    state: str
    reason: str
    explanation: str
    rule: str
    purpose: str
    channel: str
    topic: str
    message: str
    campaign: str
    step: str
    variant: str
    created_at: str
    sent_at: str | None
    delivered_at: str | None
    bounced_at: str | None
    opened_at: str | None
    clicked_at: str | None
    attempts: int


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A person's messages, newest first; ``next`` goes in as ``before`` for the page after, None where there is none."""

    contacts: list[MessageState]
    next: int | None


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's rules in force, with their version; 0 are the defaults."""

    version: int
    saved_at: str | None
    saved_by: str
    rules: dict[str, Any]


class ChannelOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel as it is to be set up. Secrets are never given back; those left out stay as they were."""

    kind: _Text
    driver: _Text
    settings: dict[str, Any] = {}
    enabled: bool = True
    per_second: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    secrets: dict[str, str] = {}


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is set up, and which secrets it has."""

    name: str
    kind: str
    driver: str
    settings: dict[str, Any]
    enabled: bool
    per_second: float
    secrets: list[str]


class ReportsKept(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts a provider's events made."""

    kept: int
    success: bool = True


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
            return _answer(parts.contact.ask(connection, [intent], parts.now())["asked"], parts.zone)

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
            parts.contact.intend(connection, [_intent(data, person)], parts.now())
            row = parts.contact.by_keys(connection, [data.key])[data.key]
            access.record(
                connection, actor, "contact.send", str(row.id), now=parts.now(), purpose=data.purpose
            )
        return _state(row, parts.zone)

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
            contacts=[_state(row, parts.zone) for row in rows],
            next=rows[-1].id if len(rows) == limit else None,
        )

    return [send, contacts]


def _ruling(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @get("/contact/rules", sync_to_thread=True, summary="The rules of the contact gate")
    def rules(request: AnyRequest) -> RulesAnswer:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return _rules(parts.contact.rules(connection))

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
    return _rules(stored)


def _channels(parts: ContactParts, door: Door) -> list[HTTPRouteHandler]:
    @get("/contact/channels", sync_to_thread=True, summary="The channels that are set up")
    def channels(request: AnyRequest) -> list[ChannelView]:
        door(request, Role.editor)
        with parts.database.read() as connection:
            secrets = parts.contact.secrets_set(connection)
            found = parts.contact.channels(connection)
        return [_channel(one, sorted(secrets.get(one.name, ()))) for one in found]

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
        return _channel(setup, sorted(secrets))

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


def _intent(order: MessageOrder, person: Person) -> Intent:
    return Intent(
        key=order.key,
        subject=person.number,
        purpose=order.purpose,  # type: ignore[arg-type]  # because its pattern allows no other
        channel=order.channel,
        topic=order.topic,
        message=order.message,
        parts=order.parts,
        variables=order.variables,
        language=order.language,
        not_before=_moment(order.not_before) or 0,
        expires_at=_moment(order.expires_at),
    )


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return clock.from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"“{text}” is no moment.", hint="Write it as 2026-03-01T09:30:00Z.") from error


def _answer(decision: Decision, zone: str) -> Answer:
    return Answer(
        outcome=decision.outcome,
        reason=decision.reason,
        explanation=reason_sentence(decision.reason, translator("en", zone), decision.rule),
        rule=decision.rule,
        until=_text(decision.until),
    )


def _state(row: Contacted, zone: str) -> MessageState:
    intent = row.intent
    sentence = reason_sentence(row.reason, translator("en", zone), row.rule) if row.reason else ""
    return MessageState(
        id=row.id,
        key=intent.key,
        state=row.state,
        reason=row.reason,
        explanation=sentence,
        rule=row.rule,
        purpose=intent.purpose,
        channel=intent.channel,
        topic=intent.topic,
        message=intent.message,
        campaign=intent.campaign,
        step=intent.step,
        variant=intent.variant,
        created_at=clock.to_text(row.created_at),
        sent_at=_text(row.sent_at),
        delivered_at=_text(row.delivered_at),
        bounced_at=_text(row.bounced_at),
        opened_at=_text(row.opened_at),
        clicked_at=_text(row.clicked_at),
        attempts=row.attempts,
    )


def _rules(stored: StoredRules) -> RulesAnswer:
    return RulesAnswer(
        version=stored.version,
        saved_at=_text(stored.saved_at or None),
        saved_by=stored.saved_by,
        rules=to_data(stored.rules),
    )


def _channel(setup: ChannelSetup, secrets: list[str]) -> ChannelView:
    return ChannelView(
        name=setup.name,
        kind=setup.kind,
        driver=setup.driver,
        settings=setup.settings,
        enabled=setup.enabled,
        per_second=setup.per_second,
        secrets=secrets,
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else clock.to_text(moment)

"""JSON routes of collect for programs and staff: receipts, counts, offline contacts, the quarantine, sources and webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from beleef.access.door import Door
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.api import Receipt, SourceBook
from beleef.collect.intake import Intake
from beleef.collect.offline import OfflineFact, offline_message
from beleef.kernel import clock, ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Log
from beleef.store.records.database import Database
from beleef.store.warehouse.engine import Warehouse

AnyRequest = Request[Any, Any, Any]
Group = Literal["channel", "type", "name", "day", "source", "touchpoint", "month"]


class KeyCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts have one value of the group."""

    key: str | None
    count: int


class CountAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of facts, and their total."""

    group: str | None
    counts: list[KeyCount]
    total: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message was accepted; its receipt stands under ``message_id``."""

    message_id: str
    success: bool = True


class QuarantineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A message that cannot become a fact as it is."""

    id: str
    message_id: str
    source: str
    received_at: str
    code: str
    reason: str
    status: str
    message: str


class QuarantinePage(msgspec.Struct, frozen=True, kw_only=True):
    """Quarantined messages, newest first; ``next`` is the ``before`` of the next page."""

    messages: list[QuarantineEntry]
    next: str | None


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The repaired message; without one it is tried again as it was."""

    message: dict[str, Any] | None = None


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A source without its key."""

    name: str
    channel: str
    enabled: bool


class SourcesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All sources."""

    sources: list[SourceView]


class Collecting(msgspec.Struct, kw_only=True):
    """What these routes work with."""

    database: Database
    log: Log
    warehouse: Warehouse
    intake: Intake
    sources: SourceBook
    zone: str
    now: Clock


def routes(parts: Collecting, door: Door) -> Router:
    """Return the routes below ``/v1``."""
    handlers = [*_reading(parts, door), *_writing(parts, door)]
    return Router(path="/v1", route_handlers=handlers, tags=["Facts"])


def _reading(parts: Collecting, door: Door) -> list[HTTPRouteHandler]:
    @get("/receipts/{message_id:str}", sync_to_thread=True, summary="What became of a message")
    def receipt(request: AnyRequest, message_id: str) -> Receipt:
        door(request, Role.reader)
        return api.receipt(message_id, parts.database, parts.log)

    @get("/facts/count", sync_to_thread=True, summary="How many facts, by channel, type, name or day")
    def count(
        request: AnyRequest, since: str | None = None, until: str | None = None, group: Group | None = None
    ) -> CountAnswer:
        door(request, Role.reader)
        rows = parts.warehouse.counts(
            (group,) if group else (), since=read_moment(since), until=read_moment(until), zone=parts.zone
        )
        total = sum(row.facts for row in rows)
        counts = [KeyCount(key=row.key[0], count=row.facts) for row in rows] if group else []
        return CountAnswer(group=group, counts=counts, total=total)

    @get("/quarantine", sync_to_thread=True, summary="Messages that cannot become facts as they are")
    def quarantine(
        request: AnyRequest,
        status: Literal["open", "replayed", "discarded"] = "open",
        code: str | None = None,
        before: str | None = None,
        limit: Annotated[int, Parameter(ge=1, le=1_000)] = 50,
    ) -> QuarantinePage:
        door(request, Role.agent)
        with parts.database.read() as connection:
            names = api.source_names(connection)
            found = api.quarantined(
                connection, status=status, code=code, before=_number(before) if before else None, limit=limit
            )
        entries = [
            QuarantineEntry(
                id=ids.to_text(one.id),
                message_id=one.message_id,
                source=names.get(one.source, str(one.source)),
                received_at=clock.to_text(one.received_at),
                code=one.code,
                reason=one.reason,
                status=one.status,
                message=one.message,
            )
            for one in found
        ]
        return QuarantinePage(messages=entries, next=entries[-1].id if len(entries) == limit else None)

    @get("/sources", sync_to_thread=True, summary="Where facts come from")
    def sources(request: AnyRequest) -> SourcesAnswer:
        door(request, Role.reader)
        with parts.database.read() as connection:
            found = api.sources(connection)
        return SourcesAnswer(
            sources=[SourceView(name=one.name, channel=one.channel, enabled=one.enabled) for one in found]
        )

    return [receipt, count, quarantine, sources]


def _writing(parts: Collecting, door: Door) -> list[HTTPRouteHandler]:
    @post("/facts", status_code=200, summary="Enter an offline contact: a visit, a call, a letter")
    async def offline(request: AnyRequest, data: Annotated[OfflineFact, Body()]) -> Kept:
        actor = door(request, Role.agent)
        own = parts.sources.by_name("beleef")
        assert own is not None  # noqa: S101 -- made by set_up
        message = offline_message(data, by=actor.name)
        await parts.intake.keep(api.check_message(own, message, parts.now()))
        return Kept(message_id=message["messageId"])

    @post(
        "/quarantine/{number:str}/replay",
        status_code=200,
        summary="Bring a quarantined message in again, repaired",
    )
    async def replay(request: AnyRequest, number: str, data: Replay) -> Kept:
        door(request, Role.editor)
        with parts.database.read() as connection:
            held = api.quarantined_message(connection, _number(number))
        repaired = msgspec.json.encode(data.message).decode() if data.message is not None else None
        await parts.intake.keep(api.replay_entry(held, repaired, parts.now()))
        return Kept(message_id=held.message_id)

    return [offline, replay]


def read_moment(text: str | None) -> int | None:
    """Return an ISO 8601 date or moment as microseconds; a date is its first moment in UTC.

    Raises:
        InvalidInput: it is neither.
    """
    if text is None:
        return None
    try:
        return clock.from_datetime(datetime.fromisoformat(text))
    except ValueError as error:
        raise InvalidInput(
            f"“{text[:40]}” is no date or moment.",
            hint="Use ISO 8601, e.g. 2026-03-01 or 2026-03-01T09:30:00Z.",
        ) from error


def _number(text: str) -> int:
    number = ids.from_text(text)
    if number is None:
        raise InvalidInput(
            "That is no number of a message in the quarantine.", hint="Use the id as the list gives it."
        )
    return number

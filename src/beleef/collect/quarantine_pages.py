"""The pages of the quarantine: messages that cannot become facts as they are, why, and what can be done about each."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api as access
from beleef.access.desk import AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.api import OwnFacts, Quarantined
from beleef.collect.decode import message_at
from beleef.collect.http import Collecting
from beleef.collect.live_pages import pretty
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.store.log.port import Entry
from beleef.ui.components import (
    Badge,
    Cell,
    Code,
    Column,
    EmptyState,
    Known,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.forms import Chip, Field, Fieldset, FilterBar, Form, Hidden, Option, Select, TextArea
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_PAGE = 50
_AT_ONCE = 500
_STATES = ("open", "replayed", "discarded")


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/quarantine.html``: the messages, by reason and state."""

    page: Page
    filters: FilterBar
    replay_all: Link | None
    table: Table


class HeldMessage(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/held.html``: one message, why it is here, and the forms to repair or to discard it."""

    page: Page
    reason: str
    known: tuple[Known, ...]
    repair_title: str
    repair: Form | None
    discard: Form | None
    message_title: str
    message: object


def routes(desk: Desk, parts: Collecting, own: OwnFacts) -> list[HTTPRouteHandler]:
    """Return the pages of the quarantine."""
    return [*_reading(desk, parts), *_mending(desk, parts, own), *_mending_many(desk, parts, own)]


def _reading(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    @get("/quarantine", sync_to_thread=True)
    def quarantine(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        return desk.html("collect/quarantine.html", _list(visit, parts, request))

    @get("/quarantine/{number:str}", sync_to_thread=True)
    def one(request: AnyRequest, number: str) -> Response[str]:
        visit = desk.open(request, Role.reader)
        held = _held(parts, number)
        return desk.html("collect/held.html", _message(visit, held))

    return [quarantine, one]


def _mending(desk: Desk, parts: Collecting, own: OwnFacts) -> list[HTTPRouteHandler]:
    @post("/quarantine/{number:str}")
    async def replay(request: AnyRequest, number: str) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        held = await asyncio.to_thread(_held, parts, number)
        text = answers.get("message", "")
        try:
            entry = api.replay_entry(held.message, text, parts.now())
        except InvalidInput as error:
            view = _message(visit, held, text=text, error=visit.words.refusal(error))
            return desk.html("collect/held.html", view, status=400)
        await asyncio.to_thread(_record, parts, visit, "quarantine.replay", number)
        passed = await own.keep(entry)
        said = visit.words.gettext("The message is replayed and is a fact now.")
        if not passed:
            said = visit.words.gettext(
                "The message is in the log; it becomes a fact as soon as the worker gets there."
            )
        return desk.redirect("/quarantine", flash=said)

    @post("/quarantine/{number:str}/discard")
    async def discard(request: AnyRequest, number: str) -> Response[str]:
        visit, _ = await desk.form(request, Role.editor)
        held = await asyncio.to_thread(_held, parts, number)
        await asyncio.to_thread(_discard, parts, visit, held.message)
        return desk.redirect("/quarantine", flash=visit.words.gettext("The message is discarded."))

    return [replay, discard]


def _mending_many(desk: Desk, parts: Collecting, own: OwnFacts) -> list[HTTPRouteHandler]:
    @get("/quarantine/replay", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.editor)
        code = request.query_params.get("code", "")
        with parts.database.read() as connection:
            waiting = api.count_quarantined(connection).get(code, 0)
        if not waiting:
            raise NotFound("No message waits for that reason.", hint="Look at the quarantine again.")
        return desk.html("ui/confirm.html", _confirm(visit, code, waiting))

    @post("/quarantine/replay")
    async def replay_all(request: AnyRequest) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        code = answers.get("code", "")
        sent, kept, before = 0, 0, None
        while True:
            page, entries = await asyncio.to_thread(_next_entries, parts, code, before)
            if not page:
                break
            before, kept = page[-1].id, kept + len(page) - len(entries)
            await asyncio.gather(*(parts.intake.keep(entry) for entry in entries[:-1]))
            if entries:
                await own.keep(entries[-1])
            sent += len(entries)
        await asyncio.to_thread(_record, parts, visit, "quarantine.replay_all", code)
        words = visit.words
        said = words.ngettext("%(num)s message is replayed.", "%(num)s messages are replayed.", sent)
        if kept:
            said += " " + words.ngettext(
                "%(num)s must be repaired first.", "%(num)s must be repaired first.", kept
            )
        return desk.redirect("/quarantine", flash=said, tone="warn" if kept else "good")

    return [ask, replay_all]


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """A message in quarantine, the name of its source, and its JSON as the log has it, else as it was kept."""

    message: Quarantined
    source: str
    raw: str


def _held(parts: Collecting, text: str) -> _Held:
    number = ids.from_text(text)
    if number is None:
        raise NotFound("There is no such message in the quarantine.", hint="Look at the list again.")
    with parts.database.read() as connection:
        held = api.quarantined_message(connection, number)
        source = api.source_names(connection).get(held.source, str(held.source))
    position, index = ids.log_place(held.id)
    entry = parts.log.get(position)
    raw = message_at(entry, index) if entry is not None else ""
    return _Held(message=held, source=source, raw=raw or held.message)


def _next_entries(parts: Collecting, code: str, before: int | None) -> tuple[list[Quarantined], list[Entry]]:
    """Return the next messages with that reason, and an entry for each of them that can be a fact as it is now."""
    with parts.database.read() as connection:
        page = api.quarantined(connection, code=code, before=before, limit=_AT_ONCE)
    entries = []
    for held in page:
        with contextlib.suppress(InvalidInput):
            entries.append(api.replay_entry(held, None, parts.now()))
    return page, entries


def _record(parts: Collecting, visit: Visit, action: str, subject: str) -> None:
    with parts.database.write() as connection:
        access.record(connection, visit.actor, action, subject, now=parts.now())


def _discard(parts: Collecting, visit: Visit, held: Quarantined) -> None:
    with parts.database.write() as connection:
        api.discard(connection, held.id)
        access.record(connection, visit.actor, "quarantine.discard", ids.to_text(held.id), now=parts.now())


def _list(visit: Visit, parts: Collecting, request: AnyRequest) -> Quarantine:
    words = visit.words
    code = request.query_params.get("code", "")[:80]
    state = request.query_params.get("state", "open")
    state = state if state in _STATES else "open"
    before = ids.from_text(request.query_params.get("before", ""))
    with parts.database.read() as connection:
        counts = api.count_quarantined(connection)
        names = api.source_names(connection)
        found = api.quarantined(connection, status=state, code=code or None, before=before, limit=_PAGE + 1)
    kept = {name: value for name, value in (("code", code), ("state", state)) if value and value != "open"}
    more, found = len(found) > _PAGE, found[:_PAGE]
    pager = Pager(
        shown=words.ngettext("%(num)s message on this page", "%(num)s messages on this page", len(found)),
        previous_href="/quarantine?" + urlencode(kept) if before is not None else None,
        next_href="/quarantine?" + urlencode({**kept, "before": ids.to_text(found[-1].id)}) if more else None,
    )
    replay_all = None
    if code and state == "open" and counts.get(code) and visit.may(Role.editor):
        replay_all = Link(
            text=words.gettext("Replay all of this reason"),
            href="/quarantine/replay?" + urlencode({"code": code}),
        )
    return Quarantine(
        page=visit.page(
            words.gettext("Quarantine"),
            active="quarantine",
            lead=words.gettext(
                "Messages that cannot become facts as they are. Nothing is lost: repair and replay them."
            ),
        ),
        filters=_filter_bar(words, counts, code, state),
        replay_all=replay_all,
        table=_table(words, found, names, pager if more or before is not None else None, filtered=bool(kept)),
    )


def _filter_bar(words: Words, counts: dict[str, int], code: str, state: str) -> FilterBar:
    reasons = {name: f"{name} ({words.number(count)})" for name, count in counts.items()}
    if code:
        reasons.setdefault(code, code)
    options = (
        Option(value="", label=words.gettext("All reasons")),
        *(Option(value=name, label=label) for name, label in reasons.items()),
    )
    states = tuple(Option(value=name, label=_state(words, name).text) for name in _STATES)
    fields = (
        Select(name="code", label=words.gettext("Reason"), options=options, value=code, required=False),
        Select(name="state", label=words.gettext("State"), options=states, value=state, required=False),
    )
    chips = []
    if code:
        rest = urlencode({"state": state} if state != "open" else {})
        chips.append(Chip(label=words.gettext("Reason") + f": {code}", remove_href=f"/quarantine?{rest}"))
    return FilterBar(
        name="filter",
        action="/quarantine",
        fields=fields,
        chips=tuple(chips),
        clear_href="/quarantine" if chips else None,
    )


def _state(words: Words, name: str) -> Badge:
    states = {
        "open": Badge(text=words.gettext("Waits for repair"), tone="warn"),
        "replayed": Badge(text=words.gettext("Replayed"), tone="good"),
        "discarded": Badge(text=words.gettext("Discarded")),
    }
    return states[name]


def _table(
    words: Words, found: Sequence[Quarantined], names: dict[int, str], pager: Pager | None, *, filtered: bool
) -> Table:
    columns = (
        Column(label=words.gettext("What is wrong")),
        Column(label=words.gettext("Reason")),
        Column(label=words.gettext("Source")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Accepted")),
    )
    rows = tuple(
        Row(
            cells=(
                Link(
                    text=words.refused(held.reason),
                    href=f"/quarantine/{ids.to_text(held.id)}",
                    detail=held.message_id,
                ),
                Code(text=held.code),
                Text(text=names.get(held.source, str(held.source))),
                _state(words, held.status),
                Time(moment=held.received_at),
            )
        )
        for held in found
    )
    empty = EmptyState(
        title=words.gettext("Nothing is in quarantine"),
        text=words.gettext(
            "Messages that Beleef cannot use wait here with the reason, until they are repaired and replayed."
        ),
        icon="check",
    )
    if filtered:
        empty = EmptyState(
            title=words.gettext("No message fits the filter"),
            text=words.gettext("Choose another reason or state."),
            icon="filter",
            action=Link(text=words.gettext("Clear all filters"), href="/quarantine"),
        )
    return Table(caption=words.gettext("Quarantine"), columns=columns, rows=rows, empty=empty, pager=pager)


def _message(visit: Visit, found: _Held, *, text: str | None = None, error: str | None = None) -> HeldMessage:
    words, held, raw = visit.words, found.message, found.raw
    number = ids.to_text(held.id)
    known: list[tuple[str, Cell]] = [
        (words.gettext("State"), _state(words, held.status)),
        (words.gettext("Reason"), Code(text=held.code)),
        (words.gettext("Message id"), Code(text=held.message_id)),
        (words.gettext("Source"), Text(text=found.source)),
        (words.gettext("Came as"), Code(text=held.kind)),
        (words.gettext("Accepted"), Time(moment=held.received_at, exact=True)),
    ]
    if held.replayed_as is not None:
        fact = ids.to_text(held.replayed_as)
        known.append((words.gettext("Became the fact"), Link(text=fact, href=f"/live/{fact}")))
    repair = discard = None
    if held.status == "open" and visit.may(Role.editor):
        area: Field = TextArea(
            name="message",
            label=words.gettext("The message as JSON"),
            value=text if text is not None else pretty(raw),
            rows=18,
            machine=True,
            help=words.gettext(
                "Change what is wrong; the message keeps its id, so it is never counted twice."
            ),
            error=error,
        )
        repair = Form(
            name="repair",
            action=f"/quarantine/{number}",
            sections=(Fieldset(fields=(area,)),),
            submit=words.gettext("Replay"),
        )
        discard = Form(
            name="discard",
            action=f"/quarantine/{number}/discard",
            sections=(),
            submit=words.gettext("Discard this message"),
            tone="danger",
        )
    return HeldMessage(
        page=visit.page(
            words.gettext("Message in quarantine"),
            active="quarantine",
            crumbs=(Link(text=words.gettext("Quarantine"), href="/quarantine"),),
        ),
        reason=words.refused(held.reason),
        known=tuple(Known(name=name, value=value) for name, value in known),
        repair_title=words.gettext("Repair and replay"),
        repair=repair,
        discard=discard,
        message_title=words.gettext("The message as it came"),
        message=_readable(raw),
    )


def _confirm(visit: Visit, code: str, waiting: int) -> Confirm:
    words = visit.words
    from_code = urlencode({"code": code})
    return Confirm(
        page=visit.page(
            words.gettext("Replay all messages with the reason “%(code)s”?", code=code),
            active="quarantine",
            crumbs=(Link(text=words.gettext("Quarantine"), href="/quarantine"),),
        ),
        consequences=(
            words.ngettext(
                "%(num)s message is tried again as it is.",
                "%(num)s messages are tried again as they are.",
                waiting,
            ),
            words.gettext("What can be a fact now becomes one; the others stay here."),
            words.gettext("A message that was replayed before is not counted again."),
        ),
        form=Form(
            name="replay-all",
            action="/quarantine/replay",
            sections=(Fieldset(fields=(Hidden(name="code", value=code),)),),
            submit=words.gettext("Replay them"),
            cancel=Link(text=words.gettext("Cancel"), href=f"/quarantine?{from_code}"),
        ),
    )


def _readable(message: str) -> Any:
    try:
        return msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError):
        return message

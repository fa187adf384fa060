"""Proposals of the matcher: the list, and each side by side with what speaks for and against it; people decide."""

import asyncio
from typing import Final, get_args

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api, proposals
from beleef.identity.matching_fields import FIELDS, Record
from beleef.identity.pages.namespaces import NamespacesPage
from beleef.identity.pages.parts import IdentityRoom, frame, person_href, read_number, tabs
from beleef.identity.proposals import Place, Proposal, Status, Stored
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import (
    Badge,
    Callout,
    Cell,
    Column,
    EmptyState,
    Figure,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
    Tone,
)
from beleef.ui.forms import Fieldset, Form, Hidden
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

_PAGE = 50
_STATUSES: tuple[Status, ...] = get_args(Status)
_NOTHING_SAID = 0.05

LEVEL_LABELS: Final = {
    "the same": N_("the same"),
    "first and last name swapped": N_("first and last name swapped"),
    "the initial fits": N_("the initial fits"),
    "day and month swapped": N_("day and month swapped"),
    "the same number, another addition": N_("the same number, another addition"),
    "one typing error": N_("one typing error"),
    "nearly the same": N_("nearly the same"),
    "alike": N_("alike"),
    "different": N_("different"),
    "unknown": N_("unknown"),
    "two records at random": N_("two records at random"),
}
_FIELD_LABELS: Final = {
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "birth_date": N_("Birth date"),
    "street": N_("Street"),
    "house_number": N_("House number"),
    "postcode": N_("Postcode"),
    "city": N_("Town"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "chance": N_("Before comparing"),
}


class ProposalPage(msgspec.Struct, frozen=True, kw_only=True):
    """``identity/proposal.html``: two people side by side, why they may be one, and the decision."""

    page: Page
    verdict: Callout
    sides: Table
    forms: tuple[Form, ...]


def routes(room: IdentityRoom) -> list[HTTPRouteHandler]:
    """Return the pages about proposals."""

    @get("/identity/proposals", sync_to_thread=True)
    def listing(request: AnyRequest, status: str = "open", after: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        chosen: Status = next((known for known in _STATUSES if known == status), "open")
        with room.database.read() as connection:
            found = proposals.proposals(connection, chosen, after=_read_place(after), limit=_PAGE)
        view = NamespacesPage(
            page=frame(
                visit,
                lead=visit.words.gettext("Records that may be one person though they share no identifier."),
            ),
            tab_links=tabs(room, visit.words, "proposals"),
            table=_table(room, found, chosen, visit.words, first=not after),
        )
        return room.desk.html("identity/tab.html", view)

    @get("/identity/proposals/{a:str}/{b:str}", sync_to_thread=True)
    def one(request: AnyRequest, a: str, b: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = proposals.get_proposal(connection, read_number(a), read_number(b))
        return room.desk.html("identity/proposal.html", _proposal_page(room, visit, stored))

    @post("/identity/proposals/{a:str}/{b:str}")
    async def decide(request: AnyRequest, a: str, b: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        decision = given.get("decision", "")
        messages, stored = await asyncio.to_thread(
            _decide, room, visit, read_number(a), read_number(b), decision
        )
        passed = await room.own.say(messages) if messages else True
        return room.desk.redirect("/identity/proposals", flash=_said(stored, visit.words, passed=passed))

    return [listing, one, decide]


def _decide(
    room: IdentityRoom, visit: Visit, a: int, b: int, decision: str
) -> tuple[list[dict[str, object]], Stored]:
    """Keep a decision; return the messages that carry it out, and the proposal as it stands then.

    Raises:
        InvalidInput: there is no such decision.
        NotFound, Conflict: as ``proposals.decide``.
    """
    by, now = visit.actor.name, room.now()
    with room.database.write() as connection:
        before = proposals.get_proposal(connection, a, b)
        messages: list[dict[str, object]]
        match decision:
            case "accepted":
                messages = api.accept_messages(connection, before.proposal, by=by)
                stored = proposals.decide(connection, a, b, "accepted", by=by, at=now)
            case "rejected":
                messages, stored = [], proposals.decide(connection, a, b, "rejected", by=by, at=now)
            case "undone":
                messages = (
                    api.part_messages(connection, before.proposal, by=by)
                    if before.status == "accepted"
                    else []
                )
                stored = proposals.decide(connection, a, b, "undone", by=by, at=now)
            case _:
                raise InvalidInput("There is no such decision.", hint="Accept, reject or undo.")
    room.record(visit.actor, f"proposal.{decision}", f"{ids.to_text(a)} {ids.to_text(b)}", {})
    return messages, stored


def _said(stored: Stored, words: Words, *, passed: bool) -> str:
    if not passed:
        return words.gettext("The decision is kept; it shows as soon as the worker has read it.")
    said = {
        "accepted": words.gettext("Accepted: they are one person now."),
        "rejected": words.gettext("Rejected: this pair is not proposed again."),
        "undone": words.gettext("The decision is undone."),
    }
    return said.get(stored.status, words.gettext("Kept."))


def _table(room: IdentityRoom, found: proposals.Page, status: Status, words: Words, *, first: bool) -> Table:
    subjects = [number for one in found.proposals for number in (one.proposal.a, one.proposal.b)]
    cards = room.cards(subjects)

    def row(stored: Stored) -> Row:
        one = stored.proposal
        a, b = cards.get(one.a), cards.get(one.b)
        name = a.title if a else ids.to_text(one.a)
        cells: tuple[Cell, ...] = (
            Link(text=name, href=_href(one), detail=_place_line(a)),
            Text(text=b.title if b else ids.to_text(one.b), detail=_place_line(b)),
            Figure(text=words.percent(one.probability, 1)),
            _doubt(one, words),
            Time(moment=stored.decided_at or stored.created_at),
        )
        return Row(cells=cells)

    pager = None
    if not first or found.next is not None:
        here = f"/identity/proposals?status={status}"
        pager = Pager(
            shown=words.ngettext("%(num)s proposal", "%(num)s proposals", len(found.proposals)),
            previous_href=None if first else here,
            next_href=None if found.next is None else f"{here}&after={_place_text(found.next)}",
        )
    columns = (
        Column(label=words.gettext("Person")),
        Column(label=words.gettext("May also be")),
        Column(label=words.gettext("Probability"), numeric=True),
        Column(label=words.gettext("Mind")),
        Column(label=words.gettext("Since")),
    )
    return Table(
        caption=words.gettext("Proposals"),
        columns=columns,
        rows=tuple(map(row, found.proposals)),
        empty=EmptyState(
            title=words.gettext("Nothing to decide"),
            text=words.gettext(
                "The command “beleef match” compares names, addresses and birth dates, and puts likely pairs here. It never merges by itself."
            ),
            icon="identity",
        ),
        pager=pager,
    )


def _place_line(card: api.Card | None) -> str | None:
    if card is None:
        return None
    parts = (card.record.birth_date, card.record.postcode, card.record.city)
    return " · ".join(part for part in parts if part) or None


def _doubt(one: Proposal, words: Words) -> Badge:
    if one.is_doubtful:
        count = words.number(one.cluster_size)
        return Badge(text=words.gettext("one of %(count)s records", count=count), tone="warn")
    if one.is_bridge:
        return Badge(text=words.gettext("joins two groups"), tone="warn")
    return Badge(text=words.gettext("nothing"), tone="neutral")


def _proposal_page(room: IdentityRoom, visit: Visit, stored: Stored) -> ProposalPage:
    words, one = visit.words, stored.proposal
    cards = room.cards([one.a, one.b])
    a, b = cards.get(one.a), cards.get(one.b)
    tones: dict[Status, Tone] = {"open": "accent", "accepted": "good", "rejected": "bad", "undone": "neutral"}
    states = {
        "open": words.gettext("Is this one person?"),
        "accepted": words.gettext("Accepted by %(name)s", name=stored.decided_by or ""),
        "rejected": words.gettext("Rejected by %(name)s", name=stored.decided_by or ""),
        "undone": words.gettext("The decision was undone by %(name)s", name=stored.decided_by or ""),
    }
    verdict = Callout(
        title=states[stored.status],
        text=words.gettext(
            "By what the records say, the probability is %(share)s. Each bit doubles the odds; below zero it halves them.",
            share=words.percent(one.probability, 1),
        ),
        tone=tones[stored.status],
    )
    title = words.gettext(
        "%(a)s and %(b)s", a=a.title if a else ids.to_text(one.a), b=b.title if b else ids.to_text(one.b)
    )
    forms = _forms(stored, words) if visit.may(Role.editor) else ()
    return ProposalPage(
        page=frame(visit, title), verdict=verdict, sides=_sides(one, a, b, words), forms=forms
    )


def _sides(one: Proposal, a: api.Card | None, b: api.Card | None, words: Words) -> Table:
    why = {reason.field: reason for reason in one.why}

    def row(field: str) -> Row:
        reason = why.get(field)
        bits = reason.bits if reason else 0.0
        level = words.gettext(LEVEL_LABELS.get(reason.level, reason.level)) if reason else "—"
        return Row(
            cells=(
                Text(text=words.gettext(_FIELD_LABELS[field])),
                Text(text=_said_by(a, field)),
                Text(text=_said_by(b, field)),
                Text(text=level),
                Figure(text=_signed(bits, words)),
            ),
            tone="good" if bits >= 1 else "bad" if bits <= -1 else "neutral",
        )

    fields = [field for field in FIELDS if field in why]
    rows = [row(field) for field in (*fields, *(["chance"] if "chance" in why else []))]
    rows.append(_people_row(a, b, words))
    columns = (
        Column(label=words.gettext("Field")),
        Column(label=words.gettext("One")),
        Column(label=words.gettext("The other")),
        Column(label=words.gettext("Compared")),
        Column(label=words.gettext("Bits"), numeric=True),
    )
    return Table(caption=words.gettext("Side by side"), columns=columns, rows=tuple(rows))


def _signed(bits: float, words: Words) -> str:
    if abs(bits) < _NOTHING_SAID:
        return "0"
    return f"{'+' if bits > 0 else ''}{words.number(bits, 1)}"


def _people_row(a: api.Card | None, b: api.Card | None, words: Words) -> Row:
    def person(card: api.Card | None) -> Cell:
        if card is None:
            return Text(text=words.gettext("not known any more"))
        label = words.ngettext("%(num)s fact", "%(num)s facts", card.facts)
        return Link(text=label, href=person_href(card.number).removesuffix("/identity"))

    return Row(
        cells=(
            Text(text=words.gettext("History")),
            person(a),
            person(b),
            Text(text="—"),
            Figure(text="—"),
        )
    )


def _said_by(card: api.Card | None, field: str) -> str:
    if card is None or field not in Record.__struct_fields__:
        return "—"
    return getattr(card.record, field) or "—"


def _forms(stored: Stored, words: Words) -> tuple[Form, ...]:
    def form(decision: str, submit: str, tone: str = "accent") -> Form:
        return Form(
            name=decision,
            action=_href(stored.proposal),
            sections=(Fieldset(fields=(Hidden(name="decision", value=decision),)),),
            submit=submit,
            tone="danger" if tone == "danger" else "accent",
        )

    accept = form("accepted", words.gettext("Yes, one person"))
    reject = form("rejected", words.gettext("No, two people"), "danger")
    if stored.status in ("accepted", "rejected"):
        return (form("undone", words.gettext("Undo the decision")),)
    return accept, reject


def _href(one: Proposal) -> str:
    return f"/identity/proposals/{ids.to_text(one.a)}/{ids.to_text(one.b)}"


def _place_text(place: Place) -> str:
    return f"{place.probability}_{ids.to_text(place.a)}_{ids.to_text(place.b)}"


def _read_place(text: str) -> Place | None:
    parts = text.split("_")
    try:
        probability = float(parts[0])
    except ValueError:
        return None
    numbers = [ids.from_text(part) for part in parts[1:]]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None or not 0 <= probability <= 1:
        return None
    return Place(probability, numbers[0], numbers[1])

"""Letters, by day: for the print service one PDF of all, and the list of their addresses in the same order."""

import asyncio
from datetime import date
from urllib.parse import quote

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.channels.letter import paper, queries
from beleef.contact.channels.letter.model import Letter, address_list, read_settings
from beleef.contact.channels.letter.queries import Day
from beleef.contact.pages.parts import ContactRoom, frame, read_number, tabs
from beleef.contact.pages.views import TabbedPage
from beleef.kernel import ids
from beleef.kernel.clock import to_datetime
from beleef.kernel.errors import Conflict, NotFound
from beleef.ui.components import Badge, Callout, Column, EmptyState, Figure, Link, Row, Table, Text, Time
from beleef.ui.forms import Fieldset, Form
from beleef.ui.words import Words

_DAYS = 60


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list of days, the letters of a day, and what can be downloaded."""

    @get("/contact/letters", sync_to_thread=True)
    def letters(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            found = queries.days(connection, limit=_DAYS)
        return room.desk.html("contact/tabbed.html", _days(visit, found))

    @get("/contact/letters/{day:str}", sync_to_thread=True)
    def of_day(request: AnyRequest, day: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        given = _letters(room, day)
        with room.database.read() as connection:
            known = queries.day(connection, day)
        return room.desk.html("contact/tabbed.html", _of_day(visit, day, given, known))

    @post("/contact/letters/{day:str}/handed-over")
    async def handed_over(request: AnyRequest, day: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.agent)
        await asyncio.to_thread(_hand_over, room, visit, day)
        flash = visit.words.gettext("It is noted that these letters are at the print service.")
        return room.desk.redirect("/contact/letters", flash=flash)

    @get("/contact/letters/{day:str}/letters.pdf", sync_to_thread=True)
    def batch(request: AnyRequest, day: str) -> Response[bytes]:
        visit = room.desk.open(request, Role.agent)
        given = _letters(room, day)
        room.record(visit.actor, "letters.download", day, {"letters": len(given)})
        return _download(_draw(room, given), f"letters-{day}.pdf", "application/pdf")

    @get("/contact/letters/{day:str}/addresses.csv", sync_to_thread=True)
    def addresses(request: AnyRequest, day: str) -> Response[bytes]:
        visit = room.desk.open(request, Role.agent)
        given = _letters(room, day)
        room.record(visit.actor, "letters.download", day, {"addresses": len(given)})
        # The mark at the beginning is how a spreadsheet knows that it is UTF-8.
        text = "\ufeff" + address_list(given)
        return _download(text.encode(), f"addresses-{day}.csv", "text/csv; charset=utf-8")

    @get("/contact/letters/{day:str}/{number:str}/letter.pdf", sync_to_thread=True)
    def one(request: AnyRequest, day: str, number: str) -> Response[bytes]:
        room.desk.open(request, Role.agent)
        wanted = read_number(number)
        with room.database.read() as connection:
            letter = queries.one(connection, wanted)
        if letter is None or letter.day != day:
            raise NotFound("There is no such letter.", hint="Look at the list of the day.")
        return _download(_draw(room, [letter]), f"letter-{number}.pdf", "application/pdf")

    return [letters, of_day, handed_over, batch, addresses, one]


def _hand_over(room: ContactRoom, visit: Visit, day: str) -> None:
    given = _letters(room, day)
    with room.database.write() as connection:
        queries.hand_over(connection, day, at=room.now(), by=visit.actor.name)
    room.record(visit.actor, "letters.handed_over", day, {"letters": len(given)})


def _letters(room: ContactRoom, day: str) -> list[Letter]:
    with room.database.read() as connection:
        found = queries.of_day(connection, day)
    if not found:
        raise NotFound("There are no letters of that day.", hint="Look at the list of days.")
    return found


def _draw(room: ContactRoom, letters: list[Letter]) -> bytes:
    with room.database.read() as connection:
        known = {one.name: one.settings for one in room.contact.channels(connection) if one.kind == "letter"}
    settings = known.get(letters[0].channel) or next(iter(known.values()), None)
    if settings is None:
        raise Conflict(
            "The channel of these letters was removed.", hint="Set up a letter channel to print them."
        )
    return paper.draw(letters, read_settings(settings))


def _download(body: bytes, name: str, media_type: str) -> Response[bytes]:
    return Response(
        body,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _days(visit: Visit, found: list[Day]) -> TabbedPage:
    words = visit.words
    today = to_datetime(visit.now).astimezone(words.zone).date().isoformat()

    def row(one: Day) -> Row:
        return Row(
            cells=(
                Link(text=words.long_day(date.fromisoformat(one.day)), href=f"/contact/letters/{one.day}"),
                Figure(text=words.number(one.letters)),
                _state(one, today, words),
                Time(moment=one.last_at),
            )
        )

    table = Table(
        caption=words.gettext("Letters by day"),
        columns=(
            Column(label=words.gettext("Day")),
            Column(label=words.gettext("Letters"), numeric=True),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Last letter")),
        ),
        rows=tuple(map(row, found)),
        empty=EmptyState(
            title=words.gettext("No letters yet"),
            text=words.gettext("Letters that campaigns send are gathered here, a batch a day."),
            icon="post",
        ),
    )
    return TabbedPage(
        page=frame(visit, words.gettext("Letters")), tab_links=tabs(visit, "letters"), tables=(table,)
    )


def _state(one: Day, today: str, words: Words) -> Badge:
    if one.handed_over_at is not None and not one.late:
        return Badge(text=words.gettext("handed over"), tone="good")
    if one.late:
        return Badge(
            text=words.ngettext(
                "%(num)s came after it was handed over", "%(num)s came after it was handed over", one.late
            ),
            tone="warn",
        )
    if one.day == today:
        return Badge(text=words.gettext("still growing"), tone="warn")
    return Badge(text=words.gettext("to hand over"), tone="accent")


def _handing_over(day: str, words: Words) -> Form:
    return Form(
        name="handed-over",
        action=f"/contact/letters/{day}/handed-over",
        sections=(Fieldset(fields=()),),
        submit=words.gettext("They are at the print service"),
    )


def _handed(known: Day, words: Words) -> Callout:
    if known.late:
        return Callout(
            title=words.ngettext(
                "%(num)s letter came after the others were handed over",
                "%(num)s letters came after the others were handed over",
                known.late,
            ),
            text=words.gettext("The list is in the order of time: the new ones stand at its end."),
            tone="warn",
        )
    return Callout(
        title=words.gettext("Handed over to the print service"),
        text=words.gettext("Noted by %(name)s.", name=known.handed_over_by),
        tone="good",
    )


def _of_day(visit: Visit, day: str, letters: list[Letter], known: Day | None) -> TabbedPage:
    words = visit.words
    is_done = known is not None and known.handed_over_at is not None

    def row(one: Letter) -> Row:
        return Row(
            cells=(
                Link(
                    text=one.address[0],
                    href=f"/contact/letters/{day}/{ids.to_text(one.contact)}/letter.pdf",
                    detail=", ".join(one.address[1:]),
                ),
                Text(text=one.campaign or "—"),
                Time(moment=one.at),
            )
        )

    table = Table(
        caption=words.gettext("Letters of this day"),
        columns=(
            Column(label=words.gettext("To")),
            Column(label=words.gettext("Campaign")),
            Column(label=words.gettext("When")),
        ),
        rows=tuple(map(row, letters)),
    )
    page = frame(
        visit,
        words.long_day(date.fromisoformat(day)),
        up=Link(text=words.gettext("Letters"), href="/contact/letters"),
        actions=(
            Link(
                text=words.gettext("Download the letters (PDF)"), href=f"/contact/letters/{day}/letters.pdf"
            ),
            Link(
                text=words.gettext("Download the addresses (CSV)"),
                href=f"/contact/letters/{day}/addresses.csv",
            ),
        ),
    )
    return TabbedPage(
        page=page,
        tab_links=tabs(visit, "letters"),
        note=_handed(known, words) if known is not None and is_done else None,
        tables=(table,),
        forms=() if known is None or (is_done and not known.late) else (_handing_over(day, words),),
        form_titles=("",),
    )

"""How a survey is reached: its open link and QR code, and the widget's lines; and who was asked, or why not."""

import io
from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import Invitation, StoredSurvey
from beleef.feedback.pages.parts import FeedbackRoom, crumbs, href, tabs
from beleef.feedback.wording import reason_text
from beleef.ui.charts import Bar, Chart, bar_list
from beleef.ui.components import (
    Badge,
    Callout,
    CodeBlock,
    Column,
    EmptyState,
    Link,
    Pager,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.forms import FilterBar, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_A_PAGE: Final = 50
_QR_SCALE: Final = 8
_LONGEST_PLACE: Final = 60


class LinksPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/links.html``: the open link, its QR code, and how the survey gets onto a web page."""

    page: Page
    tab_links: tuple[TabLink, ...]
    note: Callout | None
    link: CodeBlock
    frame: CodeBlock
    widget: CodeBlock
    picture: str
    downloads: tuple[Link, ...]


class AskedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/asked.html``: what became of everybody who could be asked."""

    page: Page
    tab_links: tuple[TabLink, ...]
    outcomes: Chart
    reasons: Chart
    filters: FilterBar
    invitations: Table


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the pages of links and of who was asked."""
    return [_links(room), _picture(room), _asked(room)]


def _links(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/surveys/{name:str}/links", sync_to_thread=True)
    def links(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
        return room.desk.html("feedback/links.html", _links_page(room, visit, stored))

    return links


def _picture(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/surveys/{name:str}/qr/{kind:str}", sync_to_thread=True)
    def picture(request: AnyRequest, name: str, kind: str) -> Response[bytes]:
        import segno  # noqa: PLC0415 -- only this page draws codes

        room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            room.feedback.survey(connection, name)
        made = segno.make(room.links.open(name, delivery="qr"), error="m")
        drawn = io.BytesIO()
        is_svg = kind != "png"
        made.save(drawn, kind="svg" if is_svg else "png", scale=_QR_SCALE, border=4)
        media = "image/svg+xml" if is_svg else "image/png"
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
        return Response(drawn.getvalue(), media_type=media, headers=headers)

    return picture


def _links_page(room: FeedbackRoom, visit: Visit, stored: StoredSurvey) -> LinksPage:
    words, name = visit.words, stored.survey.name
    link = room.links.open(name)
    address = link.partition("/q/")[0]
    note = None
    if stored.state != "active":
        note = Callout(
            title=words.gettext("The link does not take answers now"),
            text=words.gettext("It does as soon as the survey is published and not paused."),
            tone="warn",
        )
    return LinksPage(
        page=visit.page(
            stored.survey.label,
            active="surveys",
            crumbs=crumbs(words),
            lead=words.gettext(
                "One link for everybody: on a receipt, a poster, a page. The same browser answers once."
            ),
        ),
        tab_links=tabs(stored, "/links", visit),
        note=note,
        link=CodeBlock(name="link", label=words.gettext("The open link"), code=link),
        frame=CodeBlock(
            name="frame",
            label=words.gettext("In a frame on a page that the survey allows"),
            code=f'<iframe src="{link}" title="{stored.survey.label}"></iframe>',
        ),
        widget=CodeBlock(
            name="widget",
            label=words.gettext("The web widget, once on every page"),
            code=f'<script src="{address}/feedback/widget.js" defer></script>',
        ),
        picture=href(name, "/qr/svg"),
        downloads=(
            Link(text=words.gettext("Download the QR code for print (SVG)"), href=href(name, "/qr/svg")),
            Link(text=words.gettext("Download the QR code as a picture (PNG)"), href=href(name, "/qr/png")),
        ),
    )


def _asked(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/surveys/{name:str}/asked", sync_to_thread=True)
    def asked(request: AnyRequest, name: str, reason: str = "", before: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
            page = _asked_page(room, connection, visit, stored, reason, before)
        return room.desk.html("feedback/asked.html", page)

    return asked


def _asked_page(
    room: FeedbackRoom,
    connection: sa.Connection,
    visit: Visit,
    stored: StoredSurvey,
    reason: str,
    before: str,
) -> AskedPage:
    words, name = visit.words, stored.survey.name
    found = room.feedback.asked(connection, name)
    listed = room.feedback.invitations(connection, name, reason=reason, before=_place(before), limit=_A_PAGE)
    outcomes = [
        Bar(label=words.gettext("Finished"), value=found.finished),
        Bar(label=words.gettext("Began, and stopped"), value=found.started - found.finished),
        Bar(label=words.gettext("Asked, no answer"), value=found.asked - found.started),
        Bar(label=words.gettext("Not decided yet"), value=found.waiting),
        Bar(label=words.gettext("Not asked"), value=sum(found.not_asked.values())),
    ]
    reasons = sorted(found.not_asked.items(), key=lambda pair: -pair[1])
    return AskedPage(
        page=visit.page(
            stored.survey.label,
            active="surveys",
            crumbs=crumbs(words),
            lead=words.gettext("Everybody who could be asked, and what became of it: it adds up."),
        ),
        tab_links=tabs(stored, "/asked", visit),
        outcomes=bar_list(
            name="outcomes", title=words.gettext("What became of it"), bars=outcomes, words=words
        ),
        reasons=bar_list(
            name="reasons",
            title=words.gettext("Why people were not asked"),
            bars=[Bar(label=reason_text(one, words), value=count) for one, count in reasons],
            words=words,
        ),
        filters=_reason_filter(name, reason, [one for one, _ in reasons], words),
        invitations=_invitations(room, connection, visit, stored, listed, reason),
    )


def _place(text: str) -> tuple[int, int] | None:
    """Return after which occasion a page begins; None for the first page, and for an address that says nothing."""
    at, _, number = text.partition(".")
    is_place = at.isdigit() and number.isdigit() and len(text) < _LONGEST_PLACE
    return (int(at), int(number)) if is_place else None


def _reason_filter(name: str, reason: str, reasons: list[str], words: Words) -> FilterBar:
    field = Select(
        name="reason",
        label=words.gettext("Why not"),
        options=(
            Option(value="", label=words.gettext("Everybody")),
            *(Option(value=one, label=reason_text(one, words)) for one in reasons),
        ),
        value=reason,
        required=False,
    )
    return FilterBar(name="asked", action=href(name, "/asked"), fields=(field,))


def _invitations(
    room: FeedbackRoom,
    connection: sa.Connection,
    visit: Visit,
    stored: StoredSurvey,
    listed: list[Invitation],
    reason: str,
) -> Table:
    words = visit.words
    people = room.called(connection, {one.subject for one in listed if one.subject})

    def row(one: Invitation) -> Row:
        person = people.get(one.subject)
        return Row(
            cells=(
                person or Text(text=words.gettext("erased")),
                Time(moment=one.due_at),
                outcome_badge(one, words),
                Text(text=reason_text(one.reason, words) if one.reason else "—"),
                Text(text=one.touchpoint or "—"),
            )
        )

    older = None
    if len(listed) == _A_PAGE:
        older = href(
            stored.survey.name, "/asked", reason=reason, before=f"{listed[-1].due_at}.{listed[-1].number}"
        )
    shown = words.ngettext("%(num)s on this page", "%(num)s on this page", len(listed))
    return Table(
        caption=words.gettext("Who was asked, and who was not"),
        columns=(
            Column(label=words.gettext("Person")),
            Column(label=words.gettext("When")),
            Column(label=words.gettext("Outcome")),
            Column(label=words.gettext("Why not")),
            Column(label=words.gettext("Touchpoint")),
        ),
        rows=tuple(map(row, listed)),
        pager=Pager(shown=shown, next_href=older) if older else None,
        empty=EmptyState(
            title=words.gettext("Nobody yet"),
            text=words.gettext("As soon as somebody could be asked, it stands here with the reason."),
            icon="people",
        ),
    )


def outcome_badge(one: Invitation, words: Words) -> Badge:
    """Return what became of an occasion to ask somebody, in a word."""
    if one.state == "not_asked":
        return Badge(text=words.gettext("not asked"))
    if one.state == "waiting":
        return Badge(text=words.gettext("waits"), tone="accent", icon="clock")
    if one.finished_at is not None:
        return Badge(text=words.gettext("finished"), tone="good")
    if one.started_at is not None:
        return Badge(text=words.gettext("began"), tone="accent")
    return Badge(text=words.gettext("asked"))

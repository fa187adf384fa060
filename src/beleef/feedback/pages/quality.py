"""How well comments are read: agreement with reviewers, the errors by tone, and the models that learn from them."""

import asyncio

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.pages.comments import TONES
from beleef.feedback.pages.drafting import told
from beleef.feedback.pages.listening import voice_tabs
from beleef.feedback.pages.parts import FeedbackRoom, promises, with_query
from beleef.feedback.voices import learning
from beleef.feedback.voices.keeping import Kept
from beleef.feedback.voices.learning import Agreement
from beleef.kernel.errors import InvalidInput
from beleef.metrics import api as metrics
from beleef.text.api import Quality
from beleef.ui import figures as drawn
from beleef.ui.components import Column, Figure, Known, Row, Table, TabLink, Text, Time
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Words


class LanguageQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One language: how reading agrees with reviewers, and the model learned from them."""

    code: str
    title: str
    known: tuple[Known, ...]
    review: str
    confusion: Table | None
    model: tuple[Known, ...]
    model_confusion: Table | None
    is_used: bool


class QualityPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/quality.html``: how well comments are read."""

    page: Page
    tab_links: tuple[TabLink, ...]
    qualities: tuple[LanguageQuality, ...]
    may_edit: bool


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the page, and what its buttons do."""

    @get("/feedback/reading", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            page = _page(connection, visit, promises(room.feedback, connection))
        return room.desk.html("feedback/quality.html", page)

    @post("/feedback/reading/{language:str}/learn")
    async def learn(request: AnyRequest, language: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        try:
            await asyncio.to_thread(_learn, room, language)
        except InvalidInput as error:
            return room.desk.redirect("/feedback/reading", flash=told(error, visit.words), tone="warn")
        room.record(visit.actor, "reading.learn", language, {})
        flash = visit.words.gettext("It has learned. Look at its errors before you use it.")
        return room.desk.redirect("/feedback/reading", flash=flash)

    @post("/feedback/reading/{language:str}/use")
    async def use(request: AnyRequest, language: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        is_used = given.get("use") == "yes"
        await asyncio.to_thread(_use, room, language, is_used=is_used)
        room.record(visit.actor, "reading.use", language, {"used": is_used})
        flash = visit.words.gettext("Comments are being read anew.")
        return room.desk.redirect("/feedback/reading", flash=flash)

    return [show, learn, use]


def _learn(room: FeedbackRoom, language: str) -> None:
    with room.database.read() as connection:
        model = learning.learn(connection, language, promises(room.feedback, connection))
    with room.database.write() as connection:
        learning.keep(connection, language, model, room.now())


def _use(room: FeedbackRoom, language: str, *, is_used: bool) -> None:
    with room.database.write() as connection:
        learning.use(connection, language, room.now(), is_used=is_used)


def _page(connection: sa.Connection, visit: Visit, kept: Kept) -> QualityPage:
    words = visit.words
    models = {one.language: one for one in learning.models(connection)}
    return QualityPage(
        page=visit.page(
            words.gettext("How well it reads"),
            active="voices",
            lead=words.gettext("Measured against what reviewers said; the errors stand beside it."),
        ),
        tab_links=voice_tabs("/feedback/reading", words),
        qualities=tuple(
            _language(
                code,
                learning.agreement(connection, code, kept),
                models.get(code),
                learning.read_by(connection, code),
                words,
            )
            for code in LANGUAGES
        ),
        may_edit=visit.may(Role.editor),
    )


def _language(
    code: str, found: Agreement, model: learning.Known | None, read: learning.ReadBy, words: Words
) -> LanguageQuality:
    title = next(name for language, name in NAMES.items() if language == code)
    right = drawn.figure_cell(metrics.share("chosen", found.right, found.n), words)
    return LanguageQuality(
        code=code,
        title=title,
        known=(
            Known(name=words.gettext("Reviewed comments"), value=Figure(text=words.number(found.n))),
            Known(name=words.gettext("Read as reviewers do"), value=right),
        ),
        confusion=_confusion(found.tones[:-1], found.tones, found.confusion, words) if found.n else None,
        review=with_query("/feedback/voices", language=code, review="yes", months="all"),
        model=_model(model, read, words) if model else (),
        model_confusion=_confusion(
            model.model.labels, model.model.labels, model.model.quality.confusion, words
        )
        if model
        else None,
        is_used=bool(model and model.is_used),
    )


def _model(model: learning.Known, read: learning.ReadBy, words: Words) -> tuple[Known, ...]:
    quality = model.model.quality
    used = (
        Known(
            name=words.gettext("Comments whose tone is the model's"),
            value=Figure(
                text=words.number(read.model),
                detail=words.gettext(
                    "in %(others)s it was not sure, and the word lists decided",
                    others=words.number(read.word_lists),
                ),
            ),
        ),
    )
    return (
        Known(name=words.gettext("Learned"), value=Time(moment=model.at)),
        Known(
            name=words.gettext("Right on comments it did not learn from"),
            value=Figure(
                text=words.percent(quality.accuracy),
                detail=words.gettext(
                    "95%% between %(low)s and %(high)s, n = %(n)s",
                    low=words.percent(quality.low),
                    high=words.percent(quality.high),
                    n=words.number(quality.n),
                ),
            ),
        ),
        Known(
            name=words.gettext("Mean over the tones (macro F1)"),
            value=Figure(text=words.number(quality.macro_f1, 2), detail=_f1_basis(quality, words)),
        ),
        Known(
            name=words.gettext("Says a tone in"),
            value=Figure(
                text=words.percent(quality.answered),
                detail=words.gettext(
                    "and is right in %(share)s of these; else the word lists decide",
                    share=words.percent(quality.answered_accuracy),
                ),
            ),
        ),
        *(used if model.is_used else ()),
    )


def _f1_basis(quality: Quality, words: Words) -> str:
    if quality.f1_low is None or quality.f1_high is None:
        return words.gettext("n = %(n)s", n=words.number(quality.n))
    return words.gettext(
        "95%% between %(low)s and %(high)s, n = %(n)s",
        low=words.number(quality.f1_low, 2),
        high=words.number(quality.f1_high, 2),
        n=words.number(quality.n),
    )


def _confusion(
    said: tuple[str, ...], read: tuple[str, ...], counts: tuple[tuple[int, ...], ...], words: Words
) -> Table:
    def name(tone: str) -> str:
        return words.gettext(TONES[tone][0]) if tone in TONES else tone

    return Table(
        caption=words.gettext("Rows: what reviewers said. Columns: what was read."),
        show_caption=True,
        columns=(
            Column(label=words.gettext("Reviewers")),
            *(Column(label=name(tone), numeric=True) for tone in read),
        ),
        rows=tuple(
            Row(cells=(Text(text=name(tone)), *(Figure(text=words.number(count)) for count in row)))
            for tone, row in zip(said, counts, strict=True)
        ),
    )

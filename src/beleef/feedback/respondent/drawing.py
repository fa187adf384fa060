"""Draws the respondents' pages: a page of questions, and a page that tells something, in the reader's language and the house's colour."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from beleef.access.desk import HEADERS, AnyRequest
from beleef.feedback.answering import keyed, path, piping, shown
from beleef.feedback.model import Ending, Refused, Survey
from beleef.feedback.respondent.colour import read_colour
from beleef.feedback.respondent.fields import Phrase, QuestionView, Reader, given_before, view_of
from beleef.feedback.respondent.forms import Given
from beleef.feedback.respondent.room import RespondentRoom, Seat
from beleef.feedback.respondent.sheet import Sheet
from beleef.feedback.wishing import may_agree
from beleef.ui.components import Link, Progress
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Words, choose_language, translator


class LanguageChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A language that the page can be read in; ``href`` is its address where the page is no form."""

    code: str
    name: str
    href: str
    active: bool


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around every page of a respondent.

    Attributes:
        page: The frame.
        colour: The organisation's colour, six digits.
        languages_here: Languages of the survey.
        is_test: Whether nothing is kept.
        parent: Origin of the page around it; empty for none.
    """

    page: Page
    colour: str
    languages_here: tuple[LanguageChoice, ...]
    is_test: bool
    parent: str


class BlockPage(msgspec.Struct, frozen=True, kw_only=True):
    """``respondent/block.html``: a page of questions.

    Attributes:
        page, colour, languages_here, is_test, parent: See ``Around``.
        heading: What the survey is called.
        block_title: What the page is called; None for nothing.
        place: How far it is; None for a survey of one page.
        action: Where the form goes.
        sheet: What it carries along.
        has_files: Whether files go along.
        questions: What is asked.
        problems: Those that need another look.
        button: What the main button says.
        can_go_back: Whether there is a page before it.
        note: A sentence below the button; empty for none.
        seen: Where to tell that somebody looks; empty for nowhere.
        intent: Where to tell the first answer, once somebody looks; the same.
        finished: Whether everything is done.
    """

    page: Page
    colour: str
    languages_here: tuple[LanguageChoice, ...]
    is_test: bool
    parent: str
    heading: Phrase
    block_title: Phrase | None
    place: Progress | None
    action: str
    sheet: str
    has_files: bool
    questions: tuple[QuestionView, ...]
    problems: tuple[QuestionView, ...]
    button: str
    can_go_back: bool
    note: str
    seen: str = ""
    intent: str = ""
    finished: bool = False


class ToldPage(msgspec.Struct, frozen=True, kw_only=True):
    """``respondent/told.html``: something to tell, and perhaps where to go on; the rest as on ``BlockPage``."""

    page: Page
    colour: str
    languages_here: tuple[LanguageChoice, ...]
    is_test: bool
    parent: str
    heading: Phrase
    paragraphs: tuple[Phrase, ...]
    way_on: Link | None = None
    sheet: str = ""
    seen: str = ""
    intent: str = ""
    finished: bool = False


def language_of(request: AnyRequest, survey: Survey, own: str = "") -> str:
    """Return the language to answer in: asked for in the address, else the person's own, the browser's, or the survey's."""
    wishes = [request.query_params.get("language", ""), own]
    accepted = request.headers.get("accept-language", "")[:500]
    wishes += [part.partition(";")[0].strip() for part in accepted.split(",")]
    for wish in wishes:
        short = wish.lower().partition("-")[0]
        if short and short in survey.languages:
            return short
    return survey.default_language


def words_for(room: RespondentRoom, request: AnyRequest, language: str) -> Words:
    """Return the words of the page: in the language of the answers where Beleef speaks it, else the browser's."""
    return translator(
        choose_language(setting=language, accept=request.headers.get("accept-language")), room.zone
    )


def reader_of(room: RespondentRoom, request: AnyRequest, seat: Seat, sheet: Sheet) -> Reader:
    """Return in which language a page is read, and what its texts pipe in."""
    language = sheet.sitting.language
    return Reader(
        words=words_for(room, request, language),
        language=language,
        fallback=seat.survey.default_language,
        piping=piping(
            seat.survey,
            keyed(sheet.answers),
            language,
            person=seat.respondent.known,
            hidden=sheet.sitting.hidden,
        ),
        response=sheet.sitting.response,
        may_agree=may_agree(sheet.sitting, seat.survey),
    )


def block_page(
    room: RespondentRoom,
    request: AnyRequest,
    seat: Seat,
    sheet: Sheet,
    *,
    given: Given | None = None,
    problems: Sequence[Refused] = (),
    intent: str = "",
) -> Response[str]:
    """Return a page of questions; with ``given`` as somebody filled it in, and the problems with that."""
    survey, reader = seat.survey, reader_of(room, request, seat, sheet)
    answers = keyed(sheet.answers)
    block = next(one for one in survey.blocks if one.id == sheet.block)
    asked = shown(block, answers)
    wrong = {one.question: one for one in problems}
    views = tuple(
        view_of(
            one,
            reader,
            given_before(one, answers) if given is None else given,
            wrong.get(one.id),
        )
        for one in asked
    )
    sheet = msgspec.structs.replace(sheet, asked=tuple(one.id for one in asked))
    heading = reader.phrase(survey.title)
    number = survey.blocks.index(block) + 1
    place = _progress(number, len(survey.blocks), reader.words)
    title = f"{heading.text} ({place.text})" if place else heading.text
    around = _around(room, request, seat, reader.words, title, sheet.sitting.language)
    is_last = path(survey, answers)[-1:] == [block]
    view = BlockPage(
        **_fields(around),
        heading=heading,
        block_title=reader.phrase(block.title) if block.title else None,
        place=place,
        action=seat.path,
        sheet=room.sheets.write(sheet),
        has_files=any(one.kind == "file" for one in asked),
        questions=views,
        problems=tuple(one for one in views if one.error),
        button=reader.words.gettext("Send") if is_last else reader.words.gettext("Next"),
        can_go_back=number > 1,
        note=_privacy(survey, reader.words),
        seen=f"{seat.path}/seen" if not sheet.revision and seat.tells_opening else "",
        intent=intent,
    )
    return framed(room.desk.html("respondent/block.html", view, status=400 if problems else 200), seat)


def ending_page(
    room: RespondentRoom, request: AnyRequest, seat: Seat, sheet: Sheet, ending: Ending
) -> Response[str]:
    """Return the page after the last."""
    reader = reader_of(room, request, seat, sheet)
    heading = reader.phrase(ending.title)
    around = _around(room, request, seat, reader.words, heading.text, sheet.sitting.language, fixed=True)
    way_on = None
    if ending.link.startswith(("https://", "http://")):
        label = reader.phrase(ending.link_label).text if ending.link_label else ""
        way_on = Link(text=label or reader.words.gettext("Go on"), href=ending.link)
    text = reader.phrase(ending.text)
    view = ToldPage(
        **_fields(around),
        heading=heading,
        paragraphs=(text,) if text.text else (),
        way_on=way_on,
        finished=True,
    )
    return framed(room.desk.html("respondent/told.html", view), seat)


def told_page(
    room: RespondentRoom,
    request: AnyRequest,
    words: Words,
    title: str,
    paragraphs: Sequence[str],
    *,
    status: int = 200,
    seat: Seat | None = None,
    intent: str = "",
) -> Response[str]:
    """Return a page that tells something kindly."""
    around = _around(room, request, seat, words, title, words.language, fixed=True)
    view = ToldPage(
        **_fields(around),
        heading=Phrase(text=title),
        paragraphs=tuple(Phrase(text=one) for one in paragraphs),
        intent=intent,
    )
    return framed(room.desk.html("respondent/told.html", view, status=status), seat)


def framed(response: Response[str], seat: Seat | None) -> Response[str]:
    """Return a page that no search engine lists, whose address no other site is told, and that only some may frame."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    origins = () if seat is None else ("'self'",) if seat.is_test else seat.frames
    if origins:
        policy = HEADERS["Content-Security-Policy"].replace(
            "frame-ancestors 'none'", f"frame-ancestors {' '.join(origins)}"
        )
        response.headers["Content-Security-Policy"] = policy
        response.headers.pop("X-Frame-Options", None)
    return response


def _around(
    room: RespondentRoom,
    request: AnyRequest,
    seat: Seat | None,
    words: Words,
    title: str,
    language: str,
    *,
    fixed: bool = False,
) -> Around:
    frame = msgspec.structs.replace(
        room.desk.outside(request, title),
        language=words.language,
        theme="auto",
        roomy=True,
        user=None,
        csrf_token="",
        flashes=(),
        path=request.url.path,
    )
    with room.database.read() as connection:
        colour = read_colour(room.colour(connection))
    codes: tuple[str, ...] = LANGUAGES if seat is None else seat.survey.languages
    if fixed and seat is not None:
        codes = ()
    return Around(
        page=frame,
        colour=colour,
        languages_here=tuple(
            LanguageChoice(
                code=code,
                name=_name(code),
                href=f"{request.url.path}?language={code}",
                active=code == language,
            )
            for code in codes
        ),
        is_test=seat is not None and seat.is_test,
        parent="" if seat is None else seat.parent,
    )


def _fields(around: Around) -> dict[str, Any]:
    return {name: getattr(around, name) for name in around.__struct_fields__}


def _name(code: str) -> str:
    names: Mapping[str, str] = {str(one): NAMES[one] for one in LANGUAGES}
    return names.get(code, code.upper())


def _progress(number: int, total: int, words: Words) -> Progress | None:
    if total < 2:
        return None
    text = words.gettext(
        "Page %(number)s of %(total)s", number=words.number(number), total=words.number(total)
    )
    return Progress(label=words.gettext("How far you are"), done=number, total=total, text=text)


def _privacy(survey: Survey, words: Words) -> str:
    if survey.anonymity == "anonymous":
        return words.gettext(
            "Your answers are anonymous: nobody can see whose they are, and they are only shown together with "
            "those of at least %(least)s people.",
            least=words.number(survey.threshold),
        )
    if survey.anonymity == "pseudonymous":
        return words.gettext("Nobody sees whose answers these are.")
    return ""

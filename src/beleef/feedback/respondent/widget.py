"""What the widget on other sites asks and tells: which surveys it may show there, and what became of showing them.

Nothing here goes by cookie. A site may show a survey when the survey names its origin among its frames.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, QueryParameter

from beleef.feedback.model import Moment, Piping, StoredSurvey, Widget
from beleef.feedback.recording import newcomer
from beleef.feedback.respondent.colour import dark_shades, light_shades, read_colour, style_sheet
from beleef.feedback.respondent.fields import Reader
from beleef.feedback.respondent.room import RespondentRoom
from beleef.feedback.respondent.tickets import Ticket, Tickets, visitor
from beleef.feedback.respondent.ways import check_pace
from beleef.identity import api as identity
from beleef.ui.words import choose_language, translator

AnyRequest = Request[Any, Any, Any]

OPEN_PATHS: Final = frozenset({"/v1/widget/surveys", "/v1/widget/marks"})
"""What other sites' pages ask."""
SCRIPT_PATH: Final = "/feedback/widget.js"
_SHORTEST_DEVICE: Final = 16
"""Letters: a shorter number of a device could be guessed."""


class WidgetRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule about a page's address; see ``Where``. ``not`` turns it round."""

    match: str
    value: str
    is_not: bool = msgspec.field(name="not")


class WidgetTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """When the widget asks by itself; see ``Moment``."""

    on: str
    where: list[WidgetRule]
    selector: str
    share: float
    after_s: float


class WidgetSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey to show.

    Attributes:
        survey: Its name.
        title: What it is called, in the language wished for.
        ticket: Comes back with what is told about it.
        frame: Path, at this installation, of the page with its questions.
        tab: The word on its tab; empty for none.
        triggers: When to ask by itself; none for a customer who is left in peace.
        share: Random share of visitors to ask by itself; 1 where it was drawn already.
        pause_days: For how long not to ask again in this browser.
    """

    survey: str
    title: str
    ticket: str
    frame: str
    tab: str
    triggers: list[WidgetTrigger]
    share: float
    pause_days: int


class WidgetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the widget shows on this page, in which language, words and colours."""

    language: str
    words: dict[str, str]
    colours: dict[str, str]
    surveys: list[WidgetSurvey]


class WidgetMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a survey: it was ``shown``."""

    ticket: Annotated[str, msgspec.Meta(max_length=4_000)]
    act: Literal["shown"]


class WidgetMarked(msgspec.Struct, frozen=True, kw_only=True):
    """It is taken in."""

    success: bool = True


def routes(room: RespondentRoom) -> Router:
    """Return the JSON routes below ``/v1/widget``."""
    made = _Widget(room)

    @get(
        "/surveys",
        sync_to_thread=True,
        summary="Which surveys the widget may show on the page that asks",
        description=(
            "The page's origin must be among the survey's `frames`. Send a person token as Bearer for a customer who is "
            "signed in there; else nobody is known, and no cookie is needed or set."
        ),
    )
    def surveys(
        request: AnyRequest,
        language: Annotated[str, QueryParameter(description="`nl`, `en`, or the page's own tag.")] = "",
        anonymous_id: Annotated[
            str,
            QueryParameter(
                name="anonymousId", description="The device's own number, once the visitor agreed."
            ),
        ] = "",
        touchpoint: Annotated[str, QueryParameter(description="What is asked about.")] = "",
    ) -> WidgetAnswer:
        return made.surveys(request, language[:35], anonymous_id[:200], touchpoint[:200])

    @post("/marks", status_code=200, summary="Tell what became of a survey that the widget showed")
    async def marks(data: Annotated[WidgetMark, Body()]) -> WidgetMarked:
        messages = await asyncio.to_thread(made.marked, data)
        if messages:
            await room.tell(messages)
        return WidgetMarked()

    return Router(path="/v1/widget", route_handlers=[surveys, marks], tags=["Feedback"], security=[])


def files(script: bytes, etag: str) -> list[HTTPRouteHandler]:
    """Return the routes of the widget's script and of the organisation's colour as a style sheet."""

    @get(SCRIPT_PATH, include_in_schema=False)
    async def widget_script(request: AnyRequest) -> Response[bytes]:
        headers = {
            "ETag": etag,
            "Cache-Control": "public, max-age=3600",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == etag:
            return Response(b"", status_code=304, headers=headers)
        return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)

    @get("/feedback/colour/{name:str}", include_in_schema=False)
    async def colour(name: str) -> Response[str]:
        return Response(
            style_sheet(read_colour(name.removesuffix(".css"))),
            media_type=MediaType.CSS,
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
            },
        )

    return [widget_script, colour]


class _Widget:
    def __init__(self, room: RespondentRoom) -> None:
        self._room = room
        self._tickets = Tickets(room.key)

    def surveys(self, request: AnyRequest, language: str, device: str, touchpoint: str) -> WidgetAnswer:
        """Return what may be shown on a page, for whoever asks."""
        room = self._room
        check_pace(room, request, "widget")
        origin = request.headers.get("origin", "")
        device = device if len(device) >= _SHORTEST_DEVICE else ""
        person = room.person(request)
        words = translator(
            choose_language(setting=language, accept=request.headers.get("accept-language")), room.zone
        )
        blank = Ticket(
            survey="",
            response="",
            at=room.now(),
            language=(language or words.language).lower().partition("-")[0],
            origin=origin,
            person=0 if person is None else person.number,
            device=device,
            touchpoint=touchpoint,
        )
        with room.database.read() as connection:
            known = person or (
                identity.find(connection, room.key, "anonymous_id", device) if device else None
            )
            digits = read_colour(room.colour(connection))
            here = [one for one in room.feedback.surveys(connection) if _is_for(one, origin)]
            refused: Mapping[str, str] | None = None
            if known is not None:
                asking = [one.published for one in here if one.published is not None]
                refused = room.feedback.refused_on_site(connection, asking, known, room.now())
            found = [self._survey(one, blank, refused) for one in here]
        light, dark = light_shades(digits), dark_shades(digits)
        return WidgetAnswer(
            language=words.language,
            words={
                "title": words.gettext("Feedback"),
                "close": words.gettext("Close"),
                "yes": words.gettext("Answer"),
                "no": words.gettext("Not now"),
            },
            colours={"l": light.accent, "d": dark.accent, "ol": light.on, "od": dark.on},
            surveys=found,
        )

    def marked(self, mark: WidgetMark) -> list[dict[str, Any]]:
        """Return what is to be told of a survey that was shown."""
        room, now = self._room, self._room.now()
        ticket = self._tickets.read(mark.ticket, now)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, ticket.survey)
            who = visitor(connection, stored, ticket, ticket.language)
        return room.feedback.happened(who, "Survey Shown", now=now)

    def _survey(self, stored: StoredSurvey, blank: Ticket, refused: Mapping[str, str] | None) -> WidgetSurvey:
        """Return a survey to show; ``refused`` says which do not ask a known visitor by themselves, None that nobody is known."""
        room, who = self._room, newcomer(stored, "widget", blank.language, touchpoint=blank.touchpoint)
        survey, sitting, chosen = who.survey, who.sitting, who.sitting.language
        widget = survey.widget or Widget()
        ticket = self._tickets.write(
            msgspec.structs.replace(blank, survey=survey.name, response=sitting.response, language=chosen)
        )
        reader = Reader(
            words=translator(choose_language(setting=chosen), room.zone),
            language=chosen,
            fallback=survey.default_language,
            piping=Piping(),
            response=sitting.response,
        )
        return WidgetSurvey(
            survey=survey.name,
            title=reader.phrase(survey.title).text,
            ticket=ticket,
            frame=f"/w/{ticket}",
            tab=reader.phrase(widget.tab).text,
            triggers=[] if survey.name in (refused or ()) else [_trigger(one) for one in widget.moments],
            share=widget.share if refused is None else 1.0,
            pause_days=widget.pause_days,
        )


def _is_for(stored: StoredSurvey, origin: str) -> bool:
    survey = stored.published
    return (
        survey is not None
        and stored.state == "active"
        and survey.widget is not None
        and bool(origin)
        and origin in survey.frames
    )


def _trigger(moment: Moment) -> WidgetTrigger:
    return WidgetTrigger(
        on=moment.trigger,
        where=[WidgetRule(match=one.match, value=one.value, is_not=one.is_not) for one in moment.where],
        selector=moment.selector,
        share=moment.share,
        after_s=moment.after_s,
    )

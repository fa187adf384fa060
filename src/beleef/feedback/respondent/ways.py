"""The ways to a survey: the personal link, the open link and QR code, the widget's frame, and a trial that keeps nothing."""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import msgspec
import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest
from beleef.feedback.model import Ending, Sitting, Survey
from beleef.feedback.recording import Respondent, newcomer
from beleef.feedback.respondent.drawing import block_page, ending_page, language_of
from beleef.feedback.respondent.forms import Sent, read_form
from beleef.feedback.respondent.kind import refused_page
from beleef.feedback.respondent.room import RespondentRoom, Seat
from beleef.feedback.respondent.sheet import Sheet
from beleef.feedback.respondent.tickets import Tickets, visitor
from beleef.feedback.respondent.trying import Trying
from beleef.feedback.respondent.walking import Taken, first_sheet, record, take
from beleef.kernel.errors import BeleefError, Conflict, NotFound, TooManyRequests

SeatFor = Callable[[AnyRequest, str, Sheet | None], Seat]
"""Gives who sits there, by the token in the address and, once something was sent, the sheet."""

_COOKIE_S: Final = 180 * 24 * 3600
_COOKIE: Final = "beleef_survey_"
_DONE: Final = "done"
_LONGEST_ADDRESS: Final = 45


def routes(room: RespondentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages with questions."""
    personal, opened = PersonalWay(room), OpenWay(room)
    framed, trial = FrameWay(room), TrialWay(room)

    @get("/s/{token:str}")
    async def personal_page(request: AnyRequest, token: str) -> Response[str]:
        return await _shown(room, personal.seat, request, token)

    @post("/s/{token:str}", status_code=200)
    async def personal_answers(request: AnyRequest, token: str) -> Response[str]:
        return await _answered(room, personal.seat, request, token)

    @post("/s/{token:str}/seen", status_code=204)
    async def personal_seen(request: AnyRequest, token: str) -> None:
        await _seen(room, personal.seat, request, token)

    @get("/q/{token:str}")
    async def open_page(request: AnyRequest, token: str) -> Response[str]:
        return await _shown(room, opened.seat, request, token)

    @post("/q/{token:str}", status_code=200)
    async def open_answers(request: AnyRequest, token: str) -> Response[str]:
        return await _answered(room, opened.seat, request, token)

    @get("/w/{token:str}")
    async def frame_page(request: AnyRequest, token: str) -> Response[str]:
        return await _shown(room, framed.seat, request, token)

    @post("/w/{token:str}", status_code=200)
    async def frame_answers(request: AnyRequest, token: str) -> Response[str]:
        return await _answered(room, framed.seat, request, token)

    @post("/w/{token:str}/seen", status_code=204)
    async def frame_seen(request: AnyRequest, token: str) -> None:
        await _seen(room, framed.seat, request, token)

    @get("/t/{token:str}")
    async def trial_page(request: AnyRequest, token: str) -> Response[str]:
        return await _shown(room, trial.seat, request, token)

    @post("/t/{token:str}", status_code=200)
    async def trial_answers(request: AnyRequest, token: str) -> Response[str]:
        return await _answered(room, trial.seat, request, token)

    return [
        personal_page,
        personal_answers,
        personal_seen,
        open_page,
        open_answers,
        frame_page,
        frame_answers,
        frame_seen,
        trial_page,
        trial_answers,
    ]


async def _shown(room: RespondentRoom, seat_for: SeatFor, request: AnyRequest, token: str) -> Response[str]:
    return await asyncio.to_thread(_show, room, seat_for, request, token)


def _show(room: RespondentRoom, seat_for: SeatFor, request: AnyRequest, token: str) -> Response[str]:
    """Return the page on which to begin or to go on. Nothing is recorded: programs that check links open everything."""
    try:
        check_pace(room, request, token)
        seat = seat_for(request, token, None)
        sheet = first_sheet(room, seat)
        if isinstance(sheet, Ending):
            blank = Sheet(path=seat.path, sitting=seat.sitting, block="", shown_at=0)
            return ending_page(room, request, seat, blank, sheet)
        wished = request.query_params.get("block", "") if seat.is_test else ""
        if wished in {one.id for one in seat.survey.blocks}:
            sheet = msgspec.structs.replace(sheet, block=wished)
        return block_page(room, request, seat, sheet)
    except BeleefError as error:
        return refused_page(room, request, error)


async def _answered(
    room: RespondentRoom, seat_for: SeatFor, request: AnyRequest, token: str
) -> Response[str]:
    try:
        check_pace(room, request, token)
        form, sent = await read_form(request)
        seat, taken = await asyncio.to_thread(_take, room, seat_for, request, token, form, sent)
        response = await record(room, request, seat, taken)
    except BeleefError as error:
        return await asyncio.to_thread(refused_page, room, request, error)
    if seat.cookie and taken.sheet.revision:
        response.set_cookie(OpenWay(room).cookie(seat, taken.sheet.sitting.response, done=taken.finished))
    return response


def _take(
    room: RespondentRoom,
    seat_for: SeatFor,
    request: AnyRequest,
    token: str,
    form: Answers,
    sent: tuple[Sent, ...],
) -> tuple[Seat, Taken]:
    sheet = room.sheets.read(form.get("sheet", ""), request.url.path)
    seat = seat_for(request, token, sheet)
    return seat, take(room, request, seat, sheet, form, sent)


async def _seen(room: RespondentRoom, seat_for: SeatFor, request: AnyRequest, token: str) -> None:
    """Tell that somebody looks at a survey: their browser says so after two seconds, or when they touch it."""
    check_pace(room, request, token)
    seat = await asyncio.to_thread(seat_for, request, token, None)
    if seat.tells_opening:
        messages = room.feedback.happened(seat.respondent, "Survey Opened", now=room.now())
        if messages:
            await room.tell(messages)


def check_pace(room: RespondentRoom, request: AnyRequest, token: str) -> None:
    """Count one use of a link from one network; what others do with it keeps nobody from answering.

    Raises:
        TooManyRequests: it was used too often in a minute.
    """
    pace = room.open_pace if request.url.path.startswith("/q/") else room.pace
    if not pace.is_usual(f"{token}:{address_of(request)}"):
        raise TooManyRequests(
            "That was often in a short time.", retry_after_s=60, hint="Try again in a minute."
        )


class PersonalWay:
    """The link that one person was sent."""

    def __init__(self, room: RespondentRoom) -> None:
        self._room = room

    def seat(self, request: AnyRequest, token: str, sheet: Sheet | None) -> Seat:
        """Return who sits there.

        Raises:
            NotFound: the link is none of ours.
            Conflict: it ended, or it was answered.
        """
        return self.at(request, self._room.links.invitation(token), f"/s/{token}", sheet)

    def at(self, request: AnyRequest, invitation: int, path: str, sheet: Sheet | None) -> Seat:
        """Return who sits at the survey of an invitation; refuses as ``seat`` does."""
        room = self._room
        with room.database.read() as connection:
            who = room.feedback.respondent(connection, invitation, "email", "", room.now())
        seat = Seat(path=path, respondent=who, flags=flags_of(room, request))
        if sheet is not None:
            return seat.with_sitting(sheet.sitting)
        language = language_of(request, who.survey, str(who.known.get("language") or ""))
        return seat.with_sitting(msgspec.structs.replace(who.sitting, language=language))


class OpenWay:
    """The link that everybody may follow, and the code that leads to it."""

    def __init__(self, room: RespondentRoom) -> None:
        self._room = room
        self._signer = URLSafeSerializer(room.key, salt="feedback.cookie")

    def seat(self, request: AnyRequest, token: str, sheet: Sheet | None) -> Seat:
        """Return who sits there.

        Raises:
            NotFound: the link is none of ours.
            Conflict: the survey asks nothing now, or this browser answered it.
        """
        room, link = self._room, self._room.links.opened(token)
        cookie = _COOKIE + link.survey
        kept, state = self._remembered(request, cookie)
        if state == _DONE:
            raise Conflict("This was answered already.", hint="Thank you.", code="survey_finished")
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, link.survey)
            survey = published(stored.published)
            hidden = {name: request.query_params.get(name, "")[:200] for name in survey.hidden}
            who = newcomer(
                stored,
                link.delivery,
                language_of(request, survey),
                touchpoint=link.touchpoint,
                hidden={name: value for name, value in hidden.items() if value},
                response=kept,
            )
            if sheet is not None:
                who = going_on(room, connection, who, sheet)
            elif kept:
                who = who.with_kept(connection, kept)
        flags = flags_of(room, request)
        is_first = sheet is not None and not sheet.revision
        if is_first and not room.starts.is_usual(f"{link.survey}:{address_of(request)}"):
            flags = (*flags, "duplicate")
        return Seat(
            path=f"/q/{token}",
            respondent=who,
            frames=survey.frames,
            cookie=cookie,
            flags=flags,
        )

    def cookie(self, seat: Seat, response: str, *, done: bool) -> Cookie:
        """Return the cookie by which this browser goes on with its response, or knows that it answered."""
        return Cookie(
            key=seat.cookie,
            value=str(self._signer.dumps([response, _DONE if done else ""])),
            path="/q",
            httponly=True,
            samesite="lax",
            secure=self._room.secure,
            max_age=_COOKIE_S,
        )

    def _remembered(self, request: AnyRequest, name: str) -> tuple[str, str]:
        try:
            response, state = self._signer.loads(request.cookies.get(name, "")[:1_000])
        except (BadData, ValueError, TypeError):
            return "", ""
        return str(response), str(state)


class FrameWay:
    """The frame that the widget shows on another site."""

    def __init__(self, room: RespondentRoom) -> None:
        self._room = room
        self._tickets = Tickets(room.key)

    def seat(self, request: AnyRequest, token: str, sheet: Sheet | None) -> Seat:
        """Return who sits there.

        Raises:
            NotFound: the ticket is none of ours.
            Conflict: it ended, or the survey asks nothing now.
        """
        room = self._room
        ticket = self._tickets.read(token, room.now())
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, ticket.survey)
            survey = published(stored.published)
            language = request.query_params.get("language", "") or ticket.language
            who = visitor(connection, stored, ticket, language)
            if sheet is not None:
                who = going_on(room, connection, who, sheet)
        return Seat(
            path=f"/w/{token}",
            respondent=who,
            parent=ticket.origin,
            frames=(ticket.origin,) if ticket.origin in survey.frames else survey.frames,
            flags=flags_of(room, request),
        )


class TrialWay:
    """A survey as it stands in the editor, to be tried by colleagues; nothing is kept."""

    def __init__(self, room: RespondentRoom) -> None:
        self._room = room
        self._trying = Trying(room.key, room.address)

    def seat(self, request: AnyRequest, token: str, sheet: Sheet | None) -> Seat:
        """Return who sits there.

        Raises:
            NotFound: the link is none of ours, or the survey is gone.
        """
        room, name = self._room, self._trying.read(token)
        with room.database.read() as connection:
            survey = room.feedback.survey(connection, name).survey
        sitting = Sitting(
            survey=name,
            version=0,
            response=name,
            delivery="link",
            language=language_of(request, survey),
            is_personal=survey.anonymity == "none",
        )
        who = Respondent(survey=survey, sitting=sitting if sheet is None else sheet.sitting)
        return Seat(path=f"/t/{token}", respondent=who, is_test=True)


def going_on(room: RespondentRoom, connection: sa.Connection, who: Respondent, sheet: Sheet) -> Respondent:
    """Return somebody who came by themselves as they sat down: with the version that they were shown."""
    sitting, survey = sheet.sitting, who.survey
    if sitting.version != who.sitting.version:
        survey = room.feedback.version(connection, sitting.survey, sitting.version).definition
    who = msgspec.structs.replace(who, survey=survey, sitting=sitting)
    return who.with_kept(connection, sitting.response)


def published(survey: Survey | None) -> Survey:
    """Return the version of a survey that is in force.

    Raises:
        NotFound: it was never published.
    """
    if survey is None:
        raise NotFound("These questions are not asked yet.", hint="Publish the survey.", code="unknown_link")
    return survey


def flags_of(room: RespondentRoom, request: AnyRequest) -> tuple[str, ...]:
    """Return what looks odd about who asks: a colleague who is signed in is no customer."""
    return ("employee",) if room.desk.is_known(request) else ()


def address_of(request: AnyRequest) -> str:
    """Return the network address of whoever asks; used for counting in memory, never kept.

    Behind a proxy on the own network it is the last one that the proxy wrote down; what stands before that anybody may have written.
    """
    near = "" if request.client is None else request.client.host
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:_LONGEST_ADDRESS]
    return told if told and _is_own_network(near) else near


def _is_own_network(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False

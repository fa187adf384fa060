"""Where a score in a mail leads: the page has it chosen already, and the person sends it. Opening the page records nothing.

Programs that check mail open every link. So a score counts as meant when it is sent; where scripts run, a first answer is told once
somebody looked for two seconds or touched the page, apart from those that were meant; the worker sees which of them a program made.
"""

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.feedback.answering import keyed, path, shown
from beleef.feedback.inviting import TRAP
from beleef.feedback.model import Block, Ending
from beleef.feedback.respondent.drawing import block_page, told_page, words_for
from beleef.feedback.respondent.fields import given_before
from beleef.feedback.respondent.forms import Given
from beleef.feedback.respondent.kind import refused_page
from beleef.feedback.respondent.room import RespondentRoom, Seat
from beleef.feedback.respondent.walking import first_sheet
from beleef.feedback.respondent.ways import PersonalWay, check_pace
from beleef.feedback.validating import validate
from beleef.kernel.errors import BeleefError, Conflict


def routes(room: RespondentRoom) -> list[HTTPRouteHandler]:
    """Return the page, and what takes a first answer."""
    landing = _Landing(room)

    @get("/e/{token:str}")
    async def page(request: AnyRequest, token: str) -> Response[str]:
        return await asyncio.to_thread(landing.page, request, token)

    @post("/e/{token:str}", status_code=204)
    async def first_answer(request: AnyRequest, token: str) -> None:
        messages = await asyncio.to_thread(landing.first_answer, request, token)
        if messages:
            await room.tell(messages)

    return [page, first_answer]


class _Landing:
    def __init__(self, room: RespondentRoom) -> None:
        self._room = room
        self._personal = PersonalWay(room)

    def page(self, request: AnyRequest, token: str) -> Response[str]:
        """Return the survey's first page with the score chosen."""
        room = self._room
        try:
            check_pace(room, request, token)
            clicked = room.links.clicked(token)
            if clicked.value == TRAP:
                return self._trap(request, token)
            seat = self._seat(request, clicked.invitation)
            sheet = first_sheet(room, seat)
            if isinstance(sheet, Ending):
                return refused_page(
                    room,
                    request,
                    Conflict("Nothing is asked.", hint="Thank you.", code="survey_closed"),
                )
            answers = keyed(sheet.answers)
            first = next(
                (
                    block
                    for block in path(seat.survey, answers)
                    if clicked.question in {one.id for one in shown(block, answers)}
                ),
                None,
            )
            if first is None:
                return block_page(room, request, seat, sheet)
            sheet = msgspec.structs.replace(sheet, block=first.id)
            given: Given = {}
            for question in first.questions:
                given |= given_before(question, answers)
            given[clicked.question] = f"{clicked.value:g}"
            intent = f"/e/{token}" if room.feedback.is_recorded_by_page(seat.survey) else ""
            return block_page(room, request, seat, sheet, given=given, intent=intent)
        except BeleefError as error:
            return refused_page(room, request, error)

    def first_answer(self, request: AnyRequest, token: str) -> list[dict[str, Any]]:
        """Return what is to be told of a score that somebody looked at and has not sent yet."""
        room = self._room
        check_pace(room, request, token)
        clicked = room.links.clicked(token)
        seat = self._seat(request, clicked.invitation)
        question = seat.survey.questions.get(clicked.question)
        if question is None or not room.feedback.is_recorded_by_page(seat.survey):
            return []
        if clicked.value == TRAP:
            return room.feedback.scanned(seat.respondent, now=room.now())
        alone = Block(id="first", questions=(msgspec.structs.replace(question, show_if=()),))
        answers = validate(alone, {question.id: f"{clicked.value:g}"}, {}).answers
        return room.feedback.messages(
            seat.respondent, answers, now=room.now(), confirmed=False, quality=seat.flags
        )

    def _seat(self, request: AnyRequest, invitation: int) -> Seat:
        path = self._room.links.personal(invitation).removeprefix(self._room.links.address)
        return self._personal.at(request, invitation, path, None)

    def _trap(self, request: AnyRequest, token: str) -> Response[str]:
        words = words_for(self._room, request, "")
        return told_page(
            self._room,
            request,
            words,
            words.gettext("Nothing was recorded"),
            (words.gettext("Please choose a score in the message that you got."),),
            intent=f"/e/{token}",
        )

"""Takes what was filled in on a page: checks it, brings it into the log, and leads to the next page, back, or to the end.

Only what is sent is recorded, never what is fetched; sending the same page twice says it once.
"""

import asyncio
from typing import Any

import msgspec
from litestar import Response

from beleef.access.desk import Answers, AnyRequest
from beleef.feedback.answering import key_of, keyed, next_place, path, reachable, shown
from beleef.feedback.model import Answer, Block, Ending, Refused
from beleef.feedback.recording import quality_of
from beleef.feedback.respondent.drawing import block_page, ending_page, told_page, words_for
from beleef.feedback.respondent.files import Upload, keep_files, not_kept, take_files
from beleef.feedback.respondent.forms import Given, Sent, given_of
from beleef.feedback.respondent.ranking import MOVE, move
from beleef.feedback.respondent.room import RespondentRoom, Seat
from beleef.feedback.respondent.sheet import Sheet
from beleef.feedback.telling import SCANNER
from beleef.feedback.validating import validate
from beleef.feedback.wishing import address_in
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import N_

_TRAP = "website"
_LANGUAGE = "language:"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a page: the answer to the browser, what is to be told, the sheet after it, and whether it was the last page."""

    response: Response[str]
    sheet: Sheet
    messages: list[dict[str, Any]] = []
    finished: bool = False


class _Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was filled in: what was given, what of it was accepted, what was wrong, and which fields had answers."""

    block: Block
    given: Given
    earlier: dict[str, Answer]
    accepted: tuple[Answer, ...]
    problems: tuple[Refused, ...]
    before: frozenset[str] = frozenset()
    files: tuple[Upload, ...] = ()

    @property
    def answers(self) -> dict[str, Answer]:
        return {**self.earlier, **keyed(self.accepted)}

    def without_files(self) -> "_Filled":
        """Return the page as it is shown again: what came along as a file has to come again."""
        again = {one.question for one in self.files}
        return msgspec.structs.replace(
            self,
            given={name: "" if name in again else one for name, one in self.given.items()},
            accepted=tuple(one for one in self.accepted if one.question not in again),
            problems=(*self.problems, *not_kept(self.files)),
            files=(),
        )


def first_sheet(room: RespondentRoom, seat: Seat) -> Sheet | Ending:
    """Return the sheet on which to go on: the last page with answers, which may not all have been meant; or else the first.

    Where nothing is asked it is the ending.
    """
    now, answers = room.now(), reachable(seat.survey, seat.before)
    place = next_place(seat.survey, "", answers)
    if isinstance(place, Ending):
        return place
    answered = {answer.question for answer in answers.values()}
    for block in path(seat.survey, answers):
        if any(question.id in answered for question in block.questions):
            place = block
    return Sheet(
        path=seat.path,
        sitting=seat.sitting,
        block=place.id,
        shown_at=now,
        answers=tuple(answers.values()),
        revision=1 if answers else 0,
    )


def take(
    room: RespondentRoom,
    request: AnyRequest,
    seat: Seat,
    sheet: Sheet,
    form: Answers,
    sent: tuple[Sent, ...],
) -> Taken:
    """Return what comes of a page that was sent.

    Raises:
        InvalidInput: the page is none of this survey any more.
        Unavailable: a file could not be kept.
    """
    filled = _read(seat, sheet, form, sent)
    go = form.get("go", "next")
    # An answer on this page may ask something more on it.
    is_complete = {one.id for one in shown(filled.block, filled.answers)} <= set(sheet.asked)
    goes_on = go == "next" and not filled.problems and is_complete
    filled = filled if goes_on else filled.without_files()
    kept = msgspec.structs.replace(
        sheet,
        answers=tuple(filled.answers.values()),
        shown_at=room.now(),
        quality=_quality(seat, sheet, form),
    )
    if goes_on:
        if not seat.is_test:
            keep_files(room.files, filled.files)
        return _go_on(room, request, seat, kept, filled, shown_at=sheet.shown_at)
    if go == "back":
        way = [one.id for one in path(seat.survey, filled.answers)]
        index = way.index(sheet.block) if sheet.block in way else 0
        kept = msgspec.structs.replace(kept, block=way[max(0, index - 1)])
        return Taken(response=block_page(room, request, seat, kept), sheet=kept)
    problems = filled.problems
    if go.startswith(_LANGUAGE):
        language, problems = go.removeprefix(_LANGUAGE), ()
        if language in seat.survey.languages:
            sitting = msgspec.structs.replace(sheet.sitting, language=language)
            kept = msgspec.structs.replace(kept, sitting=sitting)
    elif go.startswith(MOVE):
        problems = ()
        move(filled.block.questions, filled.given, go)
    page = block_page(room, request, seat, kept, given=filled.given, problems=problems)
    return Taken(response=page, sheet=kept)


async def record(room: RespondentRoom, request: AnyRequest, seat: Seat, taken: Taken) -> Response[str]:
    """Bring what was answered into the log, and return the answer to the browser when it is on disk.

    Raises:
        TooManyRequests, StorageFull: it was not kept; sending it again keeps it.
    """
    is_programs = SCANNER in taken.sheet.quality
    if taken.finished and seat.sitting.came_by and not seat.is_test and not is_programs:
        if not await room.finishing.finish(seat.respondent, taken.messages):
            return await asyncio.to_thread(finished_page, room, request, taken.sheet.sitting.language)
    elif taken.messages:
        await room.tell(taken.messages)
    return taken.response


def finished_page(room: RespondentRoom, request: AnyRequest, language: str) -> Response[str]:
    """Return the page for somebody who answered already."""
    words = words_for(room, request, language)
    return told_page(
        room,
        request,
        words,
        words.gettext("You have answered already"),
        (
            words.gettext("Thank you: your answers have been received."),
            words.gettext("They cannot be changed any more. If something is wrong, please contact us."),
        ),
    )


def _read(seat: Seat, sheet: Sheet, form: Answers, sent: tuple[Sent, ...]) -> _Filled:
    block = next((one for one in seat.survey.blocks if one.id == sheet.block), None)
    if block is None:
        raise InvalidInput(
            "This page is not part of the survey any more.",
            hint="Open the link once more.",
            code="form_out_of_date",
        )
    asked = tuple(one for one in block.questions if one.id in sheet.asked)
    given = given_of(asked, form)
    before = keyed(sheet.answers)
    files, refused = take_files(asked, given, sent, before, response=sheet.sitting.response)
    ids = {one.id for one in block.questions}
    earlier = {key: one for key, one in before.items() if one.question not in ids}
    checked = validate(block, given, earlier)
    problems = (
        *refused,
        *(one for one in checked.problems if one.question in sheet.asked),
        *_unreachable(sheet, checked.answers),
    )
    return _Filled(
        block=block,
        given=given,
        earlier=earlier,
        accepted=checked.answers,
        problems=problems,
        before=frozenset(before),
        files=files,
    )


def _unreachable(sheet: Sheet, answers: tuple[Answer, ...]) -> tuple[Refused, ...]:
    """Return what is wrong where somebody whom nobody knows asks to be contacted, and does not say how."""
    if sheet.sitting.came_by or sheet.sitting.is_personal:
        return ()
    return tuple(
        Refused(
            question=one.question,
            code="no_address",
            message=N_("Please give your e-mail address, so that we can contact you."),
        )
        for one in answers
        if one.kind == "contact_me" and one.value and not address_in(one.text)
    )


def _quality(seat: Seat, sheet: Sheet, form: Answers) -> tuple[str, ...]:
    # Only a program fills in what nobody sees.
    flags = {*seat.flags, *sheet.quality, *((SCANNER,) if form.get(_TRAP, "") else ())}
    return tuple(sorted(flags)) if not seat.is_test else ()


def _go_on(
    room: RespondentRoom, request: AnyRequest, seat: Seat, sheet: Sheet, filled: _Filled, *, shown_at: int
) -> Taken:
    answers = reachable(seat.survey, filled.answers)
    place = next_place(seat.survey, filled.block.id, answers)
    took = max(0, sheet.shown_at - shown_at) // 1_000 // max(1, len(sheet.asked))
    after = msgspec.structs.replace(
        sheet,
        answers=tuple(answers.values()),
        revision=sheet.revision + 1,
        ms={**sheet.ms, **dict.fromkeys(sheet.asked, took)},
    )
    is_last = isinstance(place, Ending)
    if is_last and not seat.is_test:
        odd = quality_of(seat.survey, answers.values(), after.ms)
        after = msgspec.structs.replace(after, quality=tuple(sorted({*after.quality, *odd})))
    messages = [] if seat.is_test else _messages(room, seat, after, filled, is_last=is_last)
    if isinstance(place, Ending):
        page = ending_page(room, request, seat, after, place)
    else:
        after = msgspec.structs.replace(after, block=place.id)
        page = block_page(room, request, seat, after)
    return Taken(response=page, sheet=after, messages=messages, finished=is_last)


def _messages(
    room: RespondentRoom, seat: Seat, sheet: Sheet, filled: _Filled, *, is_last: bool
) -> list[dict[str, Any]]:
    now, feedback = room.now(), room.feedback
    respondent = seat.with_sitting(sheet.sitting).respondent
    if not feedback.is_recorded_by_page(seat.survey):
        if not is_last:
            return []
        return feedback.completed(
            respondent, now=now, quality=sheet.quality, answers=sheet.answers, ms=sheet.ms
        )
    messages = feedback.messages(
        respondent,
        filled.accepted,
        now=now,
        revision=sheet.revision,
        ms=sheet.ms,
        quality=sheet.quality,
        # Taken back here, or asked no more since an earlier answer changed.
        cleared=sorted(filled.before - {key_of(one) for one in sheet.answers}),
        earlier=filled.earlier.values(),
    )
    if is_last:
        return messages + feedback.completed(respondent, now=now, quality=sheet.quality)
    if sheet.sitting.came_by and not respondent.has_started and SCANNER not in sheet.quality:
        with room.database.write() as connection:
            feedback.note_started(connection, respondent, now)
    return messages

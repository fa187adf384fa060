"""JSON routes of surveys, for programs of staff: write, publish, pause, resume and close them, who was asked, answers counted."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter
from litestar.response import Stream

from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.feedback.api import Feedback, Filter, GroupBy, StoredSurvey, to_data
from beleef.kernel import clock, ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database

AnyRequest = Request[Any, Any, Any]
Month = Annotated[str, Parameter(pattern=r"^(\d{4}-\d{2})?$", description="YYYY-MM.")]


class SurveyView(msgspec.Struct, frozen=True, kw_only=True):
    """A survey.

    Attributes:
        definition: As it was last saved, in the words of its YAML file.
        state: ``draft``, ``active``, ``paused`` or ``closed``.
        version: The version in force; 0 for none.
        is_changed: Whether what was saved differs from the version in force.
        active_from: Since when it asks; null where it was never published.
        updated_at: When it was last saved.
    """

    definition: dict[str, Any]
    state: str
    version: int
    is_changed: bool
    active_from: str | None
    updated_at: str


class SurveyList(msgspec.Struct, frozen=True, kw_only=True):
    """All surveys, by name."""

    surveys: list[SurveyView]


class SurveyGone(msgspec.Struct, frozen=True, kw_only=True):
    """The survey is removed."""

    success: bool = True


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everybody who could be asked: ``eligible`` is ``waiting`` and ``asked`` and all of ``not_asked``, by reason."""

    eligible: int
    waiting: int
    asked: int
    not_asked: dict[str, int]
    reminded: int
    started: int
    finished: int


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that have something in common: how many, by number and by option."""

    key: str
    row: str
    n: int
    values: dict[str, int]
    options: dict[str, int]


class CountsView(msgspec.Struct, frozen=True, kw_only=True):
    """Answers counted. ``withheld``: there may be more, which too few share to be shown."""

    groups: list[GroupView]
    withheld: bool


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """An occasion on which somebody could be asked, and what became of it."""

    number: str
    person: str
    state: str
    reason: str
    touchpoint: str
    channel: str
    campaign: str
    due_at: str
    finished: bool


class InvitationList(msgspec.Struct, frozen=True, kw_only=True):
    """Occasions, the latest due first."""

    invitations: list[InvitationView]


class SurveyParts(msgspec.Struct, kw_only=True):
    """What the routes work with.

    Attributes:
        feedback: The surveys.
        database: The records.
        record: Keeps a line in the audit log, within a transaction: who, did what, to which survey.
        now: The clock.
    """

    feedback: Feedback
    database: Database
    record: Callable[[Any, Actor, str, str], None]
    now: Clock


def routes(parts: SurveyParts, door: Door) -> Router:
    """Return the routes below ``/v1``."""
    return Router(
        path="/v1",
        route_handlers=[
            *_reading(parts, door),
            *_writing(parts, door),
            *_running(parts, door),
            *_answers(parts, door),
        ],
        tags=["Surveys"],
    )


def _reading(parts: SurveyParts, door: Door) -> list[HTTPRouteHandler]:
    feedback = parts.feedback

    @get("/surveys", sync_to_thread=True, summary="All surveys")
    def survey_list(request: AnyRequest) -> SurveyList:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return SurveyList(surveys=[_view(one) for one in feedback.surveys(connection)])

    @get("/surveys/{name:str}", sync_to_thread=True, summary="One survey")
    def one_survey(request: AnyRequest, name: str) -> SurveyView:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return _view(feedback.survey(connection, name))

    @get("/surveys/{name:str}/asked", sync_to_thread=True, summary="Who was asked, and why others were not")
    def survey_asked(request: AnyRequest, name: str) -> AskedView:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return msgspec.convert(msgspec.to_builtins(feedback.asked(connection, name)), AskedView)

    @get("/surveys/{name:str}/invitations", sync_to_thread=True, summary="Each occasion, latest first")
    def survey_invitations(
        request: AnyRequest,
        name: str,
        outcome: Annotated[str, Parameter(description="waiting, asked or not_asked.")] = "",
        reason: str = "",
        limit: Annotated[int, Parameter(ge=1, le=1_000)] = 50,
    ) -> InvitationList:
        door(request, Role.agent)
        with parts.database.read() as connection:
            found = feedback.invitations(connection, name, state=outcome, reason=reason, limit=limit)
        return InvitationList(
            invitations=[
                InvitationView(
                    number=ids.to_text(one.number),
                    person=ids.to_text(one.subject) if one.subject else "",
                    state=one.state,
                    reason=one.reason,
                    touchpoint=one.touchpoint,
                    channel=one.channel,
                    campaign=one.campaign,
                    due_at=clock.to_text(one.due_at),
                    finished=one.finished_at is not None,
                )
                for one in found
            ]
        )

    return [survey_list, one_survey, survey_asked, survey_invitations]


def _writing(parts: SurveyParts, door: Door) -> list[HTTPRouteHandler]:
    feedback = parts.feedback

    @put("/surveys/{name:str}", sync_to_thread=True, summary="Save a survey's draft")
    def save_survey(request: AnyRequest, name: str, data: Annotated[dict[str, Any], Body()]) -> SurveyView:
        actor = door(request, Role.editor)
        if data.get("name", name) != name:
            raise InvalidInput(
                "The name in the address is another than in the body.", hint="Give one of them."
            )
        with parts.database.write() as connection:
            stored = feedback.save(connection, {**data, "name": name}, parts.now())
            parts.record(connection, actor, "survey.save", name)
        return _view(stored)

    @delete(
        "/surveys/{name:str}",
        sync_to_thread=True,
        status_code=200,
        summary="Remove a survey that nobody answered",
    )
    def delete_survey(request: AnyRequest, name: str) -> SurveyGone:
        actor = door(request, Role.editor)
        with parts.database.write() as connection:
            feedback.delete(connection, name)
            parts.record(connection, actor, "survey.delete", name)
        return SurveyGone()

    return [save_survey, delete_survey]


def _running(parts: SurveyParts, door: Door) -> list[HTTPRouteHandler]:
    feedback = parts.feedback

    @post(
        "/surveys/{name:str}/publish", sync_to_thread=True, status_code=200, summary="Put the draft in force"
    )
    def publish_survey(request: AnyRequest, name: str) -> SurveyView:
        return _do(request, "publish", name, lambda c: feedback.publish(c, name, parts.now()))

    @post("/surveys/{name:str}/pause", sync_to_thread=True, status_code=200, summary="Ask nobody for a while")
    def pause_survey(request: AnyRequest, name: str) -> SurveyView:
        return _do(request, "pause", name, lambda c: feedback.pause(c, name))

    @post("/surveys/{name:str}/resume", sync_to_thread=True, status_code=200, summary="Ask again")
    def resume_survey(request: AnyRequest, name: str) -> SurveyView:
        return _do(request, "resume", name, lambda c: feedback.resume(c, name))

    @post("/surveys/{name:str}/close", sync_to_thread=True, status_code=200, summary="Take no more answers")
    def close_survey(request: AnyRequest, name: str) -> SurveyView:
        return _do(request, "close", name, lambda c: feedback.close(c, name))

    def _do(request: AnyRequest, what: str, name: str, change: Callable[[Any], StoredSurvey]) -> SurveyView:
        actor = door(request, Role.editor)
        with parts.database.write() as connection:
            changed = change(connection)
            parts.record(connection, actor, f"survey.{what}", name)
        return _view(changed)

    return [publish_survey, pause_survey, resume_survey, close_survey]


def _answers(parts: SurveyParts, door: Door) -> list[HTTPRouteHandler]:
    feedback = parts.feedback

    @get("/surveys/{name:str}/counts", sync_to_thread=True, summary="Answers to a question, counted")
    def survey_counts(
        request: AnyRequest,
        name: str,
        question: str,
        by: GroupBy | None = None,
        first: Month = "",
        last: Month = "",
    ) -> CountsView:
        door(request, Role.reader)
        with parts.database.read() as connection:
            feedback.survey(connection, name)
            counted = feedback.counts(connection, name, question, by=by, where=Filter(months=(first, last)))
        return CountsView(
            groups=[
                GroupView(
                    key=one.key,
                    row=one.row,
                    n=one.n,
                    values={f"{value:g}": count for value, count in one.values.items()},
                    options=one.options,
                )
                for one in counted.groups
            ],
            withheld=counted.withheld,
        )

    @get(
        "/surveys/{name:str}/answers.csv",
        sync_to_thread=True,
        summary="Answers as CSV",
        media_type="text/csv",
    )
    def survey_csv(request: AnyRequest, name: str) -> Stream:
        door(request, Role.agent)
        with parts.database.read() as connection:
            feedback.survey(connection, name)

        def lines() -> Iterator[bytes]:
            with parts.database.read() as connection:
                yield from (line.encode() for line in feedback.export_csv(connection, name))

        return Stream(lines(), media_type="text/csv; charset=utf-8")

    return [survey_counts, survey_csv]


def _view(stored: StoredSurvey) -> SurveyView:
    return SurveyView(
        definition=to_data(stored.survey),
        state=stored.state,
        version=stored.version,
        is_changed=stored.is_changed,
        active_from=None if stored.active_from is None else clock.to_text(stored.active_from),
        updated_at=clock.to_text(stored.updated_at),
    )

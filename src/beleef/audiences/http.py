"""JSON routes about audiences: the rules, who is in, how many a rule would select, and why somebody is in or not."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.params import Parameter

from beleef.access.door import Door
from beleef.access.model import Role
from beleef.audiences.answers import Answers, AudienceView, CountAnswer, MembersAnswer, StandingView

AnyRequest = Request[Any, Any, Any]
Reasons = Annotated[bool, Parameter(description="Whether to say why; without, it is only looked up.")]
Limit = Annotated[int, Parameter(ge=1, le=1_000, description="At most so many.")]


class AudiencesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All audiences, by name."""

    audiences: list[AudienceView]


class StandingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All audiences as seen from one person."""

    audiences: list[StandingView]


class AudienceGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An audience to be kept.

    Attributes:
        label: What people call it.
        rule: Who is in it.
        description: What it is for.
        announce: Whether its first members are announced too.
    """

    label: str
    rule: dict[str, Any]
    description: str = ""
    announce: bool = False


class RuleGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that is not kept."""

    rule: dict[str, Any]


class DeletedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The audience is out of force."""

    success: bool = True


def routes(answers: Answers, door: Door) -> Router:
    """Return the routes below ``/v1`` about audiences.

    Args:
        answers: What answers.
        door: Who may.
    """

    @get("/audiences", sync_to_thread=True, summary="All audiences")
    def every(request: AnyRequest) -> AudiencesAnswer:
        door(request, Role.reader)
        return AudiencesAnswer(audiences=answers.all())

    @get("/audiences/{name:str}", sync_to_thread=True, summary="One audience")
    def one(request: AnyRequest, name: str) -> AudienceView:
        door(request, Role.reader)
        return answers.one(name)

    @put("/audiences/{name:str}", sync_to_thread=True, summary="Keep an audience, new or changed")
    def save(request: AnyRequest, name: str, data: AudienceGiven) -> AudienceView:
        door(request, Role.editor)
        return answers.save(name, msgspec.structs.asdict(data))

    @delete("/audiences/{name:str}", sync_to_thread=True, status_code=200, summary="Delete an audience")
    def remove(request: AnyRequest, name: str) -> DeletedAnswer:
        door(request, Role.editor)
        answers.delete(name)
        return DeletedAnswer()

    @get("/audiences/{name:str}/members", sync_to_thread=True, summary="Who is in an audience")
    def members(
        request: AnyRequest, name: str, after: str | None = None, limit: Limit = 100
    ) -> MembersAnswer:
        door(request, Role.reader)
        return answers.members(name, after=after, limit=limit)

    @post(
        "/audiences/count",
        sync_to_thread=True,
        status_code=200,
        summary="How many people a rule would select, and some of them",
    )
    def count(request: AnyRequest, data: RuleGiven) -> CountAnswer:
        door(request, Role.reader)
        return answers.count(data.rule)

    @get(
        "/people/{who:str}/audiences",
        sync_to_thread=True,
        summary="Which audiences a customer is in, and why or why not",
    )
    def of_person(request: AnyRequest, who: str, reasons: Reasons = True) -> StandingsAnswer:
        door(request, Role.reader)
        return StandingsAnswer(audiences=answers.of_person(who, reasons=reasons))

    return Router(
        path="/v1",
        route_handlers=[every, one, save, remove, members, count, of_person],
        tags=["Audiences"],
    )

"""JSON routes about customers and accounts: look up, search, timeline, export."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter, QueryParameter
from litestar.response import Stream

from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.profiles.definition_http import routes as definition_routes
from beleef.profiles.people import AccountView, Erase, People, PersonView, TimelinePage

__all__ = ["definition_routes", "routes"]

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=1_000, description="At most so many.")]


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Customers that a search found, best first."""

    people: list[PersonView]


class ErasedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer was erased; ``facts`` is how many facts no longer belong to anybody."""

    facts: int
    success: bool = True


class LiftedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about an identifier are taken in again."""

    success: bool = True


Lift = Callable[[str, Actor], None]
"""Lifts the erasure of an identifier (``namespace:value``); the composition knows how."""


def routes(people: People, door: Door, *, in_thread: bool, erase: Erase, lift: Lift) -> Router:
    """Return the routes below ``/v1`` that read customers, and those that erase one and take that back for the time to come.

    Args:
        people: The reader of customers.
        door: Who may.
        erase: Erases a customer everywhere.
        lift: Lets facts about an identifier in again.
        in_thread: Whether looking somebody up may have to wait for another machine. An embedded database answers in less
            time than it takes to hand the request to a thread and back.
    """
    return Router(
        path="/v1",
        route_handlers=[
            *_person_routes(people, door, in_thread),
            *_account_routes(people, door),
            *_erase_routes(door, erase, lift),
        ],
        tags=["People"],
    )


def _person_routes(people: People, door: Door, in_thread: bool) -> list[HTTPRouteHandler]:
    @get("/people/{who:str}", sync_to_thread=in_thread, summary="One customer, by any identifier")
    def person(request: AnyRequest, who: str) -> PersonView:
        door(request, Role.reader)
        return people.view(who)

    @get("/people/{who:str}/timeline", sync_to_thread=True, summary="A customer's facts, newest first")
    def timeline(
        request: AnyRequest,
        who: str,
        after: str | None = None,
        channel: str | None = None,
        type_: Annotated[str | None, QueryParameter(name="type")] = None,
        name: str | None = None,
        limit: Limit = 50,
    ) -> TimelinePage:
        door(request, Role.reader)
        return people.timeline(who, after=after, channel=channel, type_=type_, name=name, limit=limit)

    @get(
        "/people/{who:str}/export",
        sync_to_thread=True,
        summary="Everything kept about a customer, as JSON lines",
    )
    def export(request: AnyRequest, who: str) -> Stream:
        door(request, Role.editor)
        people.view(who)
        return Stream(_lines(people.export(who)), media_type="application/x-ndjson")

    @get("/people", sync_to_thread=True, summary="Search customers by name, e-mail address or number")
    def search(
        request: AnyRequest, q: Annotated[str, Parameter(min_length=1, max_length=200)], limit: Limit = 20
    ) -> SearchAnswer:
        door(request, Role.reader)
        return SearchAnswer(people=people.search(q, min(limit, 200)))

    return [person, timeline, export, search]


def _erase_routes(door: Door, erase: Erase, lift: Lift) -> list[HTTPRouteHandler]:
    @delete(
        "/people/{who:str}",
        sync_to_thread=True,
        status_code=200,
        summary="Erase a customer from the log, the state and the history, for good",
    )
    def erase_person(request: AnyRequest, who: str) -> ErasedAnswer:
        actor = door(request, Role.administrator)
        return ErasedAnswer(facts=erase(who, actor=actor))

    @delete(
        "/erasures/{who:str}",
        sync_to_thread=True,
        status_code=200,
        summary="Take facts about an erased identifier in again: the customer came back",
    )
    def lift_erasure(request: AnyRequest, who: str) -> LiftedAnswer:
        lift(who, door(request, Role.administrator))
        return LiftedAnswer()

    return [erase_person, lift_erasure]


def _account_routes(people: People, door: Door) -> list[HTTPRouteHandler]:
    @get("/accounts/{number:str}", sync_to_thread=True, summary="One account and the customers in it")
    def account(request: AnyRequest, number: str, limit: Limit = 100) -> AccountView:
        door(request, Role.reader)
        return people.account(number, limit=limit)

    return [account]


def _lines(items: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for item in items:
        yield msgspec.json.encode(item) + b"\n"

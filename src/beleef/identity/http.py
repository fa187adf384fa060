"""JSON routes about identity: why identifiers are one person, and taking evidence back or putting it back."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from beleef.access.door import Door
from beleef.access.model import Role
from beleef.collect.api import OwnFacts
from beleef.identity import api
from beleef.kernel import clock, ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.store.records.database import Database

AnyRequest = Request[Any, Any, Any]


class IdentifierView(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier as programs see it; ``number`` stands for it in addresses."""

    number: str
    namespace: str
    value: str


class JoinedView(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that two identifiers are one person's; ``decisive`` where nothing stronger says the same."""

    a: IdentifierView
    b: IdentifierView
    kind: str
    source: str
    first_at: str
    fact: str
    decisive: bool


class RefusedView(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that was left out; ``b`` is null where all evidence of ``a`` with ``namespace`` is."""

    a: IdentifierView
    b: IdentifierView | None
    reason: str
    namespace: str


class UndoneView(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that staff took back."""

    a: IdentifierView
    b: IdentifierView
    by: str
    at: str
    reason: str


class IdentityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why a person's identifiers are one person, the strongest evidence first."""

    id: str
    joined: list[JoinedView]
    refused: list[RefusedView]
    undone: list[UndoneView]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The two identifiers that a piece of evidence ties, each as ``namespace:value``, and why it is decided so."""

    a: str
    b: str
    reason: str


class VerdictKept(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict is in the log; ``applied`` says whether the worker has taken it in already."""

    applied: bool
    success: bool = True


class IdentityParts(msgspec.Struct, kw_only=True):
    """What these routes work with: the state, the way into the log, and how identifiers are read."""

    database: Database
    own: OwnFacts
    key: bytes
    region: str


def routes(parts: IdentityParts, door: Door) -> Router:
    """Return the routes below ``/v1`` about identity."""
    return Router(
        path="/v1", route_handlers=[*_reading(parts, door), *_deciding(parts, door)], tags=["Identity"]
    )


def _reading(parts: IdentityParts, door: Door) -> list[HTTPRouteHandler]:
    @get(
        "/people/{who:str}/identity",
        sync_to_thread=True,
        summary="Why a customer's identifiers are one person",
    )
    def identity(request: AnyRequest, who: str) -> IdentityAnswer:
        door(request, Role.reader)
        namespace, value = _parted(who)
        with parts.database.read() as connection:
            person = api.find(connection, parts.key, namespace, value, default_region=parts.region)
            if person is None:
                raise NotFound("Nobody is known by that.", hint="Check the namespace and the value.")
            return _answer(api.explain(connection, person.number))

    return [identity]


def _deciding(parts: IdentityParts, door: Door) -> list[HTTPRouteHandler]:
    @post("/identity/undo", status_code=200, summary="Take a piece of evidence back")
    async def undo(request: AnyRequest, data: Annotated[Verdict, Body()]) -> VerdictKept:
        actor = door(request, Role.editor)
        message = api.undo_message(_parted(data.a), _parted(data.b), reason=data.reason, by=actor.name)
        return VerdictKept(applied=await parts.own.say([message]))

    @post("/identity/restore", status_code=200, summary="Put a piece of evidence back")
    async def restore(request: AnyRequest, data: Annotated[Verdict, Body()]) -> VerdictKept:
        actor = door(request, Role.editor)
        message = api.restore_message(_parted(data.a), _parted(data.b), reason=data.reason, by=actor.name)
        return VerdictKept(applied=await parts.own.say([message]))

    return [undo, restore]


def _parted(text: str) -> tuple[str, str]:
    namespace, colon, value = text.partition(":")
    if not colon or not namespace or not value:
        raise InvalidInput("Name an identifier as namespace:value.", hint="For example email:jan@example.nl.")
    return namespace, value


def _answer(found: api.Explanation) -> IdentityAnswer:
    return IdentityAnswer(
        id=ids.to_text(found.person),
        joined=[
            JoinedView(
                a=_identifier(one.a),
                b=_identifier(one.b),
                kind=one.kind,
                source=one.source,
                first_at=clock.to_text(one.first_at),
                fact=ids.to_text(one.fact),
                decisive=one.is_decisive,
            )
            for one in found.joined
        ],
        refused=[
            RefusedView(
                a=_identifier(one.a),
                b=_identifier(one.b) if one.b else None,
                reason=one.reason,
                namespace=one.namespace,
            )
            for one in found.refused
        ],
        undone=[
            UndoneView(
                a=_identifier(one.a),
                b=_identifier(one.b),
                by=one.by,
                at=clock.to_text(one.at),
                reason=one.reason,
            )
            for one in found.undone
        ],
    )


def _identifier(one: api.PersonIdentifier) -> IdentifierView:
    return IdentifierView(number=ids.to_text(one.subject), namespace=one.namespace, value=one.value)

"""JSON routes of the channels: inbox and notifications for customers' browsers, and reports of providers."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, QueryParameter

from beleef.access.door import Door
from beleef.access.model import Role
from beleef.collect.api import read_basic
from beleef.contact.channels.customers import Customers, Shown
from beleef.contact.channels.reporting import Report, Reporting
from beleef.kernel import clock, ids
from beleef.kernel.errors import InvalidInput

AnyRequest = Request[Any, Any, Any]

_PRIVATE = {"Cache-Control": "no-store"}


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message in an inbox; ``read`` and ``clicked`` say whether the customer did that already."""

    id: str
    at: str
    language: str
    title: str
    body: str
    url: str
    label: str
    read: bool
    clicked: bool


class InboxAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in an inbox, newest first; ``after`` asks for the next page."""

    messages: list[InboxMessage]
    unread: int
    after: str | None


class Marking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages, and what the customer did with them."""

    ids: list[str]
    act: Literal["read", "clicked", "dismissed"]


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """For how many messages it was the first time."""

    marked: int


class PushKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public key for ``applicationServerKey``."""

    key: str


class Subscribing(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's subscription as ``PushSubscription.toJSON()`` gives it."""

    endpoint: str
    keys: dict[str, str] = {}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It is done."""

    success: bool = True


class TokenWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom, as ``namespace:value``, and for how many hours."""

    who: str
    hours: int = 24


class PersonToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token for one customer's own browser, and when it ends."""

    token: str
    ends_at: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts a report led to."""

    facts: int


def routes(customers: Customers, reporting: Reporting, door: Door) -> Router:
    """Return the routes below ``/v1`` of the channels."""
    return Router(
        path="/v1",
        route_handlers=[
            *_inbox(customers),
            *_push(customers),
            _tokens(customers, door),
            _reports(reporting),
        ],
        tags=["Contact"],
    )


def _inbox(customers: Customers) -> list[HTTPRouteHandler]:
    @get(
        "/inbox",
        sync_to_thread=True,
        summary="What lies in a customer's inbox",
        description="Send a person token as Bearer, or a write key as Basic and the device's `anonymousId`.",
        response_headers=_PRIVATE,
    )
    def inbox(
        request: AnyRequest,
        anonymous_id: Annotated[str, QueryParameter(name="anonymousId")] = "",
        after: str = "",
        limit: int = 20,
    ) -> InboxAnswer:
        found = customers.inbox(
            _shown(request, anonymous_id), after=_number(after) if after else None, limit=limit
        )
        return InboxAnswer(
            messages=[
                InboxMessage(
                    id=ids.to_text(item.contact),
                    at=clock.to_text(item.at),
                    language=item.language,
                    title=item.parts.get("title", ""),
                    body=item.parts.get("body", ""),
                    url=item.parts.get("url", ""),
                    label=item.parts.get("label", ""),
                    read=item.read_at is not None,
                    clicked=item.clicked_at is not None,
                )
                for item in found.items
            ],
            unread=found.unread,
            after=None if found.after is None else ids.to_text(found.after),
        )

    @post(
        "/inbox/marks",
        status_code=200,
        sync_to_thread=True,
        summary="Note that a customer read, clicked or put away messages",
        response_headers=_PRIVATE,
    )
    def mark(
        request: AnyRequest,
        data: Annotated[Marking, Body()],
        anonymous_id: Annotated[str, QueryParameter(name="anonymousId")] = "",
    ) -> Marked:
        numbers = [_number(one) for one in data.ids]
        return Marked(marked=customers.mark(_shown(request, anonymous_id), numbers, data.act))

    return [inbox, mark]


def _push(customers: Customers) -> list[HTTPRouteHandler]:
    @get(
        "/push/key",
        sync_to_thread=True,
        summary="The key with which browsers subscribe to notifications",
        response_headers=_PRIVATE,
    )
    def key() -> PushKey:
        return PushKey(key=customers.push_key())

    @post(
        "/push/subscriptions",
        status_code=200,
        sync_to_thread=True,
        summary="Register a browser for notifications",
        response_headers=_PRIVATE,
    )
    def subscribe(
        request: AnyRequest,
        data: Annotated[Subscribing, Body()],
        anonymous_id: Annotated[str, QueryParameter(name="anonymousId")] = "",
    ) -> Done:
        customers.subscribe(_shown(request, anonymous_id), data.endpoint, data.keys)
        return Done()

    @delete(
        "/push/subscriptions",
        status_code=200,
        sync_to_thread=True,
        summary="Forget a browser",
        response_headers=_PRIVATE,
    )
    def unsubscribe(
        request: AnyRequest,
        endpoint: str,
        anonymous_id: Annotated[str, QueryParameter(name="anonymousId")] = "",
    ) -> Done:
        return Done(success=customers.unsubscribe(_shown(request, anonymous_id), endpoint))

    return [key, subscribe, unsubscribe]


def _tokens(customers: Customers, door: Door) -> HTTPRouteHandler:
    @post(
        "/person-tokens",
        status_code=200,
        sync_to_thread=True,
        summary="A token that opens one customer's own inbox and notifications",
    )
    def person_token(request: AnyRequest, data: Annotated[TokenWish, Body()]) -> PersonToken:
        door(request, Role.agent)
        namespace, colon, value = data.who.partition(":")
        if not colon or not namespace or not value:
            raise InvalidInput("Name an identifier as namespace:value.", hint="For example user_id:1001.")
        token, ends = customers.token(namespace, value, data.hours)
        return PersonToken(token=token, ends_at=clock.to_text(ends))

    return person_token


def _reports(reporting: Reporting) -> HTTPRouteHandler:
    @post(
        "/channels/{name:str}/reports",
        status_code=200,
        sync_to_thread=True,
        summary="What a provider of SMS or WhatsApp reports, signed with the channel's secret",
    )
    def report(request: AnyRequest, name: str, body: bytes) -> Taken:
        came = Report(url=str(request.url), headers=request.headers, body=body)
        return Taken(facts=reporting.take(name, request.url.path, came))

    return report


def _shown(request: AnyRequest, anonymous_id: str) -> Shown:
    header = request.headers.get("authorization", "")
    scheme, _, secret = header.partition(" ")
    if scheme.lower() == "bearer":
        return Shown(token=secret.strip())
    return Shown(write_key=read_basic(header) or "", anonymous_id=anonymous_id)


def _number(text: str) -> int:
    number = ids.from_text(text)
    if number is None:
        raise InvalidInput("That is no number of a message.", hint="Take `id` from GET /v1/inbox.")
    return number

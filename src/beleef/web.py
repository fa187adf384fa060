"""The web process: collecting as plain ASGI, everything else through Litestar, refusals answered in one form."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import sqlalchemy as sa
import structlog
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

import beleef
from beleef import operation
from beleef.access import api as access
from beleef.access.desk import Desk, wants_html
from beleef.access.door import Door
from beleef.app import (
    Stores,
    build_answers,
    build_campaigns,
    build_contact,
    build_content,
    build_feedback,
    build_links,
    build_people,
    build_survey_links,
    build_trait_users,
)
from beleef.audiences import http as audiences_http
from beleef.campaigns import http as campaigns_http
from beleef.collect import http as collect_http
from beleef.collect.api import OwnFacts, SourceBook
from beleef.collect.doors import CollectApp
from beleef.collect.intake import Intake
from beleef.contact import http as contact_http
from beleef.content import http as content_http
from beleef.content.api import Content
from beleef.erasure import lift
from beleef.feedback import http as feedback_http
from beleef.feedback import respondent
from beleef.identity import http as identity_http
from beleef.identity.api import Person
from beleef.kernel.errors import BeleefError, TooManyRequests, status_of
from beleef.pages import eraser, open_desk, staff_pages
from beleef.profiles import http as profiles_http
from beleef.profiles.people import People
from beleef.store.files import Files

_log = structlog.get_logger("web")

AnyRequest = Request[Any, Any, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_ASKED_BY_PAGES = contact_http.OPEN_PATHS | respondent.OPEN_PATHS
"""What other sites' pages may ask, without cookies."""


class WebApp:
    """The ASGI app of one web process.

    Args:
        stores: The open stores.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.intake = Intake(stores.log)
        sources = SourceBook(stores.database)
        self.collect = CollectApp(intake=self.intake, sources=sources, now=stores.now)
        self.litestar = _litestar(stores, self.intake, sources, self.collect)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and CollectApp.takes(scope["path"]):
            await self.collect(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in _ASKED_BY_PAGES:
            await contact_http.from_pages(self.litestar, scope, receive, send)  # type: ignore[arg-type]  # because Litestar's own scope types are narrower than ASGI's
        else:
            await self.litestar(scope, receive, send)  # type: ignore[arg-type]  # because Litestar's own scope types are narrower than ASGI's


def _litestar(stores: Stores, intake: Intake, sources: SourceBook, collecting: CollectApp) -> Litestar:
    door = Door(stores.database, stores.now)
    people = build_people(stores)
    parts = collect_http.Collecting(
        database=stores.database,
        log=stores.log,
        warehouse=stores.warehouse,
        intake=intake,
        sources=sources,
        zone=stores.settings.timezone,
        now=stores.now,
    )
    desk, content = open_desk(stores, door), build_content(stores)
    answering = _answering(stores, desk, content, intake, sources)
    handlers: list[ControllerRouterHandler] = [
        collect_http.routes(parts, door),
        audiences_http.routes(build_answers(stores), door),
        profiles_http.routes(
            people,
            door,
            in_thread=not stores.database.is_sqlite,
            erase=eraser(stores, people),
            lift=lambda who, actor: lift(stores, who, actor=actor),
        ),
        profiles_http.definition_routes(
            stores.database, people.profiles, door, stores.now, build_trait_users(stores)
        ),
        identity_http.routes(_identity(stores, intake), door),
        content_http.routes(content, stores.database, door),
        content_http.media(content, stores.database),
        campaigns_http.routes(_campaigns(stores, people), door),
        feedback_http.routes(_surveys(stores), door),
        contact_http.routes(_contact(stores, people), door),
        _channels(stores, sources, door),
        *_operation(stores, collecting),
        respondent.json_routes(answering),
        staff_pages(
            stores,
            desk,
            parts,
            content,
            [*contact_http.public_routes(_following(stores, intake)), *respondent.routes(answering)],
        ),
    ]
    return Litestar(
        route_handlers=handlers,
        exception_handlers=_refusals(desk),
        openapi_config=_openapi(),
        request_max_body_size=8_000_000,
    )


def _identity(stores: Stores, intake: Intake) -> identity_http.IdentityParts:
    return identity_http.IdentityParts(
        database=stores.database,
        own=OwnFacts(intake, stores.database, stores.now),
        key=stores.installation().key,
        region=stores.settings.region,
    )


def _campaigns(stores: Stores, people: People) -> campaigns_http.CampaignParts:
    def find(who: str) -> int:
        with stores.database.read() as connection:
            return people.find(connection, who).number

    def record(connection: sa.Connection, actor: access.Actor, action: str, name: str) -> None:
        access.record(connection, actor, action, name, now=stores.now())

    return campaigns_http.CampaignParts(
        campaigns=build_campaigns(stores), database=stores.database, find=find, record=record, now=stores.now
    )


def _surveys(stores: Stores) -> feedback_http.SurveyParts:
    def record(connection: sa.Connection, actor: access.Actor, action: str, name: str) -> None:
        access.record(connection, actor, action, name, now=stores.now())

    return feedback_http.SurveyParts(
        feedback=build_feedback(stores), database=stores.database, record=record, now=stores.now
    )


def _contact(stores: Stores, people: People) -> contact_http.ContactParts:
    return contact_http.ContactParts(
        database=stores.database,
        contact=build_contact(stores),
        links=build_links(stores),
        find=people.find,
        zone=stores.settings.timezone,
        now=stores.now,
    )


def _channels(stores: Stores, sources: SourceBook, door: Door) -> Router:
    key, settings = stores.installation().key, stores.settings
    customers = contact_http.Customers(
        database=stores.database, sources=sources, key=key, region=settings.region, now=stores.now
    )
    reporting = contact_http.Reporting(
        database=stores.database,
        key=key,
        region=settings.region,
        address=settings.address,
        now=stores.now,
    )
    return contact_http.channel_routes(customers, reporting, door)


def _following(stores: Stores, intake: Intake) -> contact_http.Following:
    return contact_http.Following(
        database=stores.database,
        contact=build_contact(stores),
        links=build_links(stores),
        say=OwnFacts(intake, stores.database, stores.now).tell,
        now=stores.now,
    )


def _answering(
    stores: Stores, desk: Desk, content: Content, intake: Intake, sources: SourceBook
) -> respondent.RespondentRoom:
    key, settings = stores.installation().key, stores.settings
    customers = contact_http.Customers(
        database=stores.database, sources=sources, key=key, region=settings.region, now=stores.now
    )

    def person(request: AnyRequest) -> Person | None:
        shown = request.headers.get("authorization", "")
        return customers.person(shown[7:]) if shown.startswith("Bearer ") else None

    return respondent.RespondentRoom(
        desk=desk,
        database=stores.database,
        feedback=build_feedback(stores),
        links=build_survey_links(stores),
        tell=OwnFacts(intake, stores.database, stores.now).tell,
        colour=lambda connection: content.organisation(connection).colour,
        files=Files(settings.exports),
        person=person,
        key=key,
        address=settings.address,
        zone=settings.timezone,
        secure=settings.secure_cookies,
        now=stores.now,
    )


def _operation(stores: Stores, collecting: CollectApp) -> list[ControllerRouterHandler]:
    @get("/health", sync_to_thread=True, summary="Whether Beleef can do its work", tags=["Operation"])
    def health() -> Response[operation.Health]:
        found = operation.health(stores, beleef.__version__)
        return Response(found, status_code=503 if found.why else 200)

    @get(
        "/metrics",
        sync_to_thread=True,
        media_type=MediaType.TEXT,
        summary="Figures for Prometheus",
        tags=["Operation"],
    )
    def metrics() -> str:
        return operation.metrics(stores, collecting.counter)

    return [health, metrics]


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="A token from `beleef tokens add`.")
    return OpenAPIConfig(
        title="Beleef",
        version=beleef.__version__,
        path="/schema",
        # The readable page is our own, at /reference: the usual viewers load their scripts from elsewhere.
        render_plugins=[JsonRenderPlugin()],
        components=Components(security_schemes={"token": bearer}),
        security=[{"token": []}],
    )


def _answer(status: int, code: str, message: str, hint: str) -> Response[Any]:
    return Response(
        {"code": code, "message": message, "hint": hint}, status_code=status, media_type=MediaType.JSON
    )


def _refusals(desk: Desk) -> dict[int | type[Exception], Callable[..., Response[Any]]]:
    """Return what answers when something cannot be done: a page for those who read pages, JSON for programs."""

    def refusal(request: AnyRequest, error: BeleefError) -> Response[Any]:
        return desk.refuse(request, error) if wants_html(request) else _refusal(error)

    def invalid(request: AnyRequest, error: ValidationException) -> Response[Any]:
        response = _invalid(error)
        return _as_page(desk, request, response) if wants_html(request) else response

    def http_refusal(request: AnyRequest, error: HTTPException) -> Response[Any]:
        response = _http_refusal(error)
        return _as_page(desk, request, response) if wants_html(request) else response

    def unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
        _log.error(
            "request_failed", path_template=str(request.scope.get("path_template", "")), exc_info=error
        )
        response = _answer(
            500,
            "internal_error",
            "Something went wrong inside Beleef.",
            "It has been logged; please report it.",
        )
        return _as_page(desk, request, response) if wants_html(request) else response

    return {
        BeleefError: refusal,
        ValidationException: invalid,
        HTTPException: http_refusal,
        Exception: unexpected,
    }


def _as_page(desk: Desk, request: AnyRequest, response: Response[Any]) -> Response[Any]:
    said = response.content
    code = "no_such_page" if response.status_code == 404 else said["code"]
    page = desk.error(
        request, status=response.status_code or 500, code=code, message=said["message"], hint=said["hint"]
    )
    page.headers.update(response.headers)
    return page


def _refusal(error: BeleefError) -> Response[Any]:
    response = _answer(status_of(error), error.code, error.message, error.hint)
    if isinstance(error, TooManyRequests):
        response.headers["retry-after"] = str(error.retry_after_s)
    return response


def _invalid(error: ValidationException) -> Response[Any]:
    extra = error.extra if isinstance(error.extra, list) else []
    said = "; ".join(
        f"{one.get('key', 'body')}: {one.get('message', '')}" for one in extra if isinstance(one, dict)
    )
    return _answer(400, "invalid_input", said or error.detail, "See /reference for what this takes.")


def _http_refusal(error: HTTPException) -> Response[Any]:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
    code = codes.get(error.status_code, "invalid_input")
    response = _answer(error.status_code, code, error.detail, "See /reference for what there is.")
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response

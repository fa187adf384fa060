"""The doors of the staff's pages: signing in and out, and the switches of language and theme; and the pages of staff, tokens and audit."""

import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api, password_page, staff_pages, token_pages
from beleef.access.desk import LANGUAGE_COOKIE, THEME_COOKIE, Answers, AnyRequest, Desk, own_path
from beleef.access.door import COOKIE
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput, TooManyRequests
from beleef.store.records.database import Database
from beleef.ui.forms import Fieldset, Form, Hidden, Input
from beleef.ui.page import THEMES, SignIn
from beleef.ui.words import LANGUAGES

TEMPLATES: Final = Path(__file__).parent / "templates"
"""The folder that the renderer knows as ``access``."""


def routes(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    """Return the pages of access."""
    return [
        *_signing(desk, database, now),
        *_switches(desk, database),
        *password_page.routes(desk, database, now),
        *staff_pages.routes(desk, database, now),
        *token_pages.routes(desk, database, now),
    ]


def _signing(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    @get("/sign-in", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        wanted = request.query_params.get("next", "/")
        if desk.is_known(request):
            return desk.redirect(wanted)
        return desk.html("ui/sign_in.html", _sign_in(desk, request, wanted))

    @post("/sign-in")
    async def enter(request: AnyRequest) -> Response[str]:
        _, answers = await desk.open_form(request)
        wanted, email = answers.get("next", "/"), answers.get("email", "")
        words = desk.words(request)
        try:
            secret = await asyncio.to_thread(_try, database, answers, now())
        except TooManyRequests as error:
            said = words.gettext("Too many tries. Try again in a quarter of an hour.")
            view = _sign_in(desk, request, wanted, email=email, error=said)
            response = desk.html("ui/sign_in.html", view, status=429)
            response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        if secret is None:
            said = words.gettext("Address and password do not belong together.")
            view = _sign_in(desk, request, wanted, email=email, error=said)
            return desk.html("ui/sign_in.html", view, status=400)
        response = desk.redirect(wanted)
        response.set_cookie(desk.cookie(COOKIE, secret, max_age_s=api.SESSION_S))
        return response

    @post("/sign-out")
    async def leave(request: AnyRequest) -> Response[str]:
        await desk.open_form(request)
        secret = request.cookies.get(COOKIE, "")
        await asyncio.to_thread(_end, database, secret)
        response = desk.redirect("/sign-in")
        response.delete_cookie(COOKIE)
        return response

    return [ask, enter, leave]


def _switches(desk: Desk, database: Database) -> list[HTTPRouteHandler]:
    @post("/theme")
    async def theme(request: AnyRequest) -> Response[str]:
        _, answers = await desk.open_form(request)
        chosen = _one_of(answers.get("theme", ""), THEMES)
        response = desk.redirect(answers.get("back_to", "/"))
        response.set_cookie(desk.lasting_cookie(THEME_COOKIE, chosen))
        return response

    @post("/language")
    async def language(request: AnyRequest) -> Response[str]:
        actor, answers = await desk.open_form(request)
        chosen = _one_of(answers.get("language", ""), LANGUAGES)
        if actor is not None:
            await asyncio.to_thread(_keep_language, database, actor.id, chosen)
        response = desk.redirect(answers.get("back_to", "/"))
        response.set_cookie(desk.lasting_cookie(LANGUAGE_COOKIE, chosen))
        return response

    return [theme, language]


def _sign_in(
    desk: Desk, request: AnyRequest, wanted: str, *, email: str = "", error: str | None = None
) -> SignIn:
    words = desk.words(request)
    page = desk.outside(request, words.gettext("Sign in"), lead=desk.organisation)
    wanted = own_path(wanted)
    # The switches of language and theme lead back here, also from a form that was refused, and the way on must not be lost.
    page = msgspec.structs.replace(page, path="/sign-in?" + urlencode({"next": wanted}))
    fields = (
        Hidden(name="next", value=wanted),
        Input(
            name="email",
            label=words.gettext("E-mail address"),
            type="email",
            value=email,
            autocomplete="username",
            error=error,
        ),
        Input(
            name="password",
            label=words.gettext("Password"),
            type="password",
            autocomplete="current-password",
        ),
    )
    form = Form(
        name="sign-in",
        action="/sign-in",
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Sign in"),
    )
    return SignIn(page=page, form=form)


def _try(database: Database, answers: Answers, now: int) -> str | None:
    return api.sign_in(
        database, email=answers.get("email", ""), password=answers.get("password", ""), now=now
    )


def _end(database: Database, secret: str) -> None:
    with database.write() as connection:
        api.sign_out(connection, secret)


def _keep_language(database: Database, number: int, language: str) -> None:
    with database.write() as connection:
        api.change_member(connection, number, language=language)


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise InvalidInput("There is no such choice.", hint=f"Choose from {', '.join(known)}.")
    return text

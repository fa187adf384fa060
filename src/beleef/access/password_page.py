"""The page on which members of staff change their own password; afterwards they sign in anew, everywhere."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api
from beleef.access.desk import AnyRequest, Desk, Visit
from beleef.access.door import COOKIE
from beleef.access.model import Role
from beleef.access.staff_pages import FormPage, error_at_field
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.ui.components import Link
from beleef.ui.forms import Fieldset, Form, Input


def routes(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    """Return the page and what it sends."""

    @get("/password", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        return desk.html("access/form.html", _page(desk.open(request, Role.reader), {}))

    @post("/password")
    async def change(request: AnyRequest) -> Response[str]:
        visit, given = await desk.form(request, Role.reader)
        try:
            await asyncio.to_thread(
                api.change_password,
                database,
                visit.actor,
                old=given.get("old", ""),
                new=given.get("password", ""),
            )
        except InvalidInput as error:
            return desk.html("access/form.html", _page(visit, _errors(error, visit)), status=400)
        await asyncio.to_thread(_record, database, visit, now())
        words = visit.words
        response = desk.redirect(
            "/sign-in", flash=words.gettext("Your password is changed. Sign in with the new one.")
        )
        response.delete_cookie(COOKIE)
        return response

    return [ask, change]


def _errors(error: InvalidInput, visit: Visit) -> dict[str, str]:
    if error.code == "wrong_password":
        return {"old": visit.words.gettext("That is not your present password.")}
    return error_at_field(error, visit.words)


def _page(visit: Visit, errors: dict[str, str]) -> FormPage:
    words = visit.words
    fields = (
        Input(
            name="old",
            label=words.gettext("Present password"),
            type="password",
            autocomplete="current-password",
            error=errors.get("old"),
        ),
        Input(
            name="password",
            label=words.gettext("New password"),
            type="password",
            autocomplete="new-password",
            help=words.gettext("10 characters or more; a few words that do not belong together do well."),
            error=errors.get("password"),
        ),
    )
    return FormPage(
        page=visit.page(
            words.gettext("Change your password"),
            active="",
            lead=words.gettext("You are signed out everywhere, and sign in with the new one."),
        ),
        form=Form(
            name="password",
            action="/password",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Change"),
            cancel=Link(text=words.gettext("Cancel"), href="/"),
        ),
    )


def _record(database: Database, visit: Visit, now: int) -> None:
    with database.write() as connection:
        api.record(connection, visit.actor, "staff.password", str(visit.actor.id), now=now)

"""The views that colleagues keep for themselves: what the inbox is filtered by now, under a name, as a tab that only they see."""

from collections.abc import Mapping
from typing import Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit, own_path
from beleef.kernel.errors import InvalidInput
from beleef.support import view_queries
from beleef.support.pages.parts import SupportRoom, filled, in_thread, open_agent
from beleef.ui.forms import Fieldset, Form, Hidden, Input
from beleef.ui.words import Words

_MOST: Final = 12
"""Tabs that somebody can overlook."""
_LONGEST_NAME, _LONGEST_ADDRESS = 40, 1_000


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return what keeps a view and what removes one."""

    @post("/cases/views")
    async def keep(request: AnyRequest) -> Response[str]:
        visit, given = await open_agent(room, request)
        address = await in_thread(_keep, room, visit, given)
        return room.desk.redirect(address, flash=visit.words.gettext("The view is kept; only you see it."))

    @post("/cases/views/remove")
    async def remove(request: AnyRequest) -> Response[str]:
        visit, given = await open_agent(room, request)
        await in_thread(_remove, room, visit, filled(given, "name"))
        return room.desk.redirect("/cases", flash=visit.words.gettext("The view is removed."))

    return [keep, remove]


def view_form(address: str, own: Mapping[str, str], words: Words, *, is_filtered: bool) -> Form | None:
    """Return the form that keeps what the inbox is asked now, or removes it where it is kept; None where nothing is asked.

    Args:
        address: Of the inbox as it is now.
        own: Somebody's views: addresses by name.
        words: The reader's.
        is_filtered: Whether the inbox is asked for more than a view.
    """
    name = next((name for name, kept in own.items() if kept == address), "")
    if name:
        return Form(
            name="own-view",
            action="/cases/views/remove",
            sections=(Fieldset(fields=(Hidden(name="name", value=name),)),),
            submit=words.gettext("Remove the view “%(name)s”", name=name),
        )
    if not is_filtered or len(own) >= _MOST:
        return None
    fields = (
        Hidden(name="address", value=address),
        Input(name="name", label=words.gettext("Name of the view")),
    )
    return Form(
        name="own-view",
        action="/cases/views",
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Keep the view"),
    )


def _keep(room: SupportRoom, visit: Visit, given: Answers) -> str:
    name, address = filled(given, "name")[:_LONGEST_NAME], own_path(filled(given, "address"))
    if not name or not address.startswith("/cases?") or len(address) > _LONGEST_ADDRESS:
        raise InvalidInput("That view cannot be kept.", hint="Filter the inbox, and give the view a name.")
    owner = visit.actor.email
    with room.database.write() as connection:
        known = view_queries.views_of(connection, owner)
        if name not in known and len(known) >= _MOST:
            raise InvalidInput("Those are too many views.", hint="Remove one first.")
        view_queries.keep(connection, owner, name, address)
    return address


def _remove(room: SupportRoom, visit: Visit, name: str) -> None:
    with room.database.write() as connection:
        view_queries.remove(connection, visit.actor.email, name)

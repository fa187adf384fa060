"""Saving a form of a draft: back to the editor where it can be kept, else the form once more with what is wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Response

from beleef.access.desk import Visit
from beleef.feedback.api import StoredSurvey
from beleef.feedback.pages.drafting import Data, change, told
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.parts import FeedbackRoom, href
from beleef.kernel.errors import Conflict, InvalidInput


def stored_of(room: FeedbackRoom, name: str) -> StoredSurvey:
    """Return a survey as it is kept.

    Raises:
        NotFound: there is none of that name.
    """
    with room.database.read() as connection:
        return room.feedback.survey(connection, name)


async def keep(
    room: FeedbackRoom,
    visit: Visit,
    name: str,
    edit: Callable[[Data], Any],
    again: Callable[[str], FormPage],
    *,
    anchor: str = "",
) -> Response[str]:
    """Change a draft as a form says, and answer the browser.

    Args:
        room: What the pages work with.
        visit: Who sent the form.
        name: The survey.
        edit: Changes the data in place.
        again: Makes the form once more, with what is wrong.
        anchor: Where to look on the editor's page, with its ``#``.
    """
    try:
        await asyncio.to_thread(change, room, visit.actor, name, edit)
    except (InvalidInput, Conflict) as error:
        page = again(told(error, visit.words))
    except ValueError:
        page = again(visit.words.gettext("One of the numbers is none."))
    else:
        return room.desk.redirect(
            href(name, "/edit") + anchor, flash=visit.words.gettext("The draft is saved.")
        )
    return room.desk.html("feedback/form.html", page, status=400)

"""The pages of support: for staff cases, knowledge and settings; for customers help and their own case. To add one, copy ``causes.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.support.pages import (
    acts,
    articles,
    asking,
    bulk,
    case,
    causes,
    closing,
    figures,
    general,
    help,  # noqa: A004 -- the module is named after the page's address
    inbox,
    mailboxes,
    matter,
    new_case,
    own_views,
    settings,
)
from beleef.support.pages.parts import Colleague, SupportRoom
from beleef.support.pages.public import Visits

__all__ = ["STATIC", "TEMPLATES", "Colleague", "SupportRoom", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``support``."""

STATIC: Final = Path(__file__).parent.parent / "static"
"""Style and scripts that only these pages load."""


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages of support, those of customers included."""
    visits = Visits(room.key)
    return [
        *inbox.routes(room),
        *bulk.routes(room),
        *own_views.routes(room),
        *new_case.routes(room),
        *figures.routes(room),
        *causes.routes(room),
        *general.routes(room),
        *mailboxes.routes(room),
        *settings.routes(room),
        *case.routes(room),
        *acts.routes(room),
        *closing.routes(room),
        *articles.routes(room),
        *help.routes(room, visits),
        *asking.routes(room, visits),
        *matter.routes(room),
    ]

"""The customer pages of staff: people, one person, accounts, computed traits. To add a page, copy ``accounts.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.profiles.pages import accounts, contact, deciding, definitions, people, person
from beleef.profiles.pages.parts import CustomerRoom

__all__ = ["TEMPLATES", "CustomerRoom", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``profiles``."""


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all customer pages."""
    return [
        *people.routes(room),
        *person.routes(room),
        *contact.routes(room),
        *deciding.routes(room),
        *accounts.routes(room),
        *definitions.routes(room),
    ]

"""The staff's pages about audiences. To add a page, copy ``listing.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.audiences.pages import audience, editing, handing, listing, people
from beleef.audiences.pages.looking import Looking
from beleef.audiences.pages.of_person import AudiencesOf
from beleef.audiences.pages.parts import AudienceRoom

__all__ = ["TEMPLATES", "AudienceRoom", "AudiencesOf", "Looking", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``audiences``."""


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages about audiences."""
    return [
        *listing.routes(room),
        *editing.routes(room),
        *audience.routes(room),
        *people.routes(room),
        *handing.routes(room),
    ]

"""The doors of collect's pages: Live, Sources and the Quarantine."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Desk
from beleef.collect import key_pages, live_pages, quarantine_pages, source_pages
from beleef.collect.api import OwnFacts
from beleef.collect.http import Collecting

TEMPLATES: Final = Path(__file__).parent / "templates"
"""The folder that the renderer knows as ``collect``."""


def routes(desk: Desk, parts: Collecting, own: OwnFacts) -> list[HTTPRouteHandler]:
    """Return the pages of collect.

    Args:
        desk: Where those who ask are received.
        parts: What the JSON routes of collect work with too.
        own: The way into the log for what staff replay.
    """
    return [
        *live_pages.routes(desk, parts),
        *source_pages.routes(desk, parts),
        *key_pages.routes(desk, parts),
        *quarantine_pages.routes(desk, parts, own),
    ]

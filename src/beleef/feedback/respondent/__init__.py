"""Where customers answer: pages by personal and open links, the landing of scores in mails, and the widget on other sites.

Opening a page records nothing; only what is sent does. A golden sample: to add a way to a survey, follow ``OpenWay``.
"""

import hashlib
from pathlib import Path
from typing import Final

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from beleef.feedback.respondent import files, landing, ways, widget
from beleef.feedback.respondent.compacting import compacted
from beleef.feedback.respondent.mail import prepare
from beleef.feedback.respondent.room import RespondentRoom
from beleef.feedback.respondent.trying import Trying
from beleef.feedback.respondent.widget import OPEN_PATHS

__all__ = [
    "OPEN_PATHS",
    "STATIC",
    "TEMPLATES",
    "RespondentRoom",
    "Trying",
    "json_routes",
    "prepare",
    "routes",
]

_HERE: Final = Path(__file__).parent
TEMPLATES: Final = _HERE / "templates"
"""The folder that the renderer knows as ``respondent``."""
STATIC: Final = _HERE / "static"
"""Folder of style and script of these pages, for ``ui.static.load``."""


def routes(room: RespondentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages, and of the widget's script."""
    script = compacted((_HERE / "widget.js").read_text(encoding="utf-8")).encode()
    etag = '"' + hashlib.sha256(script).hexdigest()[:20] + '"'
    return [
        *ways.routes(room),
        *landing.routes(room),
        *widget.files(script, etag),
        *files.routes(room),
    ]


def json_routes(room: RespondentRoom) -> Router:
    """Return the routes that the widget asks; see ``OPEN_PATHS`` for those that other sites' pages may."""
    return widget.routes(room)

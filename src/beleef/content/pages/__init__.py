"""The pages of what is said: messages and blocks with their editor, feeds, pictures, the sender. To add one, copy ``feeds.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.content.examples import Examples, PastFact
from beleef.content.pages import (
    editor,
    feeds,
    files,
    languages,
    lists,
    naming,
    pictures,
    previews,
    sender,
    versions,
)
from beleef.content.pages.parts import ContentRoom, SendTest, UsedBy

__all__ = ["TEMPLATES", "ContentRoom", "Examples", "PastFact", "SendTest", "UsedBy", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``content``."""


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages."""
    return [
        *lists.routes(room),
        *files.routes(room),
        *naming.routes(room),
        *editor.routes(room),
        *languages.routes(room),
        *previews.routes(room),
        *versions.routes(room),
        *feeds.routes(room),
        *pictures.routes(room),
        *sender.routes(room),
    ]

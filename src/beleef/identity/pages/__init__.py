"""The staff pages about identity: namespaces, what was left out, proposals, erased identifiers."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.identity.pages import left_out, namespaces, reviewing
from beleef.identity.pages.parts import IdentityRoom

__all__ = ["TEMPLATES", "IdentityRoom", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``identity``."""


def routes(room: IdentityRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages about identity."""
    return [*namespaces.routes(room), *left_out.routes(room), *reviewing.routes(room)]

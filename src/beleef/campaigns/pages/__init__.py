"""The campaign pages of staff: the list, a campaign with its figures, the editor, trying out, planning. To add a page, copy ``planning.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.campaigns.pages import (
    beginning,
    campaign,
    changing,
    editor,
    in_flight,
    overview,
    planning,
    simulating,
    steps,
    whole,
)
from beleef.campaigns.pages.parts import CampaignRoom

__all__ = ["TEMPLATES", "CampaignRoom", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``campaigns``."""


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all campaign pages."""
    return [
        *overview.routes(room),
        *beginning.routes(room),
        *planning.routes(room),
        *campaign.routes(room),
        *in_flight.routes(room),
        *editor.routes(room),
        *steps.routes(room),
        *whole.routes(room),
        *changing.routes(room),
        *simulating.routes(room),
    ]

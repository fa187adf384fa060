"""The staff pages of feedback: surveys with their editor and results, figures, key drivers, what people write. To add one, copy ``drivers.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.feedback.figures import solved
from beleef.feedback.pages import (
    bringing_in,
    drivers,
    editor,
    life,
    listening,
    overview,
    page_form,
    person,
    quality,
    questions,
    reaching,
    responses,
    results,
    scores,
    themes,
    whole,
)
from beleef.feedback.pages.parts import FeedbackRoom, PersonHead

__all__ = ["TEMPLATES", "FeedbackRoom", "PersonHead", "routes", "solved"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``feedback``."""


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all staff pages of feedback."""
    return [
        *overview.routes(room),
        *life.routes(room),
        *results.routes(room),
        *editor.routes(room),
        *questions.routes(room),
        *page_form.routes(room),
        *whole.routes(room),
        *reaching.routes(room),
        *responses.routes(room),
        *bringing_in.routes(room),
        *scores.routes(room),
        *drivers.routes(room),
        *listening.routes(room),
        *themes.routes(room),
        *quality.routes(room),
        *person.routes(room),
    ]

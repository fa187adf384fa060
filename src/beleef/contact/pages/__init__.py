"""The pages of contact: for staff pressure, rules, channels and what went out; for recipients what they want to get. To add one, copy ``topics.py``."""

from pathlib import Path
from typing import Final

from litestar.handlers import HTTPRouteHandler

from beleef.contact.pages import (
    attention,
    calls,
    channels,
    leaving,
    letters,
    outbox,
    person,
    preferences,
    pressure,
    reading,
    rules,
    topics,
)
from beleef.contact.pages.parts import ContactRoom, PersonHead, ViewedMessage
from beleef.contact.pages.public import Pace

__all__ = ["TEMPLATES", "ContactRoom", "PersonHead", "ViewedMessage", "routes"]

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
"""The folder that the renderer knows as ``contact``."""


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the routes of all pages of contact, those of recipients included."""
    pace = Pace()
    return [
        *pressure.routes(room),
        *rules.routes(room),
        *topics.routes(room),
        *channels.routes(room),
        *attention.routes(room),
        *outbox.routes(room),
        *letters.routes(room),
        *calls.routes(room),
        *person.routes(room),
        *preferences.routes(room, pace),
        *leaving.routes(room, pace),
        *reading.routes(room, pace),
    ]

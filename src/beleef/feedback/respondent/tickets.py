"""What the widget is given for one survey on one visit: signed, so that its frame knows whom it belongs to and which page may show it."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer

from beleef.feedback.model import StoredSurvey
from beleef.feedback.recording import Respondent, newcomer
from beleef.identity import api as identity
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, NotFound

_LONGEST: Final = 4_000
_LASTS: Final = DAY


class Ticket(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A visit's leave to answer one survey.

    Attributes:
        survey: Name of the survey.
        response: Number of the response: what was shown, opened and answered belongs together.
        at: When it was given, in microseconds; it holds for a day.
        language: The language wished for.
        origin: Origin of the page that shows it.
        person: Number of the customer who is signed in there; 0 for nobody known.
        device: The browser's own number, where the visitor agreed to one; empty for none.
        touchpoint: What is asked about.
    """

    survey: str
    response: str
    at: int
    language: str
    origin: str
    person: int = 0
    device: str = ""
    touchpoint: str = ""


class Tickets:
    """Signs tickets and reads them.

    Args:
        key: The installation's key.
    """

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeSerializer(key, salt="feedback.ticket")

    def write(self, ticket: Ticket) -> str:
        """Return a ticket as part of an address."""
        return str(self._signer.dumps(msgspec.to_builtins(ticket)))

    def read(self, text: str, now: int) -> Ticket:
        """Return what a ticket says.

        Raises:
            NotFound: it is none of ours.
            Conflict: it ended.
        """
        try:
            ticket = msgspec.convert(self._signer.loads(text[:_LONGEST]), Ticket)
        except (BadData, msgspec.ValidationError) as error:
            raise NotFound(
                "This link does not work.", hint="Load the page again.", code="unknown_link"
            ) from error
        if now - ticket.at > _LASTS:
            raise Conflict("This link ended.", hint="Load the page again.", code="survey_expired")
        return ticket


def visitor(connection: sa.Connection, stored: StoredSurvey, ticket: Ticket, language: str) -> Respondent:
    """Return who answers on a visit: a customer or a device where that is known and may be told, else somebody.

    Raises:
        Conflict: the survey takes no answers; code ``survey_closed``.
    """
    who = newcomer(stored, "widget", language, touchpoint=ticket.touchpoint, response=ticket.response)
    naming = _naming(connection, ticket) if who.survey.anonymity == "none" else {}
    sitting = msgspec.structs.replace(who.sitting, is_personal=bool(naming))
    return msgspec.structs.replace(who, naming=naming, sitting=sitting)


def _naming(connection: sa.Connection, ticket: Ticket) -> dict[str, Any]:
    person = identity.person(connection, ticket.person) if ticket.person else None
    if person is not None:
        return identity.naming(person, {})
    return {"anonymousId": ticket.device} if ticket.device else {}

"""What the respondents' pages work with, and who sits down to answer what."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from beleef.access.desk import AnyRequest, Desk
from beleef.feedback.model import Answer, Sitting, Survey
from beleef.feedback.recording import Respondent
from beleef.feedback.respondent.finishing import Finishing, Tell
from beleef.feedback.respondent.limits import Counts
from beleef.feedback.respondent.sheet import Sheets
from beleef.identity.api import Person
from beleef.kernel.clock import Clock
from beleef.store.files import Files
from beleef.store.records.database import Database

if TYPE_CHECKING:
    from beleef.feedback.api import Feedback, SurveyLinks


class RespondentRoom:
    """What the pages work with.

    Args:
        desk: Draws pages.
        database: The state.
        feedback: The surveys.
        links: Signs addresses of surveys.
        tell: Brings answers into the log.
        colour: The organisation's colour, ``#rrggbb``.
        files: Where files are kept that respondents send.
        person: Who asks, for the widget, by the person token that they show; None for nobody known.
        key: The installation's key.
        address: The installation's public address.
        zone: The organisation's time zone, an IANA name.
        secure: Whether cookies may only travel over HTTPS.
        now: The clock.
    """

    def __init__(
        self,
        *,
        desk: Desk,
        database: Database,
        feedback: "Feedback",
        links: "SurveyLinks",
        tell: Tell,
        colour: Callable[[sa.Connection], str],
        files: Files,
        person: Callable[[AnyRequest], Person | None],
        key: bytes,
        address: str,
        zone: str,
        secure: bool,
        now: Clock,
    ) -> None:
        self.desk = desk
        self.database = database
        self.feedback = feedback
        self.links = links
        self.tell = tell
        self.colour = colour
        self.files = files
        self.person = person
        self.key = key
        self.address = address.rstrip("/")
        self.zone = zone
        self.secure = secure
        self.now = now
        self.finishing = Finishing(database, feedback, tell, now)
        self.sheets = Sheets(key)
        self.pace = Counts(most=120, seconds=60)
        # At a till many people share one network, and all of them one link.
        self.open_pace = Counts(most=600, seconds=60)
        self.starts = Counts(most=300, seconds=24 * 3600)


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at a survey, and how they came to it.

    Attributes:
        path: Path of the page, to which its forms go.
        respondent: Who they are, and what they answer.
        is_test: Whether nothing is kept.
        parent: Origin of the page that shows it in a frame; empty for none.
        frames: Origins of pages that may.
        cookie: Name of the cookie that remembers that this browser answered; empty for none.
        flags: What looks odd about how they came.
    """

    path: str
    respondent: Respondent
    is_test: bool = False
    parent: str = ""
    frames: tuple[str, ...] = ()
    cookie: str = ""
    flags: tuple[str, ...] = ()

    @property
    def survey(self) -> Survey:
        """Return the version they answer."""
        return self.respondent.survey

    @property
    def sitting(self) -> Sitting:
        """Return what all their answers say along."""
        return self.respondent.sitting

    @property
    def before(self) -> dict[str, Answer]:
        """Return what they answered before, by field."""
        return {field: one.answer for field, one in self.respondent.kept.items()}

    def with_sitting(self, sitting: Sitting) -> "Seat":
        """Return the seat of the same respondent, whose answers say something else along."""
        respondent = msgspec.structs.replace(self.respondent, sitting=sitting)
        return msgspec.structs.replace(self, respondent=respondent)

    @property
    def tells_opening(self) -> bool:
        """Whether it is told that somebody looks at it: where its address says which response it is."""
        return self.survey.anonymity == "none" and not self.is_test and not self.cookie

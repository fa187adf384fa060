"""What the staff pages of feedback share: the things they work with, addresses, tabs, and how kinds and states are called."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Desk, Visit
from beleef.access.model import Actor, Role
from beleef.feedback.api import Feedback, Question, StoredSurvey, Survey, SurveyLinks, said
from beleef.feedback.respondent.trying import Trying
from beleef.feedback.telling import without_values
from beleef.feedback.voices.keeping import Kept
from beleef.identity.api import Person
from beleef.kernel.clock import Clock
from beleef.store.records.database import Database
from beleef.ui.components import Badge, Icon, Link, TabLink
from beleef.ui.forms import Option
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

SURVEYS: Final = "/surveys"

KINDS: Final[Mapping[str, str]] = {
    "relation": N_("About the whole relation, over and over"),
    "transactional": N_("After something happened"),
    "open": N_("Open to whoever comes"),
}
PROMISES: Final[Mapping[str, str]] = {
    "none": N_("By name: answers are the person's"),
    "pseudonymous": N_("Under a number: nobody sees whose"),
    "anonymous": N_("Anonymous: only groups are ever shown"),
}
QUESTION_KINDS: Final[Mapping[str, str]] = {
    "nps": N_("Recommendation (NPS), 0 to 10"),
    "ces": N_("Effort (CES), 1 to 7"),
    "csat": N_("Satisfaction (CSAT), 1 to 5"),
    "rating": N_("Rating"),
    "open": N_("Own words"),
    "one": N_("One choice"),
    "many": N_("Several choices"),
    "matrix": N_("Table of choices"),
    "ranking": N_("Ranking"),
    "number": N_("Number"),
    "date": N_("Date"),
    "file": N_("File"),
    "consent": N_("Consent"),
    "contact_me": N_("May we contact you?"),
}
LOOKS: Final[Mapping[str, Icon]] = {
    "nps": "heart",
    "ces": "level",
    "csat": "smile",
    "rating": "star",
    "open": "chat",
    "one": "check",
    "many": "check",
    "matrix": "overview",
    "ranking": "arrow-up",
    "number": "code",
    "date": "calendar",
    "file": "document",
    "consent": "consent",
    "contact_me": "phone",
}
DELIVERIES: Final[Mapping[str, str]] = {
    "email": N_("E-mail"),
    "link": N_("Link"),
    "qr": N_("QR code"),
    "widget": N_("Web widget"),
    "inbox": N_("Inbox"),
    "portal": N_("Portal"),
    "phone": N_("Phone"),
    "import": N_("Import"),
}
FLAGS: Final[Mapping[str, str]] = {
    "speeder": N_("answered faster than anybody can read"),
    "straight_line": N_("gave the same answer everywhere"),
    "duplicate": N_("answered more than once"),
    "scanner": N_("clicked by a mail scanner"),
    "employee": N_("an employee"),
    "unconfirmed": N_("first click in the mail, not sent"),
}


class PersonHead(msgspec.Struct, frozen=True, kw_only=True):
    """The top of a person's page: the frame, the tabs, and who it is."""

    page: Page
    tab_links: tuple[TabLink, ...]
    person: Person
    name: str


class FeedbackRoom(msgspec.Struct, kw_only=True):
    """What the staff pages of feedback work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: The state.
        feedback: Surveys, who was asked, and answers within each survey's promise.
        links: Makes the addresses that respondents open.
        trying: Makes the addresses at which a draft is tried.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        head: The top of a person's page, by the number in its address.
        called: Page and name of the person behind each subject.
        audiences: Name and label of every audience.
        members: All subjects of an audience's members.
        departments: Name and label of every department.
        tell: Brings answers into the log, and returns when they are on disk.
        now: The clock.
    """

    desk: Desk
    database: Database
    feedback: Feedback
    links: SurveyLinks
    trying: Trying
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    head: Callable[[Visit, str, str], PersonHead]
    called: Callable[[sa.Connection, Collection[int]], Mapping[int, Link]]
    audiences: Callable[[sa.Connection], list[tuple[str, str]]]
    members: Callable[[sa.Connection, str], frozenset[int]]
    departments: Callable[[sa.Connection], list[tuple[str, str]]]
    tell: Callable[[Sequence[dict[str, Any]]], Awaitable[object]]
    now: Clock


def href(name: str, rest: str = "", **query: str | None) -> str:
    """Return the address of a survey's page, or of one below it, with the parts of a query that are not empty."""
    return with_query(f"{SURVEYS}/{name}{rest}", **query)


def with_query(path: str, **query: str | None) -> str:
    """Return a path with the parts of a query that are not empty."""
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def crumbs(words: Words, stored: StoredSurvey | None = None) -> tuple[Link, ...]:
    """Return the way to a page below the list, or below a survey."""
    way = (Link(text=words.gettext("Surveys"), href=SURVEYS),)
    if stored is None:
        return way
    return (*way, Link(text=stored.survey.label, href=href(stored.survey.name)))


def tabs(stored: StoredSurvey, active: str, visit: Visit) -> tuple[TabLink, ...]:
    """Return the tabs of a survey."""
    words, name = visit.words, stored.survey.name
    found = [
        ("", words.gettext("Results"), True),
        ("/responses", words.gettext("Responses"), stored.survey.anonymity != "anonymous"),
        ("/asked", words.gettext("Who was asked"), stored.survey.kind != "open"),
        ("/edit", words.gettext("Draft"), visit.may(Role.editor)),
        ("/links", words.gettext("Links and QR codes"), True),
        ("/yaml", words.gettext("YAML"), True),
    ]
    return tuple(
        TabLink(label=label, href=href(name, rest), active=rest == active)
        for rest, label, is_shown in found
        if is_shown
    )


def state_badge(stored: StoredSurvey, words: Words) -> Badge:
    """Return the state of a survey in a word."""
    match stored.state:
        case "active":
            return Badge(text=words.gettext("asks"), tone="good")
        case "paused":
            return Badge(text=words.gettext("paused"), tone="warn", icon="pause")
        case "closed":
            return Badge(text=words.gettext("closed"))
        case "draft":
            return Badge(text=words.gettext("draft"), tone="accent", icon="edit")


def called(labels: Mapping[str, str], name: str, words: Words) -> str:
    """Return what people call one of a table's names."""
    return words.gettext(labels[name]) if name in labels else name


def options(labels: Mapping[str, str], words: Words, *, empty: str | None = None) -> tuple[Option, ...]:
    """Return a table's names to choose from, with a first one for none."""
    first = () if empty is None else (Option(value="", label=empty),)
    return (*first, *(Option(value=one, label=words.gettext(label)) for one, label in labels.items()))


def question_text(survey: Survey, question: Question, words: Words) -> str:
    """Return a question in the reader's language, or in any; what is filled in for each respondent is an ellipsis."""
    text = said(question.text, words.language, survey.default_language)
    return without_values(text) or question.id


def in_force(stored: StoredSurvey) -> Survey:
    """Return the definition that answers were given to: the published one, or the draft where there is none yet."""
    return stored.published or stored.survey


def promises(feedback: Feedback, connection: sa.Connection) -> Kept:
    """Return what each survey promised its respondents, by its name."""
    return {one.survey.name: one.survey.anonymity for one in feedback.surveys(connection)}

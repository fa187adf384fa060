"""What feedback speaks of beside the survey itself: its versions, invitations, responses and answers, and what may be seen of them.

Moments are microseconds since 1970 in UTC.
"""

from typing import Any

import msgspec

from beleef.feedback.definition import (
    AGREED,
    DELIVERIES,
    GROUPS,
    OPERATORS,
    OTHER,
    QUESTION_KINDS,
    SCALES,
    SCORED,
    WITH_OPTIONS,
    AfterFact,
    Anonymity,
    Block,
    Condition,
    Delivery,
    Eligibility,
    Ending,
    GroupBy,
    InvitationState,
    InvitationText,
    Jump,
    Kind,
    Moment,
    Operator,
    Option,
    Question,
    QuestionKind,
    Sampling,
    Spread,
    State,
    Strata,
    Survey,
    Texts,
    Where,
    Widget,
    said,
)

__all__ = [
    "AGREED",
    "DELIVERIES",
    "GROUPS",
    "OPERATORS",
    "OTHER",
    "QUESTION_KINDS",
    "SCALES",
    "SCORED",
    "WITH_OPTIONS",
    "AfterFact",
    "Anonymity",
    "Answer",
    "Asked",
    "Block",
    "Condition",
    "Counted",
    "Delivery",
    "Eligibility",
    "Ending",
    "Filter",
    "Given",
    "Group",
    "GroupBy",
    "Invitation",
    "InvitationState",
    "InvitationText",
    "Jump",
    "Kind",
    "Moment",
    "Operator",
    "Option",
    "Piping",
    "Problem",
    "Progress",
    "Question",
    "QuestionKind",
    "Refused",
    "Response",
    "Sampling",
    "Sitting",
    "Spread",
    "State",
    "StoredSurvey",
    "Strata",
    "Survey",
    "Texts",
    "Validated",
    "Version",
    "Where",
    "Widget",
    "said",
]


class StoredSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey as it is kept.

    Attributes:
        number: Its number.
        survey: The definition as last saved.
        state: Whether it asks.
        version: The version in force; 0 for none yet.
        published: The definition in force; None before it was published.
        is_changed: Whether the last saved one differs from it.
        active_from: Since when it asks.
        updated_at: When it was last saved.
        has_answers: Whether somebody answered: its anonymity is locked then.
    """

    number: int
    survey: Survey
    state: State
    version: int
    published: Survey | None
    is_changed: bool
    active_from: int | None
    updated_at: int
    has_answers: bool


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A published version, which never changes: answers name it."""

    survey: str
    version: int
    definition: Survey
    published_at: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a definition. ``is_error``: it keeps it from being published; else it deserves a second look.

    ``place`` names it (``blocks.reason.why.options``), ``message`` is a sentence to translate, filled with ``values``.
    """

    place: str
    message: str
    values: dict[str, str] = {}
    is_error: bool = True


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted answer to one field.

    Attributes:
        question: Its id.
        kind: Its kind.
        row: The row of a matrix; empty for others.
        value: The number of a score or a number; 1 and 0 for yes and no.
        option: The chosen option's id (``one``, ``matrix``).
        options: The chosen ids (``many``); in order for ``ranking``.
        text: What was written; the ISO day of a date; the stored name of a file; the text of an own option.
    """

    question: str
    kind: QuestionKind
    row: str = ""
    value: float | None = None
    option: str = ""
    options: tuple[str, ...] = ()
    text: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why an answer cannot be taken: ``message`` is a sentence to translate, filled with ``values``."""

    question: str
    code: str
    message: str
    values: dict[str, str] = {}


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """What was accepted of what was given, and what was not."""

    answers: tuple[Answer, ...] = ()
    problems: tuple[Refused, ...] = ()


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One occasion on which somebody could be asked, and what became of it. Moments that have not come are None.

    Attributes:
        number: Its number, which personal links name.
        survey: Name of the survey.
        version: The version asked.
        subject: Whom; 0 after they were erased.
        state: ``waiting`` for its moment, ``asked``, or ``not_asked`` for ``reason``.
        reason: Code of why not (``wording.reason_sentence``); the gate's own begin with ``gate_``.
        fact: Number of the fact that led to it; 0 for none.
        touchpoint: What it asks about.
        product: The same.
        channel: How it goes out.
        stratum: Which stratum the person is in; empty for none.
        campaign: The campaign that asked for it, with ``step`` and ``variant``; empty for none.
        priority: Its place in the gate.
        due_at: When it is decided.
        asked_at: When it was meant to be sent.
        expires_at: Until when its link works.
        reminded_at: When it was reminded of.
        started_at: When the first answer came; the day only, where nobody may know whose it is.
        finished_at: When it was finished; the same.
    """

    number: int
    survey: str
    version: int
    subject: int
    state: InvitationState
    reason: str
    fact: int
    touchpoint: str
    product: str
    channel: str
    stratum: str
    campaign: str
    step: str
    variant: str
    priority: int
    due_at: int
    asked_at: int | None
    expires_at: int | None
    reminded_at: int | None
    started_at: int | None
    finished_at: int | None


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers: all that their answers say along.

    Attributes:
        survey: Name of the survey.
        version: Its version: that of the invitation, or the one in force.
        response: Number of the response; the same whenever the same personal link is opened, but for anonymous surveys.
        invitation: Number of the invitation; 0 for none, and always where answers may not be traced back to it.
        delivery: How they came.
        touchpoint: What they are asked about.
        product: The same.
        language: The language they answer in.
        stratum: Their stratum.
        campaign: The campaign that led to it.
        came_by: Number of the invitation they came by, which is not told; 0 for none.
        is_personal: Whether the answers are told as those of somebody known (anonymity ``none``).
        hidden: What the address said along.
    """

    survey: str
    version: int
    response: str
    delivery: Delivery
    language: str
    invitation: int = 0
    touchpoint: str = ""
    product: str = ""
    stratum: str = ""
    campaign: str = ""
    came_by: int = 0
    is_personal: bool = False
    hidden: dict[str, str] = {}


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One response, of a survey that is not anonymous. ``subject`` is 0 where nobody may know whose it is, or they were erased.

    Attributes:
        id: Its number.
        survey: Name of the survey.
        version: The version answered.
        subject: Whose.
        invitation: Number of the invitation; 0 for none.
        delivery: How they came.
        touchpoint: What they were asked about.
        product: The same.
        language: In which language.
        stratum: Their stratum.
        campaign: The campaign that led to it.
        quality: Flags: ``speeder``, ``straight_line``, ``duplicate``, ``scanner``, ``employee``, ``unconfirmed``.
        started_at: First answer; the day only for pseudonymous surveys.
        completed_at: When it was finished; None where it was not.
    """

    id: str
    survey: str
    version: int
    subject: int
    invitation: int
    delivery: str
    touchpoint: str
    product: str
    language: str
    stratum: str
    campaign: str
    quality: tuple[str, ...]
    started_at: int
    completed_at: int | None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One stored answer with its response's circumstances; ``number`` names it for labels and themes."""

    number: int
    response: str
    survey: str
    subject: int
    answer: Answer
    language: str
    touchpoint: str
    delivery: str
    product: str
    at: int


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers to look at. Empty fields mean all.

    Attributes:
        months: First and last month, ``YYYY-MM``; days finer than that would tell answers apart.
        delivery: How they came.
        touchpoint: What they are about.
        product: The same.
        language: In which language.
        stratum: Whose.
        campaign: What led to them.
        version: Which version; 0 for all.
        subjects: Only answers of these (an audience's members with all their subjects); None for all.
        with_flagged: Whether answers with quality flags count.
    """

    months: tuple[str, str] = ("", "")
    delivery: str = ""
    touchpoint: str = ""
    product: str = ""
    language: str = ""
    stratum: str = ""
    campaign: str = ""
    version: int = 0
    subjects: frozenset[int] | None = None
    with_flagged: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that have something in common. ``row`` is the row of a matrix.

    Attributes:
        key: What they have in common; empty where nothing is told apart (or it is unknown).
        row: The row of a matrix.
        values: By number, how many answers; for scores, numbers and yes/no.
        options: By option's id, how many answers chose it.
        n: How many answers.
    """

    key: str
    n: int
    row: str = ""
    values: dict[float, int] = {}
    options: dict[str, int] = {}

    @property
    def histogram(self) -> dict[int, int]:
        """Return how many answers each whole number has: what ``metrics`` takes."""
        return {int(value): count for value, count in self.values.items()}


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Answers counted. ``withheld``: there may be more, which too few share to be shown."""

    groups: tuple[Group, ...] = ()
    withheld: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everybody who could be asked. ``eligible == waiting + asked + sum(not_asked.values())``.

    Attributes:
        eligible: Occasions.
        waiting: Not decided yet.
        asked: Invited.
        not_asked: By reason.
        reminded: Of those asked.
        started: Of those asked.
        finished: Of those asked.
    """

    eligible: int = 0
    waiting: int = 0
    asked: int = 0
    not_asked: dict[str, int] = {}
    reminded: int = 0
    started: int = 0
    finished: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far responses came. ``reached`` is, by question, how many answered it."""

    started: int = 0
    finished: int = 0
    flagged: dict[str, int] = {}
    reached: dict[str, int] = {}


class Piping(msgspec.Struct, frozen=True, kw_only=True):
    """What texts may use: earlier answers as words, what is known of the person, hidden fields."""

    answers: dict[str, Any] = {}
    person: dict[str, Any] = {}
    hidden: dict[str, str] = {}

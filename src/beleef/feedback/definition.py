"""A survey as data: its questions, pages and logic, who is asked and how, as people write it in YAML.

Texts are given by language (``nl``, ``en``); ``said`` picks the one to show.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

Kind = Literal["relation", "transactional", "open"]
Anonymity = Literal["none", "pseudonymous", "anonymous"]
QuestionKind = Literal[
    "nps", "ces", "csat", "rating", "open", "one", "many", "matrix", "ranking", "number", "date", "file",
    "consent", "contact_me",
]  # fmt: skip
State = Literal["draft", "active", "paused", "closed"]
Delivery = Literal["email", "link", "qr", "widget", "inbox", "portal", "phone", "import"]
Operator = Literal["is", "is_not", "at_most", "at_least", "includes", "is_answered", "is_not_answered"]
GroupBy = Literal[
    "delivery", "touchpoint", "department", "product", "language", "stratum", "campaign", "version", "month"
]  # fmt: skip
InvitationState = Literal["waiting", "asked", "not_asked"]

QUESTION_KINDS: Final[tuple[QuestionKind, ...]] = get_args(QuestionKind)
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
GROUPS: Final[tuple[GroupBy, ...]] = get_args(GroupBy)
DELIVERIES: Final[tuple[Delivery, ...]] = get_args(Delivery)
SCALES: Final[Mapping[str, tuple[int, int]]] = {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5)}
"""Scales that a metric fixes; a ``rating`` has its own."""
SCORED: Final = frozenset({"nps", "ces", "csat", "rating", "number"})
"""Kinds whose answer is a number."""
WITH_OPTIONS: Final = frozenset({"one", "many", "ranking"})
OTHER: Final = "other"
"""What an option of the respondent's own is called in facts; its text stands beside it."""
AGREED: Final = "with_answers"
"""How a wish to be contacted says that their answers may go along with it."""

Texts = dict[str, str]


def said(texts: Mapping[str, str], language: str, fallback: str) -> str:
    """Return a text in a language, else in the fall-back language, else in any: it never vanishes."""
    return texts.get(language) or texts.get(fallback) or next(iter(texts.values()), "")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a survey's definition, as it stands in YAML and JSON."""


class Option(_Part, frozen=True, kw_only=True):
    """A choice, or a row of a matrix; ``id`` is the same in every language. ``is_other`` lets the respondent write their own."""

    id: str
    label: Texts
    is_other: bool = False


class Condition(_Part, frozen=True, kw_only=True):
    """What an earlier answer must be.

    Attributes:
        question: Its id; ``id.row`` for a row of a matrix.
        operator: ``is`` compares a number, an option's id, ``yes``/``no``, or any of a list; ``includes`` is for many choices.
        value: What with; nothing for ``is_answered`` and ``is_not_answered``.
    """

    question: str
    operator: Operator = "is"
    value: float | str | tuple[float | str, ...] | None = None


class Question(_Part, frozen=True, kw_only=True):
    """One question.

    Attributes:
        id: Its stable key: small letters, digits, ``_`` and ``-``.
        kind: What is asked for.
        text: The question; may pipe in ``{{ answers.id }}``, ``{{ person.first_name }}`` and ``{{ hidden.name }}``.
        help: A sentence more.
        is_required: Whether the page asks again where it is left out.
        options: Choices of ``one``, ``many`` and ``ranking``; columns of ``matrix``.
        rows: Rows of ``matrix``.
        lowest: Lower end of a ``rating`` (1), or of ``number``.
        highest: Upper end of a ``rating`` (5), or of ``number``.
        low_label: What the lower end means.
        high_label: What the upper end means.
        shape: How a rating looks; ``stars`` always have their text beside them.
        is_shuffled: Whether each respondent sees the options in an order of their own.
        at_least: Least choices of ``many``.
        at_most: Most choices of ``many``, or most places of ``ranking``; 0 for no limit.
        longest: Most letters of ``open``.
        earliest: First day of ``date``, ISO 8601; empty for none.
        latest: Last day of ``date``.
        accepts: Endings of files that ``file`` takes, e.g. ``("jpg", "pdf")``.
        show_if: All of these must hold, else the question is left out.
        is_driver: Whether key drivers look at it.
        metric: What the answer measures where the kind does not say, e.g. ``rating``; empty for the kind itself.
    """

    id: str
    kind: QuestionKind
    text: Texts
    help: Texts = {}
    is_required: bool = False
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    low_label: Texts = {}
    high_label: Texts = {}
    shape: Literal["numbers", "stars", "smileys"] = "numbers"
    is_shuffled: bool = False
    at_least: int = 0
    at_most: int = 0
    longest: int = 2_000
    earliest: str = ""
    latest: str = ""
    accepts: tuple[str, ...] = ()
    show_if: tuple[Condition, ...] = ()
    is_driver: bool = False
    metric: str = ""

    @property
    def scale(self) -> tuple[float | None, float | None]:
        """Return the lowest and the highest answer; None where there is no end."""
        if self.kind in SCALES:
            return SCALES[self.kind]
        if self.kind == "rating":
            return (1 if self.lowest is None else self.lowest, 5 if self.highest is None else self.highest)
        return self.lowest, self.highest

    @property
    def measures(self) -> str:
        """Return the metric it is an answer to; empty for none."""
        return self.metric or (self.kind if self.kind in SCORED and self.kind != "number" else "")


class Jump(_Part, frozen=True, kw_only=True):
    """Where to go after a block where all of ``when`` holds: the id of a later block, or of an ending."""

    to: str
    when: tuple[Condition, ...] = ()


class Block(_Part, frozen=True, kw_only=True):
    """One page: questions that stand together. The first jump that holds decides what comes next, else the next block."""

    id: str
    questions: tuple[Question, ...] = ()
    title: Texts = {}
    jumps: tuple[Jump, ...] = ()


class Ending(_Part, frozen=True, kw_only=True):
    """What is shown when it is finished; ``link`` may lead on. The first ending is the usual one."""

    id: str
    title: Texts = {}
    text: Texts = {}
    link: str = ""
    link_label: Texts = {}


class InvitationText(_Part, frozen=True, kw_only=True):
    """What the invitation says; empty texts have good ones from Beleef."""

    subject: Texts = {}
    text: Texts = {}
    reminder: Texts = {}


class AfterFact(_Part, frozen=True, kw_only=True):
    """Ask after a fact.

    Attributes:
        event: Its name.
        where: By path in its properties (``items.0.sku``; ``$channel`` and ``$touchpoint`` for the fact itself), the value it
            must have, or any of a list.
        delay_hours: How long after it.
        within_days: A fact that came in later than this is too old to ask about.
    """

    event: str
    where: dict[str, float | str | bool | tuple[float | str, ...]] = {}
    delay_hours: float = 0
    within_days: float = 7


class Spread(_Part, frozen=True, kw_only=True):
    """Ask everybody once in so many days, each on a day of their own; ``hour`` is in the organisation's zone."""

    every_days: int = 180
    hour: int = 10


class Strata(_Part, frozen=True, kw_only=True):
    """Groups of which each has to be heard.

    Attributes:
        by: A trait of the person, or ``$touchpoint``, ``$channel``, ``$product`` of the occasion.
        least: Finished answers that each stratum is to have in ``days``: until then everybody in it may be asked.
        share: Share of the others who are asked, from 0 to 1.
        days: See above.
    """

    by: str
    least: int
    share: float = 1.0
    days: int = 90


class Sampling(_Part, frozen=True, kw_only=True):
    """Who of those who may be asked is asked.

    Attributes:
        share: Random share, from 0 to 1; where ``strata`` are given theirs counts instead.
        hold_out: Share of people, up to 0.5, who are never asked this survey: to compare with.
        quota: Most invitations in ``quota_days``; 0 for no limit.
        quota_days: See above.
        strata: See ``Strata``.
    """

    share: float = 1.0
    hold_out: float = 0.0
    quota: int = 0
    quota_days: int = 30
    strata: Strata | None = None


class Eligibility(_Part, frozen=True, kw_only=True):
    """How long people are left in peace. None: the default of the survey's kind.

    Attributes:
        same_survey_days: Since this survey (90; relation 180).
        same_kind_days: Since a survey of the same kind (30; relation 180).
        any_days: Since any survey (30).
        a_year: Most surveys in 365 days (4).
        after_complaint_days: Since a complaint was closed (14). While one is open nobody is asked.
        audience: Only members of this audience; empty for everybody.
    """

    same_survey_days: int | None = None
    same_kind_days: int | None = None
    any_days: int = 30
    a_year: int = 4
    after_complaint_days: int = 14
    audience: str = ""


class Where(_Part, frozen=True, kw_only=True):
    """A rule about a page's address: of the whole address, or of its path where ``value`` begins with ``/``."""

    value: str
    match: Literal["exact", "contains", "startsWith", "endsWith", "regex"] = "contains"
    is_not: bool = False


class Moment(_Part, frozen=True, kw_only=True):
    """When the widget asks by itself.

    Attributes:
        trigger: ``view`` of a page, a ``click``, ``exit`` (the pointer leaves towards the address bar), ``scroll``, or after a ``delay``.
        where: On which pages: one of those that say where must hold, and all that say where not; empty for everywhere.
        selector: CSS selector of what is clicked.
        share: How much of the page was scrolled by, from 0 to 1.
        after_s: After how many seconds on the page.
    """

    trigger: Literal["view", "click", "exit", "scroll", "delay"]
    where: tuple[Where, ...] = ()
    selector: str = ""
    share: float = 0.5
    after_s: float = 10


class Widget(_Part, frozen=True, kw_only=True):
    """How a survey shows itself on web pages (those of ``frames``).

    Attributes:
        tab: The word on the small tab at the edge of the page; empty for no tab.
        moments: When it asks by itself; empty for only by the tab, or when the page's own code opens it.
        share: Random share of visitors that it asks by itself, above 0 and up to 1.
        pause_days: For how long it does not ask again in the same browser.
    """

    tab: Texts = {}
    moments: tuple[Moment, ...] = ()
    share: float = 1.0
    pause_days: int = 30


class Survey(_Part, frozen=True, kw_only=True):
    """A survey as people write it.

    Attributes:
        name: Its name in facts and addresses: small letters, digits, ``-`` and ``_``.
        label: What staff call it.
        kind: ``relation`` asks about the whole, over and over; ``transactional`` after something happened; ``open`` whoever comes.
        title: What respondents read above it.
        anonymity: ``none``: answers are the person's. ``pseudonymous``: nobody sees whose, the answers of one response belong
            together. ``anonymous``: single answers are nobody's and are never seen, only groups of ``threshold`` and more.
        threshold: See above; comments need ``comments_threshold``.
        group_by: The one property by which groups of an anonymous survey may be told apart; empty for none.
        default_language: Fall-back of every text.
        languages: In which it can be answered.
        programme: The topic that people can switch off; empty for the survey's own name.
        touchpoint: Where it asks about, where the occasion does not say.
        channel: How invitations go out.
        blocks: The pages.
        endings: What comes after; without any there is a plain word of thanks.
        invitation: What invitations say.
        trigger: For ``transactional``: after what; None where campaigns ask.
        spread: For ``relation``: how often; None where campaigns ask.
        sampling: See ``Sampling``.
        eligibility: See ``Eligibility``.
        open_days: For how long a personal link works.
        reminder_days: After how long those who did not answer are reminded, once; 0 for never.
        hidden: Names of what an open link or the widget may say along (``?order=…``).
        frames: Origins of pages that may show it in a frame.
        widget: How the widget shows it; None for a survey that the widget does not have.
        alarm: Whether negative text of it asks for a follow-up.
    """

    name: str
    label: str
    kind: Kind
    title: Texts
    anonymity: Anonymity = "none"
    threshold: int = 5
    comments_threshold: int = 10
    group_by: Literal["", "delivery", "touchpoint", "product", "language", "stratum"] = ""
    default_language: str = "en"
    languages: tuple[str, ...] = ("en",)
    programme: str = ""
    touchpoint: str = ""
    channel: str = "email"
    blocks: tuple[Block, ...] = ()
    endings: tuple[Ending, ...] = ()
    invitation: InvitationText = InvitationText()
    trigger: AfterFact | None = None
    spread: Spread | None = None
    sampling: Sampling = Sampling()
    eligibility: Eligibility = Eligibility()
    open_days: int = 21
    reminder_days: int = 0
    hidden: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    widget: Widget | None = None
    alarm: bool = False

    @property
    def topic(self) -> str:
        """Return the programme that people can switch off."""
        return self.programme or self.name

    @property
    def ends_a_loop(self) -> bool:
        """Return whether it asks how a follow-up ended: then it belongs to the survey that opened it, as a reminder does."""
        trigger = self.trigger
        return (
            trigger is not None
            and trigger.event == "Case Closed"
            and trigger.where.get("kind") == "follow_up"
        )

    @property
    def questions(self) -> dict[str, Question]:
        """Return all questions by id, in their order."""
        return {question.id: question for block in self.blocks for question in block.questions}

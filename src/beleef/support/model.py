"""What support speaks of: cases, what happened in them, the promises made in them, and what is asked of the inbox.

Moments are microseconds since 1970 in UTC. A person is given by a *subject* (any of the numbers their facts are stored under).
"""

from typing import Any, Literal, get_args

import msgspec

Kind = Literal["question", "complaint", "request", "privacy", "follow_up"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Status = Literal["open", "waiting_customer", "waiting_internal", "snoozed", "closed"]
STATUSES: tuple[Status, ...] = get_args(Status)
AWAKE: tuple[Status, ...] = ("open", "waiting_customer", "waiting_internal")
"""What stands in the lists of open work; a case that sleeps comes back to them by itself."""

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)

PromiseKind = Literal["acknowledge", "first_response", "next_contact", "resolution"]
PROMISE_KINDS: tuple[PromiseKind, ...] = get_args(PromiseKind)

PromiseState = Literal["open", "paused", "kept", "missed", "replaced", "void"]

EntryKind = Literal[
    "opened",
    "message",
    "automatic",
    "reply",
    "note",
    "change",
    "closed",
    "reopened",
    "merged_in",
    "unmerged",
    "gave_back",
    "split_off",
    "acknowledged",
    "undelivered",
    "solved",
    "warned",
    "broken",
    "escalated",
]

NEEDS_CAUSE: frozenset[Kind] = frozenset({"complaint", "follow_up"})
"""Kinds that are closed only with a root cause and an action."""

SPAM = "spam"
"""The outcome of what nobody had to answer."""

OUTCOMES = ("solved", "explained", "compensated", "not_justified", "no_answer", "confirmed", SPAM)
"""How cases end; ``confirmed`` is the customer's own word."""

REPLY_CHANNELS = ("email", "inbox", "sms", "whatsapp", "letter", "call", "webhook")
"""Channels over which a reply can go, in the order in which they are offered; ``webhook`` is the system that the message came from."""

_ANSWERED_OVER = {"app": "inbox", "mobile": "inbox", "social": "webhook"}

_PREFIX = "C-"


def reference(number: int) -> str:
    """Return a case's number as people read it, e.g. ``C-10023``."""
    return f"{_PREFIX}{number}"


def reply_channel(channel: str) -> str:
    """Return over which channel a customer is answered who spoke over one: the same, or another where that one cannot answer."""
    return channel if channel in REPLY_CHANNELS else _ANSWERED_OVER.get(channel, "email")


def number_of(text: str) -> int | None:
    """Return the number that a reference names, in any case of letters and with or without ``C-``; None where it is none."""
    digits = text.strip().upper().removeprefix(_PREFIX)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message: ``file`` is its path in the store, empty where it was too large to be kept."""

    name: str
    type: str
    size: int
    file: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened in a case; a case is nothing but these, in the order of their facts.

    Attributes:
        case: Number of the case.
        fact: Number of the fact; the order.
        at: When.
        kind: What.
        actor: Who did it: name of the colleague, empty for the customer and for Beleef itself.
        channel: Over which channel, for messages and replies.
        text: What was said, in plain text, quoted text left out.
        html: The same as clean HTML; empty where there is none.
        quoted: What the message repeated of earlier ones.
        data: What else the fold needs or pages show; which names there are depends on ``kind``.
        attachments: Files.
        subject: The person whose fact it is; 0 for staff's own and Beleef's.
    """

    case: int
    fact: int
    at: int
    kind: EntryKind
    actor: str = ""
    channel: str = ""
    text: str = ""
    html: str = ""
    quoted: str = ""
    data: dict[str, Any] = {}
    attachments: tuple[Attachment, ...] = ()
    subject: int = 0

    @property
    def is_public(self) -> bool:
        """Whether the customer may read it."""
        return self.kind in {"message", "automatic", "reply"}


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A promise: what, by when, by whose word, and what became of it.

    Attributes:
        id: Unique within the case: its kind and a number, e.g. ``first_response:1``.
        kind: What was promised.
        started_at: From when its time counts.
        due_at: By when, pauses counted in.
        raw_due_at: By when it would be if nothing had paused it: the other clock.
        warn_at: When four fifths of its time are used.
        by: ``policy``, ``employee`` (the word of who replied) or ``merge`` (came along from a merged case).
        version: Version of the rules that it was made under.
        state: ``open`` and ``paused`` still run; ``kept`` in time; ``missed`` (late, or never); ``replaced`` by another word; ``void``.
        met_at: When what was promised happened, late or not; None while it has not.
        paused_s: For how many seconds it was paused.
        told: How far it was told of: 0 nothing, 1 warned, 2 broken, then one for each rung of the ladder.
        next_at: When there is something to tell next; None where nothing is.
    """

    id: str
    kind: PromiseKind
    started_at: int
    due_at: int
    raw_due_at: int
    warn_at: int
    by: Literal["policy", "employee", "merge"]
    version: int
    state: PromiseState = "open"
    met_at: int | None = None
    paused_s: int = 0
    told: int = 0
    next_at: int | None = None


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long a customer waited for a human reply.

    Attributes:
        since: Since when.
        until: Until when; None while they wait still.
        answered: Whether a reply ended it; else the case was closed without one.
    """

    since: int
    until: int | None = None
    answered: bool = False


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from all entries of a case: where it stands, and every timer.

    Attributes:
        status, kind, priority, assignee, team, department, touchpoint, title, tags: As they are now; empty for none.
        opened_at: When it was opened.
        customer_at: When the customer first spoke in it (for a follow-up: when it was opened); None where nobody did yet.
        closed_at: When it was last closed; None while it is open.
        first_closed_at: When it was closed for the first time.
        last_at: When anything happened last.
        last_customer_at: When the customer spoke last.
        first_reply_at: When a human replied first.
        last_reply_at: When a human replied last.
        snoozed_until: Until when it sleeps; None while it does not.
        waiting_since: Since when the customer waits for an answer; None while they do not.
        waits: Every wait for a reply; the first is the first response.
        messages: How many messages the customer sent, automatic ones and thanks left out.
        replies: How many human replies.
        handlers: How many different colleagues replied or closed.
        reopened: How often it was opened again.
        root_cause, action, outcome: As closed.
        parent: The case it belongs under; 0 for none.
        merged_into: The case that it went up in; 0 for none.
        follows: The closed case that it goes on from; 0 for none.
        complaints: How often it became and stopped being an open complaint: odd while it is one.
        promises: All promises, in the order they were made.
    """

    status: Status
    kind: Kind
    priority: Priority
    title: str
    assignee: str
    team: str
    department: str
    touchpoint: str
    channel: str
    tags: tuple[str, ...]
    opened_at: int
    customer_at: int | None
    closed_at: int | None
    first_closed_at: int | None
    last_at: int
    last_customer_at: int | None
    first_reply_at: int | None
    last_reply_at: int | None
    snoozed_until: int | None
    waiting_since: int | None
    waits: tuple[Wait, ...]
    messages: int
    replies: int
    handlers: int
    reopened: int
    root_cause: str
    action: str
    outcome: str
    parent: int
    merged_into: int
    follows: int
    complaints: int
    promises: tuple[Promise, ...]

    @property
    def next_promise(self) -> Promise | None:
        """The open promise that is due first."""
        running = [one for one in self.promises if one.state == "open"]
        return min(running, key=lambda one: (one.due_at, one.id), default=None)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as a list shows it; ``life`` without its waits and promises, and who it is about.

    Attributes:
        number: Its number.
        subject: The person, by a subject; 0 where the person was erased or is unknown.
        cause: What opened it: ``message``, ``survey``, ``promise`` or ``staff``.
        of: The id of what opened it (response of a survey, promise); empty for none.
        next_due_at: When the next promise is due; None where none runs.
        next_kind: Which promise that is; empty for none.
        life: Where it stands; the promises and waits are filled by ``Support.case`` only.
    """

    number: int
    subject: int
    cause: str
    of: str
    next_due_at: int | None
    next_kind: str
    life: Life

    @property
    def reference(self) -> str:
        """Its number as people read it."""
        return reference(self.number)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the inbox is asked for. Empty fields ask for everything.

    Attributes:
        is_open: True for all that is not closed, False for what is closed, None for both.
        statuses: Any of these.
        assignee: Whose; ``-`` for nobody's.
        team, department, kind, priority, tag, channel, root_cause: Exactly this.
        subjects: About a person, by all their subjects.
        text: Words, or a case's number.
        overdue: Only where a promise is overdue.
        due_before: Only where a promise is due before this moment.
        order: ``newest`` (last happening first), ``oldest`` (longest untouched first) or ``due`` (promise due first).
    """

    is_open: bool | None = None
    statuses: tuple[Status, ...] = ()
    assignee: str = ""
    team: str = ""
    department: str = ""
    kind: str = ""
    priority: str = ""
    tag: str = ""
    channel: str = ""
    root_cause: str = ""
    subjects: tuple[int, ...] = ()
    text: str = ""
    overdue: bool = False
    due_before: int | None = None
    order: Literal["newest", "oldest", "due"] = "newest"


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the inbox: cases, and what to give as ``after`` for the next (None: this is the last)."""

    cases: tuple[Case, ...]
    next: str | None


class Capped(msgspec.Struct, frozen=True, kw_only=True):
    """A count that stops counting: ``count`` of them, or ``is_more`` than that."""

    count: int
    is_more: bool

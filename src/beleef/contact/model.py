"""What the contact gate speaks of: an intended message, the rules, what is known of the person, and the decision.

Moments are microseconds since 1970 in UTC. A person is given by a *subject* (any of the numbers their facts are stored under).
"""

from typing import Any, Literal, get_args

import msgspec

Purpose = Literal["marketing", "service", "survey", "transactional"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Outcome = Literal["send", "hold", "skip"]

State = Literal[
    "waiting",
    "held",
    "reserved",
    "sending",
    "sent",
    "delivered",
    "bounced",
    "skipped",
    "failed",
    "uncertain",
    "cancelled",
]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("waiting", "held")
"""States in which the gate still has to decide."""
COUNTED: tuple[State, ...] = ("reserved", "sending", "sent", "delivered", "bounced", "uncertain")
"""States that count as a contact: the message went out, is about to, or may have."""

Needs = Literal["nothing", "no_objection", "consent_or_relation", "consent"]
"""What a purpose needs before it may use a channel, from nothing at all to the person's word for it."""

EVERYWHERE = "*"


class Enclosed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes along with a message: its name, its kind (MIME), and its path among the kept attachments."""

    name: str
    type: str
    file: str


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that somebody means to send to one person.

    Attributes:
        key: What makes it this message and no other: two intents with one key are one message. At most 200 characters.
        subject: Whom, by any of the person's subjects.
        purpose: What for.
        channel: Kind of the channel: ``email``, ``sms``, ``push``, …
        via: Name of the channel, where there are several of the kind; empty for the first of them.
        topic: What it is about, as customers choose topics; empty for none.
        message: Name of the message in the library; empty where ``parts`` are given.
        version: Its version; None for the one published when it is sent.
        parts: The message itself, where it is not in the library. Plain, nothing in it is evaluated, unless ``is_template``.
        is_template: Whether the parts are filled in as those of a message of the library are. On a webhook they are what the other
            side gets as ``data``, with the variables beside them.
        variables: What the message's template may use besides the person (``fact``, …).
        campaign: Name of the campaign; empty for none.
        step: Which step of the campaign.
        variant: Which variant of an experiment.
        fact: Number of the fact that led to it; 0 for none.
        priority: From 0 to 100; of two that want the same slot the higher one goes first.
        value: What it is worth; decides between equal priorities.
        not_before: Not earlier than this; 0 for at once.
        expires_at: Of no use from this moment on; None for never.
        language: The language to send it in; empty for the person's own.
        is_reminder: Whether it is part of a survey that was sent before, as its reminder and the question how a follow-up of its
            answer ended are: no limit on surveys alone is about it.
        files: What goes along, by mail; other channels carry none.
    """

    key: str
    subject: int
    purpose: Purpose
    channel: str
    via: str = ""
    topic: str = ""
    message: str = ""
    version: int | None = None
    parts: dict[str, str] | None = None
    is_template: bool = False
    variables: dict[str, Any] = {}
    campaign: str = ""
    step: str = ""
    variant: str = ""
    fact: int = 0
    priority: int = 50
    value: float = 0.0
    not_before: int = 0
    expires_at: int | None = None
    language: str = ""
    is_reminder: bool = False
    files: tuple[Enclosed, ...] = ()


class ConsentRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a purpose needs on a channel (``*``: on every channel that no other rule names).

    An opt-out counts always, but for ``nothing``.
    """

    purpose: Purpose
    channel: str = EVERYWHERE
    needs: Needs


class Cap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most so many contacts in a window. Empty lists mean all.

    Attributes:
        name: Its name, unique among the caps.
        at_most: How many contacts.
        days: Length of the window.
        calendar: Whether the window is of whole days in the person's zone, today the last of them; else it is the last
            ``days`` times 24 hours.
        purposes: Purposes that it limits, and that count in it; without any: all that count (see ``GateRules``).
        channels: Channels that it limits, and that count in it.
        topics: Topics that it limits, and that count in it.
        each_topic: Whether each topic has this limit of its own, so that only contacts about the same count.
    """

    name: str
    at_most: int
    days: int
    calendar: bool = False
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    each_topic: bool = False


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hours in the person's zone in which nothing goes out: it is held until they end.

    Attributes:
        start: First quiet minute, ``HH:MM``; later than ``end`` where the quiet goes over midnight.
        end: First minute that is quiet no more.
        purposes: For what; without any: for all but transactional messages.
        channels: Where; without any: everywhere.
    """

    start: str
    end: str
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[str, ...] = ()


class Distance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """At least so many hours since the last contact. Empty lists mean all, as in ``Cap``."""

    hours: float
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[str, ...] = ()


class GateRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of the gate. ``rules.DEFAULT`` is what holds until somebody changes it.

    Attributes:
        consent: What each purpose needs.
        caps: How many contacts at most.
        quiet: When nothing goes out.
        distances: How long after the last contact.
        hold_during_complaint: Purposes that wait while a complaint of the person is open.
        days_after_complaint: For how many days after a complaint was closed no survey goes out.
        pausable: Purposes that wait while the person has asked for a pause.
        hold_out: Share of people, from 0 to 0.15, who get no message of ``hold_out_purposes``, to compare with.
        hold_out_purposes: Which purposes the hold-out is about.
        transactional_counts: Whether transactional messages, which always pass the caps, count in caps and distances that
            name no purposes.
        soft_bounces: After how many temporary bounces in ``soft_bounce_days`` days an address is left alone.
        soft_bounce_days: See above.
    """

    consent: tuple[ConsentRule, ...] = ()
    caps: tuple[Cap, ...] = ()
    quiet: tuple[QuietHours, ...] = ()
    distances: tuple[Distance, ...] = ()
    hold_during_complaint: tuple[Purpose, ...] = ()
    days_after_complaint: int = 0
    pausable: tuple[Purpose, ...] = ()
    hold_out: float = 0.0
    hold_out_purposes: tuple[Purpose, ...] = ("marketing",)
    transactional_counts: bool = False
    soft_bounces: int = 5
    soft_bounce_days: int = 30


class StoredRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in force: ``version`` grows with each change; 0 are the defaults, which nobody has changed yet."""

    version: int
    rules: GateRules
    saved_at: int
    saved_by: str


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the gate is asked: a message, as far as the rules look at it, and the moment ``at`` which it would go out."""

    at: int
    purpose: Purpose
    channel: str
    topic: str = ""
    not_before: int = 0
    expires_at: int | None = None
    is_reminder: bool = False


class PastContact(msgspec.Struct, frozen=True, kw_only=True, gc=False, order=True):
    """A contact that counts: when it was, and what it was."""

    at: int
    channel: str
    purpose: Purpose
    topic: str = ""
    is_reminder: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of the person, as far as the rules look at it.

    Attributes:
        zone: The person's time zone, an IANA name.
        consents: By purpose and channel (``*``: everywhere), whether the person said yes, and when.
        objections: By purpose and channel, when the person unsubscribed.
        topics: By topic, whether the person wants it.
        has_relation: Whether the person is a customer already.
        has_channel: Whether the channel is set up at all.
        is_channel_open: Whether the channel sends at present.
        has_address: Whether the channel can reach the person at all.
        suppressed: Why the person's address is left alone (``bounced``, ``complained``, ``opted_out``, ``blocked``);
            empty where it is not.
        paused_until: Until when the person asked for a pause; 0 for no pause.
        has_open_complaint: Whether a complaint of the person is open.
        complaint_closed_at: When the last complaint of the person was closed; 0 for never.
        bucket: Where the person stands in the hold-out's draw, from 0 up to 1 (``gate.bucket``).
        contacts: Contacts that count, of at least the longest window, in any order.
    """

    zone: str
    consents: dict[tuple[str, str], tuple[bool, int]] = {}
    objections: dict[tuple[str, str], int] = {}
    topics: dict[str, bool] = {}
    has_relation: bool = False
    has_channel: bool = True
    is_channel_open: bool = True
    has_address: bool = True
    suppressed: str = ""
    paused_until: int = 0
    has_open_complaint: bool = False
    complaint_closed_at: int = 0
    bucket: float = 1.0
    contacts: tuple[PastContact, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the gate says.

    Attributes:
        outcome: ``send`` now, ``hold`` it, or ``skip`` it for good.
        reason: A code; ``wording.reason_sentence`` says it in words.
        until: For ``hold``: the earliest moment at which it would pass as things are; None where that depends on something
            that has to happen (a complaint that is closed). For ``send``: until when this holds; None for no end.
        rule: Name of the rule that decided, e.g. of a cap; empty where the reason says all.
    """

    outcome: Outcome
    reason: str
    until: int | None = None
    rule: str = ""


class StoredDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was taken about an intent, and when."""

    at: int
    decision: Decision


class Contacted(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger: an intended message and what became of it. Moments that have not come are None.

    Attributes:
        id: Its number.
        intent: What was meant.
        state: What became of it so far.
        reason: Code of why it is in that state; empty where there is nothing to say.
        rule: Name of the rule of that reason.
        due_at: When the gate looks at it next, where it is open.
        created_at: When it was intended.
        sent_at: When it went out (or, while ``reserved``, when its place was taken).
        delivered_at: When its arrival was reported.
        bounced_at: When its return was reported.
        opened_at: When it was first seen to be opened.
        clicked_at: When a link in it was first followed.
        attempts: How often it was tried on the wire.
        address: Where to; empty before it went out, and after the person was erased.
        provider_id: The channel's own number for it (for e-mail its Message-ID).
        error: What the channel said last, where it went wrong.
    """

    id: int
    intent: Intent
    state: State
    reason: str
    rule: str
    due_at: int
    created_at: int
    sent_at: int | None
    delivered_at: int | None
    bounced_at: int | None
    opened_at: int | None
    clicked_at: int | None
    attempts: int
    address: str
    provider_id: str
    error: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has said about contact, and what happened to them, as their facts tell it.

    Attributes:
        objections: By purpose and channel (``*``: everywhere), when the person unsubscribed.
        topics: By topic, whether the person wants it.
        paused_until: Until when the person asked for a pause; 0 for no pause.
        complaints: Open complaints: their numbers (empty text where a fact named none).
        complaint_closed_at: When the last complaint was closed; 0 for never.
    """

    objections: dict[tuple[str, str], int] = {}
    topics: dict[str, bool] = {}
    paused_until: int = 0
    complaints: tuple[str, ...] = ()
    complaint_closed_at: int = 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How the sending stands: how many rows of the ledger are in each state that somebody may have to look at.

    Attributes:
        waiting: For the gate or for a channel.
        held: Held by the gate.
        failed: Given up.
        uncertain: Perhaps sent: whoever sent them died half-way.
        oldest_s: For how many seconds the oldest message waits that the gate should have looked at.
    """

    waiting: int
    held: int
    failed: int
    uncertain: int
    oldest_s: float


class CampaignOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages of a campaign's step and variant, over a channel, are in a state for a reason.

    ``clicked`` and ``opened`` are how many of them were.
    """

    step: str
    variant: str
    channel: str
    state: State
    reason: str
    messages: int
    clicked: int
    opened: int


class CapTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What another set of rules would have done with past messages.

    Attributes:
        intents: How many messages were looked at.
        now: By outcome and reason (``send``, ``hold:quiet_hours``, ``skip:no_consent``, …), what the rules in force do.
        then: The same under the other rules.
        people: By contacts in the busiest seven days, how many people, under the rules in force.
        people_then: The same under the other rules.
    """

    intents: int
    now: dict[str, int]
    then: dict[str, int]
    people: dict[int, int]
    people_then: dict[int, int]


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """How much people were contacted in a stretch of time.

    Attributes:
        weeks: How many weeks it has.
        per_week: By number of contacts in a week, how many person-weeks; 0 is counted for ``people`` only.
        people: How many different people were contacted or would have been.
        contacts: How many contacts.
        by_channel: Contacts by channel.
        by_audience: By audience: the number of its members contacted, and their contacts.
        outcomes: Messages held or skipped, by ``state:reason``.
    """

    weeks: float
    per_week: dict[int, int]
    people: int
    contacts: int
    by_channel: dict[str, int]
    by_audience: dict[str, tuple[int, int]]
    outcomes: dict[str, int]

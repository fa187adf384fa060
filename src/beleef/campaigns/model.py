"""What a campaign is: who enters, which steps they go through, when they leave and what counts as success.

All of it is plain, frozen data, the same as YAML, as JSON in the database and on the page; moments and durations are microseconds.
"""

from typing import Any, Literal

import msgspec

from beleef.audiences.api import Facts, Rule

State = Literal["draft", "active", "paused", "stopped"]
InFlight = Literal["finish", "move"]
"""What becomes of people under way when a new version is published: they finish on theirs, or move on in the new one."""
Timers = Literal["shift", "catch_up"]
"""What pausing did to timers: they stood still (``shift``), or they ran on and are due at once (``catch_up``)."""
Zone = Literal["person", "organisation"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CONTROL = "control"
"""The variant of those whom a campaign keeps out, to compare the others with."""


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts are meant.

    Attributes:
        facts: Which facts, in the words of audiences' rules.
        same: Path of the value that must equal the run's key, so that an order answers to its own cart; None for no demand.
    """

    facts: Facts
    same: str | None = None


class OnFact(msgspec.Struct, frozen=True, kw_only=True, tag="fact"):
    """Somebody enters when a fact fits.

    Attributes:
        fact: Which facts.
        within: A fact that reaches Beleef later than this after it happened brings nobody in: an import of last year's orders
            must not thank for them today. In microseconds.
    """

    fact: Selector
    within: int


class OnAudience(msgspec.Struct, frozen=True, kw_only=True, tag="audience"):
    """Somebody enters when they come into an audience, or leave it."""

    audience: str
    on: Literal["enter", "leave"] = "enter"


class OnSchedule(msgspec.Struct, frozen=True, kw_only=True, tag="schedule"):
    """All members of an audience enter at a time.

    Attributes:
        audience: Whose members.
        every: How often; ``once`` is a broadcast.
        at: Minutes after midnight.
        weekdays: For ``week``: on which days (0 is Monday).
        day: For ``month``: on which day; a shorter month has it on its last.
        date: For ``once``: day as ``2026-05-01``; None for as soon as it is published.
        zone: Whose clock ``at`` is read on.
    """

    audience: str
    every: Literal["once", "day", "week", "month"]
    at: int = 0
    weekdays: tuple[int, ...] = ()
    day: int = 1
    date: str | None = None
    zone: Zone = "organisation"


class OnCall(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """People enter when a program, a page or a colleague says so."""


Trigger = OnFact | OnAudience | OnSchedule | OnCall


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody may enter more than once (with the same key, where there is one).

    Attributes:
        when: ``never``; ``after_leaving``; ``after_days``: so many days after they last entered, and not while under way;
            ``always``: at once, and a run under way makes place for the new one.
        days: For ``after_days``.
    """

    when: Literal["never", "after_leaving", "after_days", "always"] = "never"
    days: int = 0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes in.

    Attributes:
        on: What brings people in.
        only: Whom it brings in; None for everybody.
        key: Path in the fact of what a run is about, an order or a cart: runs with different keys are independent.
        again: Whether somebody may enter again.
    """

    on: Trigger
    only: Rule | None = None
    key: str | None = None
    again: Again = Again()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a flow.

    Attributes:
        id: Its name within the campaign, the same from version to version: small letters, digits, ``_`` and ``-``.
        does: What it does.
        label: What people call it; empty for a description made of what it does.
    """

    id: str
    does: "Action"
    label: str = ""


Flow = tuple[Step, ...]


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag="wait"):
    """Waits so long, in microseconds."""

    duration: int


class WaitUntil(msgspec.Struct, frozen=True, kw_only=True, tag="wait_until"):
    """Waits until the clock next shows a time, on one of some weekdays.

    Attributes:
        at: Minutes after midnight.
        weekdays: 0 is Monday; empty for any day.
        zone: Whose clock.
    """

    at: int
    weekdays: tuple[int, ...] = ()
    zone: Zone = "person"


class WaitUntilDate(msgspec.Struct, frozen=True, kw_only=True, tag="wait_until_date"):
    """Waits until some days before (negative) or after the date in a trait; a date that is past or missing does not wait.

    Attributes:
        trait: Name of the trait that holds the date.
        days: Added to it.
        at: Minutes after midnight, on the person's clock.
        yearly: Whether the next anniversary of the date is meant.
    """

    trait: str
    days: int = 0
    at: int = 9 * 60
    yearly: bool = False


class WaitFor(msgspec.Struct, frozen=True, kw_only=True, tag="wait_for"):
    """Waits until a fact fits, or until it took too long.

    Attributes:
        fact: What is waited for; facts since the person entered count.
        at_most: Microseconds.
        then: What follows when it came.
        otherwise: What follows when it did not.
    """

    fact: Selector
    at_most: int
    then: Flow = ()
    otherwise: Flow = ()


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """One way of a branch: taken by those who fulfil the rule."""

    when: Rule
    flow: Flow = ()
    label: str = ""


class Branch(msgspec.Struct, frozen=True, kw_only=True, tag="branch"):
    """Divides people by rules; the first that fits is taken."""

    paths: tuple[Path, ...]
    otherwise: Flow = ()


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One way of a split.

    Attributes:
        name: Its name within the split.
        share: Its part, in relation to the sum of all.
        control: Whether the others are compared with it.
        flow: What follows.
    """

    name: str
    share: float
    control: bool = False
    flow: Flow = ()


class Split(msgspec.Struct, frozen=True, kw_only=True, tag="split"):
    """Divides people by chance, always the same for a person.

    Attributes:
        variants: The ways.
        goal: Name of the goal that decides; with one, the split is an experiment.
        covariate: Name of a computed trait, kept as it was at the split, that explains part of the differences between people.
        planned: How many people per variant the experiment needs; an ordinary test is only shown from then on. None where nobody
            planned it.
    """

    variants: tuple[Variant, ...]
    goal: str | None = None
    covariate: str | None = None
    planned: int | None = None


Purpose = Literal["marketing", "service", "survey", "transactional"]


class Send(msgspec.Struct, frozen=True, kw_only=True, tag="send"):
    """Asks the contact gate to send a message.

    Attributes:
        message: Name of the content; None where ``text`` says it all.
        text: The message itself, for a task or a webhook.
        version: Version of the content; None for the one in force when it is sent.
        channel: Over which channel; in-app messages are those of channel ``inbox``.
        fallback: Channels that are tried in turn when the person cannot be reached over the one before. The message for one is
            called like this one with the channel behind it: ``cart`` has ``cart-sms``.
        purpose: What for; it decides which of the gate's rules hold.
        topic: Subscription topic.
        priority: 0 to 100; the higher goes first.
        value: What it is worth, in the organisation's currency, to choose between equals.
        expires_after: Microseconds after which it is no longer worth sending; None for the gate's own.
        survey: Name of the survey it asks for: then a fact ``Survey Requested`` says so, and feedback decides who is asked.
    """

    channel: str
    message: str | None = None
    text: str | None = None
    version: int | None = None
    fallback: tuple[str, ...] = ()
    purpose: Purpose = "marketing"
    topic: str | None = None
    priority: int = 50
    value: float = 0.0
    expires_after: int | None = None
    survey: str | None = None


class SetTrait(msgspec.Struct, frozen=True, kw_only=True, tag="set_trait"):
    """Notes something about the person, as a fact."""

    name: str
    value: Any


class HandOver(msgspec.Struct, frozen=True, kw_only=True, tag="hand_over"):
    """Hands the person over to people: a fact ``Lead Handed Over``.

    Attributes:
        to: The team or role.
        note: What they should know.
    """

    to: str
    note: str = ""


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """The person leaves the campaign."""

    reason: str = "finished"


Action = Wait | WaitUntil | WaitUntilDate | WaitFor | Branch | Split | Send | SetTrait | HandOver | End


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody leaves early: when a fact fits, or as soon as they fulfil a rule before a step that acts."""

    fact: Selector | None = None
    rule: Rule | None = None
    reason: str = "exit"


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as success.

    Attributes:
        name: Its name within the campaign.
        fact: Which facts.
        within: Microseconds after entering.
        revenue: Path of the money; None where there is none.
    """

    name: str
    fact: Selector
    within: int
    revenue: str | None = "revenue"


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as people wrote it.

    Attributes:
        name: In addresses and files: small letters, digits, ``_`` and ``-``.
        label: What people call it.
        entry: Who comes in.
        flow: What they go through.
        exits: When they leave early.
        goals: What counts as success; the first is the main one.
        control: Percentage of people who are kept out, to compare with: 0 to 50.
        description: What it is for.
        expect: What a simulation must show; see ``expectations.py``.
        given: Small written histories and what must come of them.
    """

    name: str
    label: str
    entry: Entry
    flow: Flow
    exits: tuple[Exit, ...] = ()
    goals: tuple[Goal, ...] = ()
    control: float = 0.0
    description: str = ""
    expect: dict[str, Any] | None = None
    given: tuple[dict[str, Any], ...] = ()


class StoredCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as it is kept.

    Attributes:
        number: Its number in Beleef.
        campaign: As it was last saved.
        state: Whether it runs.
        version: The version in force; 0 for none.
        is_changed: Whether what was saved differs from the version in force.
        active_from: Since when people may enter; None where it was never published.
        paused_at: Since when it is paused.
        updated_at: When it was last saved.
        active: How many are under way.
        entered: How many entered so far, those who were kept out for comparison included.
    """

    number: int
    campaign: Campaign
    state: State
    version: int
    is_changed: bool
    active_from: int | None
    paused_at: int | None
    updated_at: int
    active: int = 0
    entered: int = 0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A published version: people may still be under way in it."""

    campaign: str
    version: int
    definition: Campaign
    published_at: int
    in_flight: InFlight


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One person's way through a campaign.

    Attributes:
        id: Its number, made of what started it, so that the same start is never two runs.
        campaign: Name of the campaign.
        version: In which version.
        subject: Whom it is about; which person that is, identity says when it is read.
        key: What it is about: an order, a cart; empty for nothing in particular.
        step: The step it waits at; empty before the first.
        due_at: When it goes on by itself; None when it has ended.
        entered_at: When it began.
        ended_at: When it ended; None while under way.
        reason: Why it ended; empty while under way.
        variants: Which way it took at each split; ``control`` under the empty name for those kept out.
        trigger: What started it: a fact's number, or empty.
    """

    id: int
    campaign: str
    version: int
    subject: int
    key: str
    step: str
    due_at: int | None
    entered_at: int
    ended_at: int | None
    reason: str
    variants: dict[str, str]
    trigger: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a campaign that cannot work, or that deserves a second look.

    Attributes:
        path: Where it stands, e.g. ``flow.2.send.message``.
        message: What is wrong, in one sentence.
        is_error: Whether it keeps the campaign from being published.
    """

    path: str
    message: str
    is_error: bool = True

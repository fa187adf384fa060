"""How cases, promises and what happens in them are called, for staff and, in other words, for customers."""

from collections.abc import Mapping
from typing import Final

from beleef.kernel.clock import MINUTE
from beleef.support.model import Case, Life, Priority, Promise
from beleef.ui.components import Badge, Icon, Tone
from beleef.ui.words import N_, Words

KINDS: Final[Mapping[str, str]] = {
    "question": N_("Question"),
    "complaint": N_("Complaint"),
    "request": N_("Request"),
    "privacy": N_("Privacy request"),
    "follow_up": N_("Follow-up"),
}

STATUSES: Final[Mapping[str, tuple[str, Tone, Icon | None]]] = {
    "open": (N_("open"), "accent", "inbox"),
    "waiting_customer": (N_("waits for the customer"), "neutral", "pause"),
    "waiting_internal": (N_("waits for a colleague"), "warn", "clock"),
    "snoozed": (N_("snoozed"), "neutral", "moon"),
    "closed": (N_("closed"), "good", None),
}

PRIORITIES: Final[Mapping[str, str]] = {
    "low": N_("Low"),
    "normal": N_("Normal"),
    "high": N_("High"),
    "urgent": N_("Urgent"),
}

PROMISES: Final[Mapping[str, str]] = {
    "acknowledge": N_("Acknowledge receipt"),
    "first_response": N_("First answer"),
    "next_contact": N_("Next contact"),
    "resolution": N_("Solution"),
}

CHANNELS: Final[Mapping[str, str]] = {
    "email": N_("E-mail"),
    "inbox": N_("Inbox in the app"),
    "sms": N_("SMS"),
    "whatsapp": N_("WhatsApp"),
    "letter": N_("Letter"),
    "call": N_("Call back"),
    "phone": N_("Phone"),
    "web": N_("Web form"),
    "portal": N_("Portal"),
    "social": N_("Social media"),
    "chat": N_("Chat"),
    "shop": N_("Shop"),
    "webhook": N_("The system it came from (webhook)"),
}

CAUSES: Final[Mapping[str, str]] = {
    "message": N_("a message of the customer"),
    "survey": N_("an answer to a survey"),
    "promise": N_("a broken promise"),
    "staff": N_("a colleague"),
}

_PROMISE_STATES: Final[Mapping[str, tuple[str, Tone]]] = {
    "open": (N_("runs"), "accent"),
    "paused": (N_("paused"), "neutral"),
    "kept": (N_("kept"), "good"),
    "missed": (N_("broken"), "bad"),
    "replaced": (N_("replaced by another word"), "neutral"),
    "void": (N_("no longer applies"), "neutral"),
}


def kind_name(kind: str, words: Words) -> str:
    """Return what people call a kind of case."""
    return next((words.gettext(label) for name, label in KINDS.items() if name == kind), kind)


def channel_name(channel: str, words: Words) -> str:
    """Return what people call a channel."""
    return words.gettext(CHANNELS[channel]) if channel in CHANNELS else channel


def promise_name(kind: str, words: Words) -> str:
    """Return what people call a kind of promise."""
    return next((words.gettext(label) for name, label in PROMISES.items() if name == kind), kind)


def status_badge(life: Life, words: Words) -> Badge:
    """Return where a case stands as a badge."""
    label, tone, icon = STATUSES[life.status]
    return Badge(text=words.gettext(label), tone=tone, icon=icon)


def priority_badge(priority: Priority, words: Words) -> Badge:
    """Return a priority as a badge; only what is more than normal stands out."""
    tones: Mapping[Priority, Tone] = {"low": "neutral", "normal": "neutral", "high": "warn", "urgent": "bad"}
    return Badge(text=words.gettext(PRIORITIES[priority]), tone=tones[priority])


def promise_badge(promise: Promise, now: int, words: Words) -> Badge:
    """Return what became of a promise, or how it stands, as a badge."""
    if promise.state == "open" and promise.due_at < now:
        return Badge(text=words.gettext("overdue"), tone="bad")
    label, tone = _PROMISE_STATES[promise.state]
    return Badge(text=words.gettext(label), tone=tone)


def time_left(due_at: int, now: int, words: Words) -> str:
    """Return how long there is until a moment, or for how long it is past, in words."""
    if due_at < now:
        return words.gettext("%(time)s late", time=words.duration(max(MINUTE, now - due_at)))
    return words.gettext("%(time)s left", time=words.duration(max(MINUTE, due_at - now)))


def clock_badge(case: Case, now: int, words: Words) -> Badge:
    """Return the promise that is due first as a badge: what, and how long there is; the tone only repeats the words."""
    if case.next_due_at is None:
        return Badge(text=words.gettext("no promise runs"))
    left = time_left(case.next_due_at, now, words)
    label = f"{promise_name(case.next_kind, words)}: {left}"
    if case.next_due_at < now:
        return Badge(text=label, tone="bad", icon="alert")
    is_soon = case.next_due_at - now < 60 * MINUTE
    return Badge(text=label, tone="warn" if is_soon else "neutral", icon="clock")


def promise_to_customer(kind: str, due_at: int, now: int, words: Words) -> str:
    """Return a running promise as the customer reads it: what we do, and before when."""
    when = words.moment(due_at)
    if due_at < now:
        return words.gettext(
            "We promised to do this before %(when)s and did not. We are sorry; somebody is looking at it.",
            when=when,
        )
    if kind == "acknowledge":
        return words.gettext("You hear before %(when)s that we have seen it.", when=when)
    if kind == "first_response":
        return words.gettext("We answer before %(when)s.", when=when)
    if kind == "resolution":
        return words.gettext("We have a solution before %(when)s.", when=when)
    return words.gettext("You hear from us again before %(when)s.", when=when)


def status_to_customer(life: Life, words: Words) -> str:
    """Return where a case stands as the customer reads it."""
    if life.status == "closed":
        return words.gettext("This is closed.")
    if life.status == "waiting_customer":
        return words.gettext("We wait for your answer.")
    return words.gettext("We are working on it.")

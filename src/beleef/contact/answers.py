"""What programs say to contact and hear from it: questions, messages, the ledger, rules, channels."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from beleef.contact.api import (
    ChannelSetup,
    Contacted,
    Decision,
    Intent,
    StoredRules,
    reason_sentence,
    to_data,
)
from beleef.identity.api import Person
from beleef.kernel import clock
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import translator

Purposes = Annotated[str, msgspec.Meta(pattern="^(marketing|service|survey|transactional)$")]
_Text = Annotated[str, msgspec.Meta(max_length=200)]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """May this person (``namespace:value``) be contacted now, for this purpose, over this channel?"""

    who: _Text
    purpose: Purposes
    channel: _Text
    topic: _Text = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says: ``send``, ``hold`` or ``skip``, why, and until when (ISO 8601)."""

    outcome: str
    reason: str
    explanation: str
    rule: str
    until: str | None


class MessageOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be sent to one person; the gate still decides when, and whether.

    Attributes:
        key: What makes it this message: the same key again sends nothing again.
        who: Whom, as ``namespace:value``.
        channel: Kind of the channel.
        message: Name of a message in the library, or
        parts: the message itself, as it is to be read; nothing in it is evaluated.
        purpose: What for.
        variables: What the library's message may use, e.g. ``{"fact": {"order_id": "7"}}``.
        topic: What about.
        language: ``nl`` or ``en``; the person's own where it is left out.
        not_before: ISO 8601; at once where it is left out.
        expires_at: ISO 8601; never where it is left out.
    """

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    who: _Text
    channel: _Text
    message: _Text = ""
    parts: dict[str, str] | None = None
    purpose: Purposes = "transactional"
    variables: dict[str, Any] = {}
    topic: _Text = ""
    language: Annotated[str, msgspec.Meta(pattern="^(nl|en)?$")] = ""
    not_before: _Text = ""
    expires_at: _Text = ""


class MessageState(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the ledger, as far as it came. Moments are ISO 8601; None where they did not come."""

    id: int
    key: str
    state: str
    reason: str
    explanation: str
    rule: str
    purpose: str
    channel: str
    topic: str
    message: str
    campaign: str
    step: str
    variant: str
    created_at: str
    sent_at: str | None
    delivered_at: str | None
    bounced_at: str | None
    opened_at: str | None
    clicked_at: str | None
    attempts: int


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A person's messages, newest first; ``next`` goes in as ``before`` for the page after, None where there is none."""

    contacts: list[MessageState]
    next: int | None


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's rules in force, with their version; 0 are the defaults."""

    version: int
    saved_at: str | None
    saved_by: str
    rules: dict[str, Any]


class ChannelOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel as it is to be set up. Secrets are never given back; those left out stay as they were."""

    kind: _Text
    driver: _Text
    settings: dict[str, Any] = {}
    enabled: bool = True
    per_second: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    secrets: dict[str, str] = {}


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is set up, and which secrets it has."""

    name: str
    kind: str
    driver: str
    settings: dict[str, Any]
    enabled: bool
    per_second: float
    secrets: list[str]


class ReportsKept(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts a provider's events made."""

    kept: int
    success: bool = True


def intent_of(order: MessageOrder, person: Person) -> Intent:
    """Return the message that an order means.

    Raises:
        InvalidInput: a moment cannot be read.
    """
    return Intent(
        key=order.key,
        subject=person.number,
        purpose=order.purpose,  # type: ignore[arg-type]  # because its pattern allows no other
        channel=order.channel,
        topic=order.topic,
        message=order.message,
        parts=order.parts,
        variables=order.variables,
        language=order.language,
        not_before=_moment(order.not_before) or 0,
        expires_at=_moment(order.expires_at),
    )


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        return clock.from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"“{text}” is no moment.", hint="Write it as 2026-03-01T09:30:00Z.") from error


def answer_of(decision: Decision, zone: str) -> Answer:
    """Return what the gate said as programs see it."""
    return Answer(
        outcome=decision.outcome,
        reason=decision.reason,
        explanation=reason_sentence(decision.reason, translator("en", zone), decision.rule),
        rule=decision.rule,
        until=_text(decision.until),
    )


def state_of(row: Contacted, zone: str) -> MessageState:
    """Return a row of the ledger as programs see it."""
    intent = row.intent
    sentence = reason_sentence(row.reason, translator("en", zone), row.rule) if row.reason else ""
    return MessageState(
        id=row.id,
        key=intent.key,
        state=row.state,
        reason=row.reason,
        explanation=sentence,
        rule=row.rule,
        purpose=intent.purpose,
        channel=intent.channel,
        topic=intent.topic,
        message=intent.message,
        campaign=intent.campaign,
        step=intent.step,
        variant=intent.variant,
        created_at=clock.to_text(row.created_at),
        sent_at=_text(row.sent_at),
        delivered_at=_text(row.delivered_at),
        bounced_at=_text(row.bounced_at),
        opened_at=_text(row.opened_at),
        clicked_at=_text(row.clicked_at),
        attempts=row.attempts,
    )


def rules_of(stored: StoredRules) -> RulesAnswer:
    """Return rules as programs see them."""
    return RulesAnswer(
        version=stored.version,
        saved_at=_text(stored.saved_at or None),
        saved_by=stored.saved_by,
        rules=to_data(stored.rules),
    )


def channel_of(setup: ChannelSetup, secrets: list[str]) -> ChannelView:
    """Return a channel as programs see it."""
    return ChannelView(
        name=setup.name,
        kind=setup.kind,
        driver=setup.driver,
        settings=setup.settings,
        enabled=setup.enabled,
        per_second=setup.per_second,
        secrets=secrets,
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else clock.to_text(moment)

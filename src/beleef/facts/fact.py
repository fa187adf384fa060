"""A fact: one typed, immutable statement about something that passed between a customer and the organisation."""

from collections.abc import Mapping, Set
from typing import Any, Final, Literal

import msgspec

FactType = Literal["identify", "track", "page", "screen", "group", "alias", "merge", "beleef"]

OWN_SOURCE: Final = "beleef"
"""Name of the source of what Beleef and its staff say."""
"""What kind of statement it is: the types of the Segment specification, RudderStack's ``merge``, and ``beleef`` for
what Beleef itself or its staff decided (evidence undone, a person erased)."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fact, as every slice sees it. Moments are microseconds since 1970 in UTC.

    Attributes:
        id: Its number: log position and place in the body (``kernel.ids.fact_id``). Grows in the order of arrival.
        message_id: The client's ``messageId``, or the one Beleef gave.
        type: See ``FactType``.
        name: The event's name (track), or the page's or screen's; None for the other types.
        source: The name of the source it came through.
        channel: The medium: web, app, email, phone, shop, … Its own where it says so, else its source's.
        touchpoint: The exact place of contact, by the source's rules; None where no rule fits.
        occurred_at: When it happened, corrected for the client's clock, never later than ``received_at``.
        received_at: When Beleef accepted it.
        user_id: The organisation's own number of the person, as sent.
        anonymous_id: The device's or browser's number, as sent.
        previous_id: For ``alias``: the identifier that is one with ``user_id``.
        external_ids: Further identifiers ``(type, value)`` from ``context.externalIds`` or ``merge``.
        group_id: The account's number (``group``, or ``context.groupId``).
        traits: What it says about the person (or, for ``group``, about the account).
        properties: What it says about the event.
        context: The rest that may matter later: page, campaign, locale, library, consent.
        campaign: Name of the campaign that led to it (``context.campaign.name``).
        product: Product number (``properties.product_id`` or ``sku``).
        revenue: Money the organisation received by it, in ``currency``; negative for a refund.
        currency: ISO 4217 code.
    """

    id: int
    message_id: str
    type: FactType
    source: str
    channel: str
    occurred_at: int
    received_at: int
    name: str | None = None
    touchpoint: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    external_ids: tuple[tuple[str, str], ...] = ()
    group_id: str | None = None
    traits: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    campaign: str | None = None
    product: str | None = None
    revenue: float | None = None
    currency: str | None = None


class Batch(msgspec.Struct, kw_only=True):
    """What the worker hands from step to step: new facts in log order, repeats and unusable ones left out.

    Attributes:
        facts: The facts.
        subjects: For each fact the number of its leading identifier (``kernel.ids.subject_id``); set by identity. A
            subject is the smallest unit that facts are stored under: history never moves from one to another. Which
            subjects are one person is a small map, joined at reading.
        moved: Subjects that have another person than before the batch, and which; set by identity.
        moved_from: The person that each of these had before, new ones left out; set by identity.
        anonymous: What is nobody's, for statistics only: what a replay finds left of erased persons' facts (without properties),
            and what Beleef says about nobody, an anonymous answer for one (identity takes it out of ``facts``).
        now: The moment the batch is worked on, in microseconds.
        states: What profiles keeps of the facts' subjects, these facts included; set by profiles, which alone knows what it is.
            Whoever reads it leaves it as it is.
    """

    facts: list[Fact]
    now: int
    subjects: list[int] = []
    moved: dict[int, int] = {}
    moved_from: dict[int, int] = {}
    anonymous: list[Fact] = []
    states: Mapping[int, object] = {}

    def regrouped(self) -> dict[int, int]:
        """Return the subjects that were another person's before, and whose they are now: new ones bring only what this batch says."""
        return {subject: person for subject, person in self.moved.items() if subject in self.moved_from}

    def named(self, names: Set[str | None]) -> list[tuple[int, Fact]]:
        """Return the facts with one of these names, each with its subject: most facts are none of a slice's business."""
        return [
            (subject, fact)
            for subject, fact in zip(self.subjects, self.facts, strict=True)
            if fact.name in names
        ]

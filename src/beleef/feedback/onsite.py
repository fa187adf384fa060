"""Whether the widget may ask a known visitor by itself: the same peace as for invitations, and the contact gate's word.

The page is where they are, so that no address is needed and nobody is woken: quiet hours and dead addresses do not count here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from beleef.contact.api import Contact, Intent, asked_of, gate
from beleef.feedback import answer_queries, invitation_queries
from beleef.feedback.eligibility import YEAR, Occasion, Past, Room, why_not
from beleef.feedback.model import Kind, Sampling, Survey, Widget
from beleef.identity.api import Person

CHANNEL: Final = "onsite"
"""How rules of the contact gate call asking on a site."""


def refusals(
    connection: sa.Connection,
    contact: Contact,
    surveys: Sequence[Survey],
    person: Person,
    *,
    kinds: Mapping[str, Kind],
    memberships: frozenset[str],
    key: bytes,
    now: int,
) -> dict[str, str]:
    """Return by survey why it does not ask a visitor by itself, as a code; those that may ask are left out.

    Args:
        connection: To read from.
        contact: The contact gate.
        surveys: Those that the widget could show, as they are in force.
        person: The visitor.
        kinds: Of all surveys by name, the kind.
        memberships: The audiences they are in.
        key: The installation's key.
        now: The moment.
    """
    if not surveys:
        return {}
    past = _past(connection, person, kinds, now)
    around = contact.circumstances(connection, [_intent(one, person) for one in surveys], now)
    rules = msgspec.structs.replace(contact.rules(connection).rules, quiet=())
    found = {}
    for survey, known in zip(surveys, around, strict=True):
        here = msgspec.structs.replace(
            known.known, has_channel=True, has_address=True, is_channel_open=True, suppressed=""
        )
        said = gate(rules).decide(asked_of(known.intent, now), here)
        audience = survey.eligibility.audience
        occasion = Occasion(
            number=person.first,
            first=person.first,
            at=now,
            is_member=not audience or audience in memberships,
            has_open_complaint=here.has_open_complaint,
            complaint_closed_at=here.complaint_closed_at or None,
            past=past,
            refusal="" if said.outcome == "send" else said.reason,
        )
        reason = why_not(_sampled_by_widget(survey), occasion, Room(), key)
        if reason:
            found[survey.name] = reason
    return found


def _sampled_by_widget(survey: Survey) -> Survey:
    """Return a survey whose random share is that of the widget: quotas and strata are about invitations."""
    share = (survey.widget or Widget()).share
    return msgspec.structs.replace(survey, sampling=Sampling(share=share, hold_out=survey.sampling.hold_out))


def _intent(survey: Survey, person: Person) -> Intent:
    return Intent(
        key=f"{CHANNEL}:{survey.name}",
        subject=min(person.subjects),
        purpose="survey",
        channel=CHANNEL,
        topic=survey.topic,
    )


def _past(connection: sa.Connection, person: Person, kinds: Mapping[str, Kind], now: int) -> tuple[Past, ...]:
    """Return what somebody was asked, and what they answered without having been asked."""
    since = now - 2 * YEAR
    asked: Iterable[Past] = (one for _, one in invitation_queries.past(connection, person.subjects, since))
    own = (
        Past(survey=one.survey, kind=kinds.get(one.survey, "open"), at=one.started_at)
        for one in answer_queries.responses(connection, subjects=person.subjects, limit=100)
        if not one.invitation and one.started_at > since
    )
    return (*asked, *own)

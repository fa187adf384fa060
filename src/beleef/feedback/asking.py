"""The deciding part of the step: occasions that came, decided when they are due, invitations meant for the contact gate, reminders.

All of a round is read at once; people are then decided about one after the other, so that a limit that one reaches holds for the next.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.collect.api import say_later
from beleef.contact.api import Circumstances, Contact, Intent, asked_of
from beleef.feedback import invitation_queries
from beleef.feedback.eligibility import YEAR, Occasion, Past, Room, why_not
from beleef.feedback.invitation_queries import Decided
from beleef.feedback.inviting import KEY, REMINDER, addressed, intent_of
from beleef.feedback.links import SurveyLinks
from beleef.feedback.model import Invitation, StoredSurvey, Survey
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import DAY, to_text

AT_ONCE: Final = 500
"""Occasions in one round: a transaction of some tenths of a second, so that facts need not wait long."""
_SENT: Final = frozenset({"sent", "delivered"})
_OPEN: Final = frozenset({"waiting", "held", "reserved", "sending"})

Due = tuple[Invitation, int, str]


class Asking:
    """Decides about occasions and sends reminders.

    Args:
        audiences: Who is a member.
        contact: The contact gate.
        links: Makes personal links.
        key: The installation's key.
    """

    def __init__(self, *, audiences: Audiences, contact: Contact, links: SurveyLinks, key: bytes) -> None:
        self._audiences = audiences
        self._contact = contact
        self._links = links
        self._key = key

    def decide(
        self, connection: sa.Connection, surveys: Mapping[int, StoredSurvey], until: int, now: int
    ) -> int:
        """Decide about what is due at or before ``until``; return how many occasions that were."""
        due = invitation_queries.due(connection, until, AT_ONCE)
        if not due:
            return 0
        intents = [self._intent(one, surveys, now) for one in due]
        around = self._contact.circumstances(connection, intents, now)
        people = {one.person.number: one.person for one in around if one.person is not None}
        past = self._past(connection, people, now)
        rooms = {number: self._room(connection, surveys[number], now) for number in {one[1] for one in due}}
        memberships = self._memberships(connection, due, surveys, people)
        decided, wanted, said = [], [], []
        for one, intent, known in zip(due, intents, around, strict=True):
            survey = surveys[one[1]]
            reason, stratum = self._reason(connection, one, survey, known, past, rooms, memberships, now)
            verdict = _verdict(one[0], survey, reason, stratum, now)
            decided.append(verdict)
            if known.person is not None:
                said.append(_told(one[0], survey, known.person, reason, now))
            if not reason and known.person is not None and survey.published is not None:
                invitation = msgspec.structs.replace(intent, expires_at=verdict.expires_at)
                wanted.append(addressed(invitation, known))
                past[known.person.number].append(
                    Past(survey=one[0].survey, kind=survey.published.kind, at=now)
                )
                rooms[one[1]] = _fuller(rooms[one[1]], stratum)
        invitation_queries.decide(connection, decided)
        self._contact.intend(connection, wanted, now)
        say_later(connection, said)
        return len(due)

    def _intent(self, due: Due, surveys: Mapping[int, StoredSurvey], now: int) -> Intent:
        stored = surveys[due[1]]
        return intent_of(due[0], stored.published or stored.survey, self._links, now)

    def _reason(
        self,
        connection: sa.Connection,
        due: Due,
        stored: StoredSurvey,
        known: Circumstances,
        past: Mapping[int, list[Past]],
        rooms: Mapping[int, Room],
        memberships: Mapping[int, frozenset[str]],
        now: int,
    ) -> tuple[str, str]:
        """Return why somebody is not asked (empty where they are), and their stratum."""
        survey = stored.published
        if survey is None or stored.state != "active":
            return "not_active", ""
        if known.person is None:
            return "unknown_person", ""
        stratum = _stratum(survey, due, known)
        audience = survey.eligibility.audience
        gate = self._contact.gate(connection)
        occasion = Occasion(
            number=due[0].number,
            first=known.person.first,
            at=now,
            is_member=not audience or audience in memberships.get(known.person.number, ()),
            has_open_complaint=known.known.has_open_complaint,
            complaint_closed_at=known.known.complaint_closed_at or None,
            past=tuple(past[known.person.number]),
            refusal=gate.refusal(asked_of(known.intent, now), known.known),
            stratum=stratum,
        )
        return why_not(survey, occasion, rooms[due[1]], self._key), stratum

    def _past(
        self, connection: sa.Connection, people: Mapping[int, Person], now: int
    ) -> dict[int, list[Past]]:
        owner = {subject: person.number for person in people.values() for subject in person.subjects}
        found: dict[int, list[Past]] = defaultdict(list)
        for subject, past in invitation_queries.past(connection, list(owner), now - 2 * YEAR):
            found[owner[subject]].append(past)
        return found

    @staticmethod
    def _room(connection: sa.Connection, stored: StoredSurvey, now: int) -> Room:
        sampling = (stored.published or stored.survey).sampling
        asked, heard = 0, dict[str, int]()
        if sampling.quota:
            since = now - sampling.quota_days * DAY
            asked = invitation_queries.asked_since(connection, stored.number, since)
        if sampling.strata is not None:
            since = now - sampling.strata.days * DAY
            heard = invitation_queries.heard_since(connection, stored.number, since, now)
        return Room(asked=asked, heard=heard)

    def _memberships(
        self,
        connection: sa.Connection,
        due: Sequence[Due],
        surveys: Mapping[int, StoredSurvey],
        people: Mapping[int, Person],
    ) -> dict[int, frozenset[str]]:
        published = [surveys[number].published for _, number, _ in due]
        if not any(one is not None and one.eligibility.audience for one in published):
            return {}
        return self._audiences.memberships(connection, people)

    def remind(
        self, connection: sa.Connection, surveys: Mapping[int, StoredSurvey], until: int, now: int
    ) -> int:
        """Remind of invitations that nobody answered yet, once each; return how many were looked at."""
        due = invitation_queries.due_reminders(connection, until, AT_ONCE)
        if not due:
            return 0
        sent = self._contact.by_keys(connection, {_key(one) for one, _ in due})
        reminded, later, given_up, intents = [], dict[int, int](), [], []
        for one, number in due:
            stored, contacted = surveys[number], sent.get(_key(one))
            is_over = one.expires_at is None or one.expires_at <= now or one.started_at is not None
            if is_over or contacted is None or stored.state != "active" or stored.published is None:
                given_up.append(one.number)
            elif contacted.state in _SENT:
                reminded.append(one.number)
                intents.append(intent_of(one, stored.published, self._links, now, is_reminder=True))
            elif contacted.state in _OPEN:
                later[one.number] = now + DAY
            else:
                given_up.append(one.number)
        invitation_queries.set_reminders(
            connection, reminded=reminded, later=later, given_up=given_up, now=now
        )
        around = self._contact.circumstances(connection, intents, now)
        reminders = [addressed(intent, known) for intent, known in zip(intents, around, strict=True)]
        self._contact.intend(connection, reminders, now)
        return len(due)


def _key(one: Invitation) -> str:
    return f"{KEY}{ids.to_text(one.number)}"


def refused(keys: Iterable[tuple[str, str]]) -> dict[int, str]:
    """Return, by invitation, why the gate let it go no further; reminders and others' messages are passed over.

    Args:
        keys: Keys of intents with the gate's reasons.
    """
    found = {}
    for key, reason in keys:
        number = None
        if key.startswith(KEY) and not key.endswith(REMINDER):
            number = ids.from_text(key.removeprefix(KEY))
        if number is not None:
            found[number] = f"gate_{reason}"
    return found


def _fuller(room: Room, stratum: str) -> Room:
    return Room(asked=room.asked + 1, heard={**room.heard, stratum: room.heard.get(stratum, 0) + 1})


def _stratum(survey: Survey, due: Due, known: Circumstances) -> str:
    strata = survey.sampling.strata
    if strata is None:
        return ""
    own = {"$touchpoint": due[0].touchpoint, "$product": due[0].product, "$channel": due[2]}
    if strata.by in own:
        return own[strata.by]
    trait = known.profile.traits.get(strata.by)
    value = None if trait is None else trait.value
    return str(value)[:60] if isinstance(value, str | int | float) else ""


def _verdict(one: Invitation, stored: StoredSurvey, reason: str, stratum: str, now: int) -> Decided:
    survey = stored.published
    if reason or survey is None:
        return Decided(
            number=one.number,
            version=stored.version,
            state="not_asked",
            reason=reason or "not_active",
            stratum=stratum,
            asked_at=None,
            expires_at=None,
            remind_at=None,
        )
    return Decided(
        number=one.number,
        version=stored.version,
        state="asked",
        reason="",
        stratum=stratum,
        asked_at=now,
        expires_at=now + survey.open_days * DAY,
        remind_at=now + survey.reminder_days * DAY if survey.reminder_days else None,
    )


def _told(one: Invitation, stored: StoredSurvey, person: Person, reason: str, now: int) -> dict[str, Any]:
    """Return the message that says that somebody was invited, or why not."""
    event = "Survey Not Sent" if reason else "Survey Invited"
    number = ids.to_text(one.number)
    properties = {
        "survey": one.survey,
        "version": stored.version,
        "invitation": number,
        "touchpoint": one.touchpoint,
        "reason": reason,
    }
    context = {"campaign": {"name": one.campaign}} if one.campaign else {}
    return {
        "messageId": f"{KEY}{number}:{'not-sent' if reason else 'invited'}",
        "type": "beleef",
        "event": event,
        "timestamp": to_text(now),
        "properties": {name: value for name, value in properties.items() if value},
        **identity.naming(person, context),
    }

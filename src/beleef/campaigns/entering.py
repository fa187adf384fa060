"""Letting many people in at once: the members of an audience at a schedule's time, or those a program names.

They only begin here; what they do first is done with the next round of timers.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.audiences.api import Audiences
from beleef.campaigns import effects, queries
from beleef.campaigns.machine import Moving, drawn_as, keep_out, run_id
from beleef.campaigns.model import Campaign, StoredCampaign
from beleef.campaigns.story import may_enter
from beleef.contact.api import Contact
from beleef.identity import api as identity


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to enter: the person, the subject the run is about, and when the first step is due."""

    person: int
    subject: int
    due_at: int


class Entering:
    """Lets people in.

    Args:
        audiences: Answers the rule about who may enter.
        contact: Where messages go.
    """

    def __init__(self, audiences: Audiences, contact: Contact) -> None:
        self._audiences = audiences
        self._contact = contact

    def enter(
        self,
        connection: sa.Connection,
        stored: StoredCampaign,
        people: Sequence[Newcomer],
        now: int,
        *,
        trigger: str,
        key: str = "",
        properties: dict[str, Any] | None = None,
    ) -> int:
        """Let people enter, as far as the campaign's rules allow it; return how many did.

        Args:
            connection: Inside a write transaction.
            stored: The campaign.
            people: Who, each person once.
            now: The present moment.
            trigger: What lets them in; the same again lets nobody in twice.
            key: What it is about.
            properties: What messages may use as ``fact``.
        """
        found = queries.versions(connection, [stored.number])
        definitions = {place: version.definition for place, version in found.items()}
        campaign = definitions[stored.number, stored.version]
        allowed = self._allowed(connection, campaign, people, now)
        earlier = self._earlier(connection, stored.number, allowed)
        runs: list[Moving] = []
        entered = 0
        for one in allowed:
            id_ = run_id(stored.number, one.subject, key, trigger)
            others = earlier[one.person]
            known = [run for run in others if run.key == key]
            if any(run.id == id_ for run in known) or not may_enter(campaign.entry.again, known, now):
                continue
            for run in known:
                if run.ended_at is None:
                    run.leave(now, "again", is_cut_short=True)
                    runs.append(run)
            run = _beginning(stored, one, now, trigger, key)
            run.drawn_as = drawn_as(one.subject, others)
            run.properties = properties or {}
            keep_out(campaign, run, now)
            runs.append(run)
            entered += 1
        effects.keep(connection, runs, (), definitions=definitions, contact=self._contact, now=now)
        return entered

    def _allowed(
        self, connection: sa.Connection, campaign: Campaign, people: Sequence[Newcomer], now: int
    ) -> list[Newcomer]:
        only = campaign.entry.only
        once = {one.person: one for one in people}
        if only is None:
            return list(once.values())
        fitting = self._audiences.matching(connection, only, list(once), now)
        return [one for one in once.values() if one.person in fitting]

    @staticmethod
    def _earlier(
        connection: sa.Connection, number: int, people: Sequence[Newcomer]
    ) -> dict[int, list[Moving]]:
        known = identity.people(connection, [one.person for one in people])
        owners = {subject: person.number for person in known.values() for subject in person.subjects}
        owners.update({one.subject: one.person for one in people})
        earlier: dict[int, list[Moving]] = defaultdict(list)
        for run in queries.runs_about(connection, [number], list(owners)):
            run.person = owners[run.subject]
            earlier[run.person].append(run)
        return earlier


def _beginning(stored: StoredCampaign, one: Newcomer, now: int, trigger: str, key: str) -> Moving:
    return Moving(
        id=run_id(stored.number, one.subject, key, trigger),
        campaign=stored.number,
        version=stored.version,
        subject=one.subject,
        person=one.person,
        key=key,
        entered_at=now,
        trigger=trigger,
        drawn_as=one.subject,
        due_at=one.due_at,
        is_new=True,
        is_changed=True,
    )

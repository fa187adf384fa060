"""What others may ask of campaigns: write, publish, pause, resume and stop them, let people enter, and see what became of it.

Methods that write need a write connection; all of one call is kept together, or nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.audiences.api import Audience, Audiences
from beleef.campaigns import checking, entering, keeping, queries, result_queries, results
from beleef.campaigns.expectations import Broken, broken, check_given
from beleef.campaigns.experiments import Analysis, Plan, plan
from beleef.campaigns.life import Happening, PastPerson
from beleef.campaigns.model import (
    CONTROL,
    Campaign,
    InFlight,
    Problem,
    Run,
    State,
    Step,
    StoredCampaign,
    Timers,
    Version,
)
from beleef.campaigns.program import flows_of, steps_of
from beleef.campaigns.reading import from_data
from beleef.campaigns.results import Results, StepResult, Summary, VariantResult
from beleef.campaigns.simulation import PersonSimulated, Simulated, Simulation
from beleef.campaigns.writing import to_data
from beleef.contact.api import Contact, GateRules
from beleef.content.api import Content
from beleef.identity import api as identity
from beleef.kernel.errors import Conflict, NotFound
from beleef.profiles.api import Profiles

__all__ = [
    "CONTROL",
    "Analysis",
    "Broken",
    "Campaign",
    "Campaigns",
    "Happening",
    "InFlight",
    "PastPerson",
    "PersonSimulated",
    "Plan",
    "Problem",
    "Results",
    "Run",
    "Simulated",
    "Simulation",
    "State",
    "Step",
    "StepResult",
    "StoredCampaign",
    "Summary",
    "Timers",
    "VariantResult",
    "Version",
    "broken",
    "check_given",
    "flows_of",
    "from_data",
    "plan",
    "steps_of",
    "to_data",
]


class Campaigns:
    """Keeps campaigns and runs them.

    Args:
        audiences: Rules and members.
        contact: The contact gate.
        content: Messages.
        profiles: What is known of people.
        zone: The organisation's time zone, an IANA name.
    """

    def __init__(
        self, *, audiences: Audiences, contact: Contact, content: Content, profiles: Profiles, zone: str
    ) -> None:
        self.audiences = audiences
        self.contact = contact
        self.content = content
        self.profiles = profiles
        self.zone = zone

    def campaigns(self, connection: sa.Connection) -> list[StoredCampaign]:
        """Return all campaigns by name, each with how many entered and how many are under way."""
        return results.with_figures(connection, queries.stored(connection))

    def campaign(self, connection: sa.Connection, name: str) -> StoredCampaign:
        """Return a campaign.

        Raises:
            NotFound: there is no such campaign.
        """
        return results.with_figures(connection, [self._stored(connection, name)])[0]

    def versions(self, connection: sa.Connection, name: str) -> list[Version]:
        """Return the published versions of a campaign, latest first.

        Raises:
            NotFound: there is no such campaign.
        """
        number = self._stored(connection, name).number
        found = queries.versions(connection, [number])
        return [found[key] for key in sorted(found, reverse=True)]

    def save(
        self, connection: sa.Connection, campaign: Campaign | Mapping[str, Any], now: int
    ) -> StoredCampaign:
        """Save a campaign's draft, new or changed; people under way notice nothing until it is published.

        Raises:
            InvalidInput: it cannot be read, or steps share an id; code ``invalid_campaign``. What else keeps it from being
                published (no step yet, a message that does not exist) ``check`` says: a draft grows step by step.
        """
        new = campaign if isinstance(campaign, Campaign) else from_data(campaign)
        checking.must_be_keepable(new)
        queries.save(connection, new, now)
        queries.note_change(connection)
        return self._stored(connection, new.name)

    def check(self, connection: sa.Connection, campaign: Campaign) -> tuple[Problem, ...]:
        """Return what keeps a campaign from being published, and what deserves a second look."""
        return checking.problems(connection, campaign, self.audiences, self.content, self.profiles)

    def publish(
        self, connection: sa.Connection, name: str, now: int, *, in_flight: InFlight = "finish"
    ) -> StoredCampaign:
        """Put the draft in force as a new version.

        Args:
            connection: Inside a write transaction.
            name: The campaign.
            now: The present moment.
            in_flight: Whether people under way finish on their version, or move on in the new one at the same step; those at a
                step that it does not have leave, with the reason ``step_removed``.

        Raises:
            NotFound: there is no such campaign.
            InvalidInput: something keeps it from being published; the message says what.
        """
        stored = self._stored(connection, name)
        checking.must_be_publishable(self.check(connection, stored.campaign))
        keeping.publish(connection, stored, now, in_flight, self.audiences)
        return self.campaign(connection, name)

    def pause(self, connection: sa.Connection, name: str, now: int) -> StoredCampaign:
        """Pause a campaign: nobody enters, nobody goes on, and messages not yet sent wait.

        Raises:
            NotFound, Conflict: there is no such campaign, or it does not run.
        """
        keeping.pause(connection, self._stored(connection, name), now, self.contact)
        return self.campaign(connection, name)

    def resume(
        self, connection: sa.Connection, name: str, now: int, *, timers: Timers = "shift"
    ) -> StoredCampaign:
        """Let a paused campaign go on.

        Args:
            connection: Inside a write transaction.
            name: The campaign.
            now: The present moment.
            timers: Whether timers stood still during the pause, or ran on, so that what fell due goes on at once.

        Raises:
            NotFound, Conflict: there is no such campaign, or it is not paused.
        """
        keeping.resume(connection, self._stored(connection, name), now, timers, self.contact)
        return self.campaign(connection, name)

    def stop(self, connection: sa.Connection, name: str, now: int) -> StoredCampaign:
        """Stop a campaign for good: everybody leaves, and messages not yet sent are cancelled. It can be published again.

        Raises:
            NotFound, Conflict: there is no such campaign, or it does not run.
        """
        keeping.stop(connection, self._stored(connection, name), now, self.audiences, self.contact)
        return self.campaign(connection, name)

    def delete(self, connection: sa.Connection, name: str) -> None:
        """Remove a campaign with its runs and figures.

        Raises:
            NotFound, Conflict: there is no such campaign, or it runs.
        """
        stored = self._stored(connection, name)
        if stored.state in {"active", "paused"}:
            raise Conflict(f"The campaign {name!r} runs.", hint="Stop it first.")
        self.audiences.keep(connection, keeping.owner(stored), ())
        queries.delete(connection, stored.number)
        queries.note_change(connection)

    def enter(
        self,
        connection: sa.Connection,
        name: str,
        persons: Collection[int],
        now: int,
        *,
        request: str,
        key: str = "",
        properties: Mapping[str, Any] | None = None,
    ) -> int:
        """Let people enter, as far as the campaign's rules about who and how often allow it; return how many did.

        Args:
            connection: Inside a write transaction.
            name: The campaign.
            persons: Their numbers.
            now: The present moment.
            request: What names this call: the same call again lets nobody in twice.
            key: What it is about, an order for instance.
            properties: What messages may use as ``fact``.

        Raises:
            NotFound, Conflict: there is no such campaign, or it does not run.
        """
        stored = self._stored(connection, name)
        if stored.state != "active":
            raise Conflict(f"The campaign {name!r} does not run.", hint="Publish it, or resume it.")
        people = [entering.Newcomer(person=person, subject=person, due_at=now) for person in persons]
        return entering.Entering(self.audiences, self.contact).enter(
            connection,
            stored,
            people,
            now,
            trigger=f"call:{request}",
            key=key,
            properties=dict(properties or {}),
        )

    def users_of_computed(self, connection: sa.Connection, trait: str) -> list[tuple[str, str]]:
        """Return kind and label of the campaigns that ask for a computed trait, as a draft or for people under way."""
        stored = queries.stored(connection)
        asking = {one.number for one in stored if checking.asks_for_computed(one.campaign, trait)}
        running = [one.number for one in stored if one.state in {"active", "paused"}]
        for (number, _), version in queries.versions(connection, running).items():
            if checking.asks_for_computed(version.definition, trait):
                asking.add(number)
        return [("campaign", one.campaign.label) for one in stored if one.number in asking]

    def runs(
        self,
        connection: sa.Connection,
        name: str,
        *,
        under_way: bool | None = None,
        step: str | None = None,
        after: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Return runs of a campaign, latest entered first.

        Args:
            connection: A connection.
            name: The campaign.
            under_way: Only those under way, or only those that ended.
            step: Only those at this step.
            after: ``(entered_at, id)`` of the last of the page before.
            limit: At most so many.

        Raises:
            NotFound: there is no such campaign.
        """
        number = self._stored(connection, name).number
        return result_queries.listed(
            connection, number=number, under_way=under_way, step=step, after=after, limit=limit
        )

    def runs_of(self, connection: sa.Connection, subjects: Collection[int], *, limit: int = 100) -> list[Run]:
        """Return a person's runs in all campaigns, latest entered first."""
        return result_queries.listed(connection, subjects=subjects, limit=limit)

    def results(self, connection: sa.Connection, name: str, *, version: int | None = None) -> Results:
        """Return what became of a campaign: in all, per step and per variant, each figure with its interval.

        Raises:
            NotFound: there is no such campaign or version.
        """
        stored = self._stored(connection, name)
        return results.read(connection, stored, self.contact, version=version)

    def summaries(self, connection: sa.Connection) -> dict[str, Summary]:
        """Return what became of each campaign that was ever in force, in short and by name, in a fixed number of reads."""
        return results.summaries(connection, queries.stored(connection), self.contact)

    def analysis(self, connection: sa.Connection, name: str, step: str = "") -> Analysis:
        """Return the outcome of an experiment: of a split, or (empty) of the campaign's own control group.

        Raises:
            NotFound: there is no such campaign or experiment.
        """
        return results.analysis(connection, self._stored(connection, name), step)

    def simulate(
        self,
        connection: sa.Connection,
        campaign: Campaign,
        people: Iterable[PastPerson],
        *,
        since: int,
        until: int,
        audiences: Sequence[Audience] = (),
        gate: GateRules | None = None,
    ) -> Simulated:
        """Run a campaign in simulated time over past facts; nothing is sent and nothing is kept.

        Args:
            connection: A connection, to read audiences and the gate's rules.
            campaign: The campaign.
            people: People with their past facts, those before ``since`` included.
            since: When the simulated campaign begins, in microseconds.
            until: When it ends.
            audiences: Audiences besides those in force, and instead of those of the same name.
            gate: The gate's rules; None for those in force.

        Raises:
            InvalidInput: the campaign's parts do not fit together.
        """
        simulation = self.simulation(connection, campaign, audiences=audiences, gate=gate)
        return simulation.run(people, since=since, until=until)

    def simulation(
        self,
        connection: sa.Connection,
        campaign: Campaign,
        *,
        audiences: Sequence[Audience] = (),
        gate: GateRules | None = None,
    ) -> Simulation:
        """Return a campaign ready to be simulated; as ``simulate``.

        Raises:
            InvalidInput: the campaign's parts do not fit together.
        """
        checking.must_fit(campaign)
        known = [one.audience for one in self.audiences.audiences(connection)]
        return Simulation(
            campaign,
            rules=gate or self.contact.rules(connection).rules,
            audiences=[*known, *audiences],
            computed=self.profiles.definitions(connection),
            zone=self.zone,
        )

    def forget(self, connection: sa.Connection, subjects: Sequence[int]) -> None:
        """Remove the runs of subjects; what they add up to stays, and belongs to nobody."""
        results.fold_away(connection, subjects)

    def _stored(self, connection: sa.Connection, name: str) -> StoredCampaign:
        found = queries.stored(connection, name)
        if not found:
            raise NotFound(f"There is no campaign {name!r}.", hint="Look at the list of campaigns.")
        return found[0]


def persons_named(connection: sa.Connection, subjects: Collection[int]) -> dict[int, int]:
    """Return the person of each subject, for lists of runs."""
    return identity.persons_of(connection, subjects)

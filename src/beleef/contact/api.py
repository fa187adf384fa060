"""What others may ask of contact: intend a message, ask the gate, read the ledger, the rules and the pressure, set up channels.

Methods take a connection; those that write belong inside a write transaction, so that an intent commits with what led to it.
"""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from beleef.contact import campaign_queries, queries, sending_queries, standing_queries
from beleef.contact import pressure as pressure_
from beleef.contact.channels import book as book_
from beleef.contact.channels.book import ChannelBook, Opened
from beleef.contact.channels.email.composing import message_mark
from beleef.contact.channels.forgetting import forget as forget_kept
from beleef.contact.channels.opening import BUILT_IN, Surroundings, check_setup
from beleef.contact.channels.port import Channel, ChannelSetup, Outgoing, Sent
from beleef.contact.gate import Gate, asked_of, bucket, decide, gate, rank
from beleef.contact.hashing import address_hash
from beleef.contact.known import Circumstances, KnownReader, OpenComplaints, nobody_complains
from beleef.contact.links import Links
from beleef.contact.model import (
    PURPOSES,
    STATES,
    Asked,
    CampaignOutcome,
    Cap,
    CapTrial,
    ConsentRule,
    Contacted,
    Decision,
    Distance,
    Enclosed,
    Figures,
    GateRules,
    Intent,
    Known,
    PastContact,
    Pressure,
    Purpose,
    QuietHours,
    Standing,
    State,
    StoredDecision,
    StoredRules,
)
from beleef.contact.rules import DEFAULT, check, from_data, from_yaml, to_data, to_yaml
from beleef.contact.standing import standing, word
from beleef.contact.standing_queries import Suppression
from beleef.contact.telling import customer_fact, message_fact
from beleef.contact.topics.model import Topic
from beleef.contact.topics.queries import save as save_topic
from beleef.contact.trial import Meant, Tried, busiest_week
from beleef.contact.trial import run as run_trial
from beleef.contact.wording import reason_sentence
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import SECOND
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.profiles.api import Profiles

__all__ = [
    "BUILT_IN",
    "DEFAULT",
    "PURPOSES",
    "STATES",
    "Asked",
    "CampaignOutcome",
    "Cap",
    "CapTrial",
    "Channel",
    "ChannelBook",
    "ChannelSetup",
    "Circumstances",
    "ConsentRule",
    "Contact",
    "Contacted",
    "Decision",
    "Distance",
    "Enclosed",
    "Figures",
    "Gate",
    "GateRules",
    "Intent",
    "Known",
    "KnownReader",
    "Links",
    "Meant",
    "OpenComplaints",
    "Opened",
    "Outgoing",
    "PastContact",
    "Pressure",
    "Purpose",
    "QuietHours",
    "Sent",
    "Standing",
    "State",
    "StoredDecision",
    "StoredRules",
    "Suppression",
    "Surroundings",
    "Topic",
    "Tried",
    "asked_of",
    "bucket",
    "busiest_week",
    "check",
    "customer_fact",
    "decide",
    "figures",
    "from_data",
    "from_yaml",
    "gate",
    "message_fact",
    "message_mark",
    "nobody_complains",
    "rank",
    "reason_sentence",
    "run_trial",
    "save_topic",
    "standing",
    "to_data",
    "to_yaml",
    "word",
]

_LONGEST_KEY = 200
_HIGHEST_PRIORITY = 100
_RULED = ("cap", "distance", "quiet_hours", "open_complaint", "after_complaint", "paused")
"""Reasons to hold that other rules may do away with."""


class Contact:
    """The contact gate, its ledger and its channels.

    Args:
        profiles: The reader of profiles.
        key: The installation's key.
        zone: The organisation's time zone, an IANA name.
        book: The channels.
        complaints: Who has an open complaint that no fact tells of.
    """

    def __init__(
        self,
        *,
        profiles: Profiles,
        key: bytes,
        zone: str,
        book: ChannelBook,
        complaints: OpenComplaints = nobody_complains,
    ) -> None:
        self._key = key
        self.book = book
        self.reader = KnownReader(profiles=profiles, key=key, zone=zone, book=book, complaints=complaints)

    def intend(self, connection: sa.Connection, intents: Sequence[Intent], now: int) -> int:
        """Mean to send messages: they wait for the gate. One whose key is known already changes nothing.

        Args:
            connection: Inside a write transaction.
            intents: The messages.
            now: The moment, in microseconds.

        Returns:
            How many were new.

        Raises:
            InvalidInput: one cannot be; none is kept.
        """
        for intent in intents:
            _check_intent(intent)
        return queries.add(connection, intents, now)

    def cancel(
        self, connection: sa.Connection, *, campaign: str, subjects: Collection[int] | None = None
    ) -> int:
        """Take back what a campaign means to send and the gate has not let through yet; return how many messages.

        Args:
            connection: Inside a write transaction.
            campaign: Name of the campaign.
            subjects: Only what is meant for these; None for everybody.
        """
        return queries.cancel(connection, campaign, subjects, "campaign_stopped")

    def hold(self, connection: sa.Connection, *, campaign: str) -> int:
        """Let messages of a paused campaign that the gate has not let through yet wait; return how many."""
        return campaign_queries.hold(connection, campaign)

    def let_go(self, connection: sa.Connection, *, campaign: str, now: int) -> int:
        """Let the gate look again at what waited because the campaign was paused; return how many messages."""
        return campaign_queries.let_go(connection, campaign, now)

    def withdraw(self, connection: sa.Connection, keys: Collection[str]) -> int:
        """Take back messages, by their keys, that the gate has not let through yet, because their reason is gone; return how many."""
        return campaign_queries.withdraw(connection, keys)

    def outcomes(self, connection: sa.Connection, campaign: str) -> list[CampaignOutcome]:
        """Return how many messages of a campaign came to what, by step, variant, channel, state and reason."""
        return campaign_queries.outcomes(connection, campaign)

    def prune_decisions(self, connection: sa.Connection, *, before: int) -> int:
        """Remove some of the gate's decisions from before a moment, the oldest; return how many, 0 when none is left.

        What became of each message stays in the ledger.
        """
        return queries.prune_decisions(connection, before=before)

    def states(self, connection: sa.Connection) -> dict[str, dict[str, int]]:
        """Return how many messages of each campaign are in which state, in one read for all."""
        return campaign_queries.states(connection)

    def ask(self, connection: sa.Connection, intents: Sequence[Intent], now: int) -> dict[str, Decision]:
        """Return what the gate would say about messages now, by key, each asked by itself. Nothing is stored.

        Raises:
            InvalidInput: one cannot be.
        """
        for intent in intents:
            _check_intent(intent)
        gate = self.gate(connection)
        return {
            one.intent.key: gate.decide(asked_of(one.intent, now), one.known)
            for one in self.reader.read(connection, intents, gate, now)
        }

    def circumstances(
        self, connection: sa.Connection, intents: Sequence[Intent], now: int
    ) -> list[Circumstances]:
        """Return messages with what the gate knows around them, in their order: for simulations and explanations."""
        return self.reader.read(connection, intents, self.gate(connection), now)

    def gate(self, connection: sa.Connection) -> Gate:
        """Return the gate with the rules in force."""
        return gate(self.rules(connection).rules)

    def rules(self, connection: sa.Connection) -> StoredRules:
        """Return the rules in force; version 0 are the defaults."""
        found = queries.rules(connection)
        return found or StoredRules(version=0, rules=DEFAULT, saved_at=0, saved_by="")

    def rules_history(self, connection: sa.Connection) -> list[StoredRules]:
        """Return all rules that were ever saved, the newest first."""
        return queries.rules_history(connection)

    def save_rules(
        self, connection: sa.Connection, rules: GateRules, *, by: str, now: int, over: int | None = None
    ) -> StoredRules:
        """Put rules in force; they hold from the gate's next turn on, for what is held already as well.

        Args:
            connection: Inside a write transaction.
            rules: The rules.
            by: Who saves them.
            now: The moment, in microseconds.
            over: The version that they were made from; None for whichever holds.

        Raises:
            InvalidInput: they cannot be; code ``invalid_gate_rules``.
            Conflict: somebody saved others since that version.
        """
        check(rules)
        known = self.rules(connection)
        if over is not None and over != known.version:
            raise Conflict(
                "Somebody changed the rules in the meantime.",
                hint="Look at them, and make your change again.",
            )
        if rules == known.rules and known.version:
            return known
        stored = StoredRules(version=known.version + 1, rules=rules, saved_at=now, saved_by=by)
        queries.save_rules(connection, stored)
        sending_queries.wake_all(connection, _RULED, now)
        return stored

    def ledger(
        self,
        connection: sa.Connection,
        subjects: Collection[int],
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Contacted]:
        """Return what was meant for a person, given by all their subjects, newest first, below the number ``before``."""
        return queries.ledger(connection, subjects, before=before, limit=limit)

    def listed(
        self,
        connection: sa.Connection,
        states: Sequence[State],
        *,
        campaign: str | None = None,
        channel: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Contacted]:
        """Return rows of the ledger in some states, newest first, below the number ``before``."""
        return queries.listed(
            connection, states, campaign=campaign, channel=channel, before=before, limit=limit
        )

    def contacted(self, connection: sa.Connection, numbers: Collection[int]) -> dict[int, Contacted]:
        """Return rows of the ledger by their numbers."""
        return queries.by_ids(connection, numbers)

    def by_keys(self, connection: sa.Connection, keys: Collection[str]) -> dict[str, Contacted]:
        """Return rows of the ledger by the keys of their intents."""
        return queries.by_keys(connection, keys)

    def decisions(
        self, connection: sa.Connection, numbers: Collection[int]
    ) -> dict[int, list[StoredDecision]]:
        """Return what the gate said about rows of the ledger, by their numbers, in the order it said it."""
        return queries.decisions(connection, numbers)

    def counts(self, connection: sa.Connection, campaign: str | None = None) -> dict[State, int]:
        """Return how many rows of the ledger are in each state, of all or of one campaign."""
        return queries.counts(connection, campaign)

    def figures(self, connection: sa.Connection, now: int) -> Figures:
        """Return how the sending stands."""
        return figures(connection, now)

    def send_again(self, connection: sa.Connection, numbers: Collection[int], now: int) -> int:
        """Let failed and uncertain messages go through the gate again; return how many. For staff to decide, never a machine.

        An uncertain message may have arrived: the person may then get it twice. It has the same Message-ID, so that many
        mail programs show it once.
        """
        return sending_queries.send_again(connection, numbers, now)

    def put_away(self, connection: sa.Connection, numbers: Collection[int]) -> int:
        """Let failed messages rest for good, and take uncertain ones for sent, so that they still count; return how many."""
        return sending_queries.put_away(connection, numbers)

    def pressure(
        self,
        connection: sa.Connection,
        *,
        start: int,
        end: int,
        audiences: Mapping[str, Collection[int]] | None = None,
    ) -> Pressure:
        """Return how much people were contacted from ``start`` to before ``end`` (microseconds).

        Args:
            connection: To read from.
            start: From when.
            end: Until when.
            audiences: By name, the numbers of the members to tell apart.
        """
        return pressure_.pressure(connection, start=start, end=end, audiences=audiences or {})

    def simulate_caps(self, connection: sa.Connection, rules: GateRules, *, start: int, end: int) -> CapTrial:
        """Return what other rules would have done with the messages meant from ``start`` to before ``end``, beside those in force.

        Raises:
            InvalidInput: the rules cannot be.
        """
        check(rules)
        known = self.rules(connection).rules
        return pressure_.simulate_caps(connection, self.reader, known, rules, start=start, end=end)

    def standing(self, connection: sa.Connection, subjects: Collection[int]) -> Standing:
        """Return what a person, given by all their subjects, has said about contact."""
        said = standing_queries.words(connection, subjects)
        return standing(word for words in said.values() for word in words)

    def suppressed(
        self, connection: sa.Connection, channel: str, addresses: Collection[str], now: int
    ) -> dict[str, Suppression]:
        """Return which addresses of a channel are left alone, and why."""
        rules = self.rules(connection).rules
        hashes = {(channel, address_hash(self._key, channel, one)): one for one in addresses}
        since = now - rules.soft_bounce_days * 86_400 * SECOND
        found = standing_queries.suppressed(connection, hashes, soft=rules.soft_bounces, soft_since=since)
        return {hashes[place]: why for place, why in found.items() if place in hashes}

    def suppress(self, connection: sa.Connection, channel: str, address: str, now: int) -> None:
        """Leave an address alone from now on, because staff say so."""
        place = channel, address_hash(self._key, channel, address)
        standing_queries.suppress(connection, {place: Suppression(reason="blocked", since=now)})

    def release(self, connection: sa.Connection, channel: str, address: str) -> None:
        """Use an address again, whatever came back from it before.

        Raises:
            NotFound: it was not left alone.
        """
        if not standing_queries.release(connection, channel, address_hash(self._key, channel, address)):
            raise NotFound("That address is not left alone.", hint="Check its spelling.")

    def forget(self, connection: sa.Connection, person: Person, profiles: Profiles, now: int) -> None:
        """Remove what is personal about a person who is erased; that they opted out stays, as hashes of their addresses.

        Args:
            connection: Inside a write transaction, before identity forgets the person.
            person: Who.
            profiles: Reads what they allow.
            now: The moment, in microseconds.
        """
        found = standing_queries.returns_of(connection, person.subjects)
        consents = profiles.consents(connection, person.subjects)
        said = self.standing(connection, person.subjects)
        if said.objections or any(one.state != "granted" for one in consents):
            for place in self._places(person):
                found.setdefault(place, Suppression(reason="opted_out", since=now))
        standing_queries.suppress(connection, found)
        standing_queries.forget(connection, person.subjects)
        every = {*person.subjects, *(one.subject for one in person.identifiers)}
        forget_kept(connection, every)

    def _places(self, person: Person) -> list[tuple[str, int]]:
        channels = {"email": ("email",), "phone": ("sms", "whatsapp", "call")}
        return [
            (channel, address_hash(self._key, channel, one.value))
            for one in person.identifiers
            for channel in channels.get(one.namespace, ())
        ]

    def channels(self, connection: sa.Connection) -> list[ChannelSetup]:
        """Return the channels that are set up, by name, without their secrets; built-in ones where a kind has none."""
        return book_.setups(connection)

    def secrets_set(self, connection: sa.Connection) -> dict[str, frozenset[str]]:
        """Return which secrets each channel has, by its name; never the secrets."""
        return {name: frozenset(given) for name, given in book_.secrets(connection).items()}

    def save_channel(
        self, connection: sa.Connection, setup: ChannelSetup, secrets: Mapping[str, str], now: int
    ) -> None:
        """Set a channel up, or change it. Secrets that are not given stay as they were.

        Raises:
            InvalidInput: it cannot be set up like this; code ``invalid_channel``.
        """
        if not setup.name.strip() or len(setup.name) > 80 or setup.per_second < 0:
            raise InvalidInput(
                "A channel has a name of at most 80 letters, and a rate that is not negative.",
                hint="Correct it.",
                code="invalid_channel",
            )
        known = {**book_.secrets(connection).get(setup.name, {}), **secrets}
        check_setup(setup, known)
        book_.save(connection, setup, known, now)
        sending_queries.wake_all(connection, ("channel_off",), now)

    def delete_channel(self, connection: sa.Connection, name: str) -> None:
        """Remove a channel; what waits for it finds another of its kind, or none.

        Raises:
            NotFound: there is none of that name.
        """
        book_.delete(connection, name)

    def kept(
        self,
        connection: sa.Connection,
        *,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, object]]:
        """Return what the built-in outbox keeps, newest first: contact, kind, at, subject, address, parts (JSON text)."""
        return queries.kept(connection, kind=kind, before=before, limit=limit)

    def kept_message(self, connection: sa.Connection, contact: int) -> dict[str, object] | None:
        """Return one kept message by the number of its contact, as ``kept``."""
        return queries.kept_message(connection, contact)

    def person_of(self, connection: sa.Connection, row: Contacted) -> Person | None:
        """Return whom a row of the ledger is about, as identity knows them now; None where nobody is known any more."""
        if not row.intent.subject:
            return None
        number = identity.persons_of(connection, [row.intent.subject])[row.intent.subject]
        return identity.people(connection, [number]).get(number)


def figures(connection: sa.Connection, now: int) -> Figures:
    """Return how the sending stands at a moment, in microseconds."""
    found = queries.counts(connection)
    oldest = queries.oldest_due(connection, now)
    return Figures(
        waiting=found.get("waiting", 0) + found.get("reserved", 0),
        held=found.get("held", 0),
        failed=found.get("failed", 0),
        uncertain=found.get("uncertain", 0),
        oldest_s=0.0 if oldest is None else max(0, now - oldest) / SECOND,
    )


def _check_intent(intent: Intent) -> None:
    if not 0 < len(intent.key) <= _LONGEST_KEY:
        raise InvalidInput(
            f"A key has 1 to {_LONGEST_KEY} characters.", hint="It makes a message this one and no other."
        )
    if not intent.message and intent.parts is None:
        raise InvalidInput(
            "There is nothing to send.", hint="Name a message of the library, or give its parts."
        )
    if not 0 <= intent.priority <= _HIGHEST_PRIORITY:
        raise InvalidInput("A priority is from 0 to 100.", hint="50 is usual.")
    if intent.purpose not in PURPOSES:
        raise InvalidInput(
            f"There is no purpose “{intent.purpose}”.", hint=f"Use one of {', '.join(PURPOSES)}."
        )

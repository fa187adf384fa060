"""Takes in what providers report about messages: it becomes facts, from which the ledger and the gate learn."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.collect.api import say_later
from beleef.contact import queries
from beleef.contact.channels import book
from beleef.contact.channels.port import ChannelSetup
from beleef.contact.channels.provider.model import read_provider
from beleef.contact.channels.provider.reports import (
    Reported,
    Stopped,
    check_signature,
    read_reports,
)
from beleef.contact.model import EVERYWHERE
from beleef.contact.telling import customer_fact
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import Clock, to_text
from beleef.kernel.errors import NotFound
from beleef.store.records.database import Database

_SPOKEN = {"sms": "SMS", "whatsapp": "WhatsApp"}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it came: where to, the headers that matter, and its body."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Reporting:
    """Takes in reports.

    Args:
        database: Where channels and the ledger are.
        key: The installation's key.
        region: ISO 3166 code for numbers without a country code.
        address: The installation's public address, which providers sign; empty where it is as they call it.
        now: The clock.
    """

    def __init__(self, *, database: Database, key: bytes, region: str, address: str, now: Clock) -> None:
        self._database = database
        self._key = key
        self._region = region
        self._address = address
        self._now = now

    def take(self, name: str, path: str, report: Report) -> int:
        """Take a report in; return how many facts it led to. The same report twice is the same facts.

        Args:
            name: The channel's name.
            path: The path it was sent to.
            report: The report.

        Raises:
            NotFound: there is no channel of that name that takes reports.
            NotSignedIn: it is not signed with the channel's secret.
            InvalidInput: it cannot be read.
        """
        with self._database.read() as connection:
            setup = _taking_reports(book.setups(connection), name)
            secrets = book.secrets(connection).get(name, {})
        provider = read_provider(setup.settings)
        if provider.reports is None:
            raise _unknown()
        url = f"{self._address}{path}" if self._address else report.url
        check_signature(
            provider.reports.signature,
            secrets.get("report_secret", ""),
            url=url,
            headers=report.headers,
            body=report.body,
        )
        kind = report.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "application/x-www-form-urlencoded"
        reported, stopped = read_reports(provider, is_form=is_form, body=report.body)
        with self._database.write() as connection:
            facts = self._facts(connection, setup, reported) + self._leaving(connection, setup, stopped)
            say_later(connection, facts)
        return len(facts)

    def _facts(
        self, connection: sa.Connection, setup: ChannelSetup, reported: Sequence[Reported]
    ) -> list[dict[str, object]]:
        rows = queries.by_provider_ids(connection, [one.provider_id for one in reported])
        persons = people_of(connection, {row.intent.subject for row in rows.values()})
        facts: list[dict[str, object]] = []
        for one in reported:
            row = rows.get(one.provider_id)
            person = None if row is None else persons.get(row.intent.subject)
            if row is None or person is None or row.intent.channel != setup.kind:
                continue
            more = {"code": one.code, "bounce_type": "soft" if one.is_soft else "hard"}
            facts.append(
                customer_fact(
                    f"{_SPOKEN[setup.kind]} {one.what}",
                    row,
                    person,
                    self._now(),
                    f"{row.intent.key}:{one.what.lower()}",
                    **(
                        {**{name: text for name, text in more.items() if text}, "address": row.address}
                        if one.what == "Bounced"
                        else {}
                    ),
                )
            )
        return facts

    def _leaving(
        self, connection: sa.Connection, setup: ChannelSetup, stopped: Sequence[Stopped]
    ) -> list[dict[str, object]]:
        facts: list[dict[str, object]] = []
        for one in stopped:
            person = identity.find(connection, self._key, "phone", one.phone, default_region=self._region)
            if person is not None:
                facts.append(
                    {
                        "messageId": f"stop:{setup.name}:{one.answer_id or to_text(self._now())}",
                        "type": "track",
                        "event": "Unsubscribed",
                        "channel": setup.kind,
                        "timestamp": to_text(self._now()),
                        # Whoever answers “stop” means everything that comes this way.
                        "properties": {"purpose": EVERYWHERE, "channel": setup.kind, "how": "answer"},
                        **identity.naming(person),
                    }
                )
        return facts


def people_of(connection: sa.Connection, subjects: set[int]) -> dict[int, Person]:
    """Return the person of each subject that anybody is known by, in three reads for all."""
    numbers = identity.persons_of(connection, subjects)
    found = identity.people(connection, set(numbers.values()))
    return {subject: found[number] for subject, number in numbers.items() if number in found}


def _taking_reports(setups: Sequence[ChannelSetup], name: str) -> ChannelSetup:
    for setup in setups:
        if setup.name == name and setup.driver == "http" and setup.kind in _SPOKEN:
            return setup
    raise _unknown()


def _unknown() -> NotFound:
    return NotFound(
        "No channel of that name takes reports.", hint="Copy the address from the channel's page."
    )

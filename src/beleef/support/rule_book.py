"""The rules of service and the mailboxes, as they are kept: every version of the rules stays, and a mailbox's password is never read back."""

from collections.abc import Mapping

import sqlalchemy as sa

from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.support import rule_queries
from beleef.support.intake.model import Mailbox, Place
from beleef.support.model import KINDS, Entry, Kind, Promise
from beleef.support.promises import Book
from beleef.support.rule_files import check
from beleef.support.rules import DEFAULT, ServiceRules, StoredRules


class RuleBook:
    """The rules and mailboxes of a service desk.

    Args:
        zone: The organisation's time zone, an IANA name.
    """

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def promise_for(
        self,
        connection: sa.Connection,
        *,
        kind: Kind,
        now: int,
        priority: str = "normal",
        department: str = "",
        channel: str = "",
    ) -> tuple[Promise, ...]:
        """Return what would be promised to a customer who wrote now."""
        from beleef.support.life import fold  # noqa: PLC0415 -- only who shows a promise before it is made needs it

        data = {"kind": kind, "priority": priority, "department": department, "speaks": True}
        opened = Entry(case=0, fact=0, at=now, kind="opened", channel=channel, data=data)
        return fold([opened], self.book(connection)).promises

    def book(self, connection: sa.Connection) -> Book:
        """Return all versions of the rules."""
        return Book(rule_queries.history(connection), self.zone)

    def rules(self, connection: sa.Connection) -> StoredRules:
        """Return the rules in force; version 0 are the defaults."""
        found = rule_queries.history(connection)
        return found[0] if found else StoredRules(version=0, rules=DEFAULT, saved_at=0, saved_by="")

    def rules_history(self, connection: sa.Connection) -> list[StoredRules]:
        """Return all rules that were ever saved, the newest first."""
        return rule_queries.history(connection)

    def save_rules(
        self, connection: sa.Connection, rules: ServiceRules, *, by: str, now: int, over: int | None = None
    ) -> StoredRules:
        """Put rules in force for what happens from now on; promises that were made stay as they are.

        Args:
            connection: Inside a write transaction.
            rules: The rules.
            by: Who saves them.
            now: The moment, in microseconds.
            over: The version that they were made from; None for whichever holds.

        Raises:
            InvalidInput: they cannot be; code ``invalid_service_rules``.
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
        stored = StoredRules(
            version=known.version + 1, rules=rules, saved_at=max(now, known.saved_at), saved_by=by
        )
        rule_queries.save(connection, stored)
        return stored

    def mailboxes(self, connection: sa.Connection) -> list[Mailbox]:
        """Return the mailboxes, by name."""
        return rule_queries.all_mailboxes(connection)

    def place(self, connection: sa.Connection, name: str) -> Place | None:
        """Return how far a mailbox was fetched; None where it never was."""
        return rule_queries.place(connection, name)

    def save_mailbox(
        self, connection: sa.Connection, mailbox: Mailbox, secrets: Mapping[str, str], now: int
    ) -> None:
        """Keep a mailbox; its ``password`` stays as it is where none is given.

        Raises:
            InvalidInput: it cannot be.
        """
        if (
            not mailbox.name.strip()
            or not mailbox.host.strip()
            or "@" not in mailbox.address
            or not 0 < mailbox.port < 65_536
        ):
            raise InvalidInput(
                "A mailbox has a name, an address, a server and a port.",
                hint="Fill them in.",
                code="invalid_mailbox",
            )
        if mailbox.kind and mailbox.kind not in KINDS:
            raise InvalidInput(
                f"“{mailbox.kind}” is no kind of case.", hint=f"It is one of: {', '.join(KINDS)}."
            )
        kept = {name: value for name, value in secrets.items() if name == "password" and value}
        rule_queries.save_mailbox(connection, mailbox, kept, now)

    def delete_mailbox(self, connection: sa.Connection, name: str) -> None:
        """Forget a mailbox; mail that came from it stays.

        Raises:
            NotFound: there is none of that name.
        """
        if not rule_queries.delete_mailbox(connection, name):
            raise NotFound(f"There is no mailbox “{name}”.", hint="Look at the list.")

"""What others may ask of support: the inbox, a case with its promises, the acts of staff and customers, rules, mailboxes, figures.

Methods take a connection; acts return messages for the log, and write nothing themselves.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.store.files import Files
from beleef.support import acts, inbox_queries, queries, writing_queries
from beleef.support.acts import Closing
from beleef.support.case_files import CaseFiles
from beleef.support.intake.model import Mailbox, Place
from beleef.support.links import CaseLinks
from beleef.support.model import (
    KINDS,
    NEEDS_CAUSE,
    OUTCOMES,
    PRIORITIES,
    PROMISE_KINDS,
    REPLY_CHANNELS,
    SPAM,
    STATUSES,
    Attachment,
    Capped,
    Case,
    CasePage,
    Entry,
    Kind,
    Life,
    Promise,
    PromiseKind,
    Wait,
    Wanted,
    number_of,
    reference,
)
from beleef.support.rule_book import RuleBook
from beleef.support.rule_files import (
    check,
    difference,
    from_data,
    from_yaml,
    taken_out,
    to_data,
    to_yaml,
)
from beleef.support.rules import (
    DEFAULT,
    Calendar,
    Department,
    PromiseRule,
    RootCause,
    Rung,
    ServiceRules,
    StoredRules,
    Team,
    Template,
    View,
    Within,
)
from beleef.support.verifying import Differs

if TYPE_CHECKING:
    from beleef.support.figures import CaseFigures

__all__ = [
    "DEFAULT",
    "KINDS",
    "NEEDS_CAUSE",
    "OUTCOMES",
    "PRIORITIES",
    "PROMISE_KINDS",
    "REPLY_CHANNELS",
    "SPAM",
    "STATUSES",
    "Attachment",
    "Calendar",
    "Capped",
    "Case",
    "CaseLinks",
    "CasePage",
    "Closing",
    "Department",
    "Differs",
    "Entry",
    "Kind",
    "Life",
    "Mailbox",
    "Place",
    "Promise",
    "PromiseKind",
    "PromiseRule",
    "RootCause",
    "Rung",
    "ServiceRules",
    "StoredRules",
    "Support",
    "Team",
    "Template",
    "View",
    "Wait",
    "Wanted",
    "Within",
    "check",
    "difference",
    "from_data",
    "from_yaml",
    "number_of",
    "reference",
    "taken_out",
    "to_data",
    "to_yaml",
]

Message = dict[str, Any]


class Support(RuleBook):
    """Cases and the promises in them, and the rules and mailboxes of the service desk.

    Args:
        files: Where attachments are kept.
        links: Signs the addresses of cases.
        zone: The organisation's time zone, an IANA name.
    """

    def __init__(self, *, files: Files, links: CaseLinks, zone: str) -> None:
        super().__init__(zone)
        self.files = CaseFiles(files)
        self.links = links

    def inbox(
        self,
        connection: sa.Connection,
        wanted: Wanted,
        *,
        now: int,
        after: str | None = None,
        limit: int = 50,
    ) -> CasePage:
        """Return a page of the inbox; ``after`` is the ``next`` of the page before.

        Raises:
            InvalidInput: ``after`` is none of ours.
        """
        return inbox_queries.page(connection, wanted, now=now, after=after, limit=limit)

    def count(self, connection: sa.Connection, wanted: Wanted, *, now: int, at_most: int = 1_000) -> Capped:
        """Return how many cases there are, counted up to ``at_most``."""
        return inbox_queries.count(connection, wanted, now=now, at_most=at_most)

    def case(self, connection: sa.Connection, number: int) -> Case:
        """Return a case with its promises and waits.

        Raises:
            NotFound: there is none.
        """
        found = queries.whole(connection, number)
        if found is None:
            raise NotFound(f"There is no case {reference(number)}.", hint="Look it up in the inbox.")
        return found

    def cases(self, connection: sa.Connection, numbers: Collection[int]) -> dict[int, Case]:
        """Return cases by their numbers, without promises and waits."""
        return queries.by_numbers(connection, numbers)

    def thread(self, connection: sa.Connection, number: int, *, public: bool = False) -> list[Entry]:
        """Return what happened in a case, and in those that went up in it, in order; ``public``: only what the customer may read."""
        numbers = [number, *queries.merged_into(connection, number)]
        told = [one for some in queries.entries(connection, numbers, bodies=True).values() for one in some]
        told.sort(key=lambda one: (one.at, one.fact, one.kind != "opened"))
        return [one for one in told if one.is_public or not public]

    def of_person(
        self, connection: sa.Connection, subjects: Collection[int], *, limit: int = 50
    ) -> list[Case]:
        """Return the cases that a person, given by all their subjects, has a part in, the newest first."""
        return queries.of_person(connection, subjects, limit)

    def children(self, connection: sa.Connection, number: int) -> list[Case]:
        """Return the cases that belong under one."""
        return queries.children(connection, number)

    def opened_by(self, connection: sa.Connection, key: str) -> int | None:
        """Return the number of the case that ``open_case`` or ``split`` with that key led to; None while the worker has not seen it."""
        number = queries.numbered(connection, [f"request:{key}"]).get(f"request:{key}")
        return number if number in queries.by_numbers(connection, [number or 0]) else None

    def person_of(self, connection: sa.Connection, case: Case) -> Person:
        """Return whom a case is about.

        Raises:
            NotFound: nobody is known by that any more.
        """
        number = identity.persons_of(connection, [case.subject]).get(case.subject)
        found = None if number is None else identity.people(connection, [number]).get(number)
        if found is None:
            raise NotFound("Nobody is known by that any more.", hint="The person was erased.")
        return found

    def open_case(
        self,
        *,
        key: str,
        person: Person | None = None,
        email: str = "",
        kind: Kind = "question",
        text: str = "",
        **more: Any,
    ) -> list[Message]:
        """Return the messages that ask for a case; ``opened_by`` tells its number once the worker has seen them.

        Args:
            key: Anything unique; the same again is the same case.
            person: Whom it is about; None for somebody known by an address only.
            email: That address.
            kind: What it is.
            text: What was said.
            more: ``title``, ``channel``, ``by``, ``spoke``, ``priority``, ``department``, ``touchpoint``, ``attachments``,
                ``language``: see ``acts.asking``.

        Raises:
            InvalidInput: nothing is in it, or nobody is named.
        """
        if person is None and "@" not in email:
            raise InvalidInput("Nobody is named.", hint="Give an e-mail address.", code="nobody_named")
        naming: Mapping[str, Any] = (
            {"context": {"externalIds": [{"type": "email", "id": email.strip().lower()}]}}
            if person is None
            else identity.naming(person)
        )
        given = {"title": "", "channel": "web", **more}
        return [acts.asking(key=key, naming=naming, kind=kind, text=text, **given)]

    def reply(
        self,
        connection: sa.Connection,
        case: Case,
        *,
        reply: str,
        text: str,
        by: str,
        now: int,
        html: str = "",
        channel: str = "",
        promise: tuple[PromiseKind, int] | None = None,
        waiting: bool = False,
        attachments: Sequence[Attachment] = (),
        close: Closing | None = None,
    ) -> list[Message]:
        """Return the messages that a colleague replies, and, with ``close``, closes the case in the same step.

        Raises:
            InvalidInput, Conflict, NotFound: it cannot be; see ``acts.answer`` and ``acts.close``.
        """
        person = self.person_of(connection, case)
        said = [
            acts.answer(
                case,
                person,
                reply=reply,
                text=text,
                html=html,
                by=by,
                channel=channel,
                promise=promise,
                waiting=waiting,
                attachments=attachments,
                now=now,
            )
        ]
        if close is not None:
            said += self.close(connection, case, by=by, key=reply, closing=close)
        return said

    def note(self, connection: sa.Connection, case: Case, *, text: str, by: str, key: str) -> list[Message]:
        """Return the message that a colleague notes something; see ``acts.note``."""
        return [acts.note(case, self.person_of(connection, case), text=text, by=by, key=key)]

    def change(
        self, connection: sa.Connection, case: Case, *, by: str, key: str, now: int, **changed: Any
    ) -> list[Message]:
        """Return the message that a colleague changes a case; see ``acts.change``."""
        return [acts.change(case, self.person_of(connection, case), by=by, key=key, now=now, **changed)]

    def close(
        self, connection: sa.Connection, case: Case, *, by: str, key: str, closing: Closing
    ) -> list[Message]:
        """Return the message that a colleague closes a case; see ``acts.close``."""
        known = [one.name for one in self.rules(connection).rules.root_causes]
        return [
            acts.close(case, self.person_of(connection, case), by=by, key=key, closing=closing, known=known)
        ]

    def reopen(self, connection: sa.Connection, case: Case, *, by: str, key: str) -> list[Message]:
        """Return the message that a colleague opens a case again; see ``acts.reopen``."""
        return [acts.reopen(case, self.person_of(connection, case), by=by, key=key)]

    def merge(self, connection: sa.Connection, case: Case, into: Case, *, by: str, key: str) -> list[Message]:
        """Return the message that a case goes up in another; see ``acts.merge``."""
        return [acts.merge(case, self.person_of(connection, case), into, by=by, key=key)]

    def unmerge(self, connection: sa.Connection, case: Case, *, by: str, key: str) -> list[Message]:
        """Return the message that a case comes out of the one it went up in; see ``acts.unmerge``."""
        other = self.case(connection, case.life.merged_into or case.number)
        return [acts.unmerge(case, self.person_of(connection, case), other, by=by, key=key)]

    def split(
        self, connection: sa.Connection, case: Case, fact: int, *, title: str, by: str, key: str
    ) -> list[Message]:
        """Return the message that a message of a case becomes a case of its own; see ``acts.split``.

        Raises:
            NotFound: there is no such message in it.
        """
        entries = queries.entries(connection, [case.number], bodies=False)[case.number]
        if not any(one.fact == fact and one.kind == "message" for one in entries):
            raise NotFound("There is no such message in this case.", hint="Choose one of the customer's.")
        return [acts.split(case, self.person_of(connection, case), fact, title=title, by=by, key=key)]

    def solved(self, connection: sa.Connection, case: Case, *, key: str, is_solved: bool) -> list[Message]:
        """Return the message that the customer says whether it is solved."""
        return [acts.solved(case, self.person_of(connection, case), key=key, is_solved=is_solved)]

    def customer_message(
        self,
        connection: sa.Connection,
        case: Case,
        *,
        key: str,
        text: str,
        channel: str = "portal",
        attachments: Sequence[Attachment] = (),
    ) -> list[Message]:
        """Return the message that the customer adds something from their own page; see ``acts.spoken``."""
        person = self.person_of(connection, case)
        return [acts.spoken(case, person, key=key, text=text, channel=channel, attachments=attachments)]

    def figures(
        self,
        connection: sa.Connection,
        *,
        start: int,
        end: int,
        now: int,
        by: str = "",
        where: Wanted | None = None,
    ) -> "dict[str, CaseFigures]":
        """Return the figures of cases opened from ``start`` to before ``end``, by ``channel``, ``department``, ``kind``, ``assignee`` or together.

        Raises:
            InvalidInput: they cannot be told apart by that.
        """
        from beleef.support.figures import read_figures  # noqa: PLC0415 -- loads NumPy and SciPy

        return read_figures(connection, start=start, end=end, now=now, by=by, where=where or Wanted())

    def root_cause_reporters(
        self, connection: sa.Connection, root_cause: str, *, since: int = 0
    ) -> list[int]:
        """Return the subjects whose cases were closed with a root cause, each once."""
        return queries.reporters(connection, root_cause, since)

    def tell_improvement(
        self, connection: sa.Connection, root_cause: str, *, text: str, by: str, key: str, since: int = 0
    ) -> list[Message]:
        """Return the messages that tell everybody who reported a root cause what was done about it.

        Raises:
            InvalidInput: nothing is told, or nobody reported it.
        """
        subjects = queries.reporters(connection, root_cause, since)
        persons = identity.persons_of(connection, subjects)
        people = identity.people(connection, set(persons.values()))
        if not text.strip() or not people:
            raise InvalidInput(
                "There is nothing, or nobody, to tell.",
                hint="Write what was done; somebody must have reported it.",
            )
        return [acts.improved(one, root_cause, text=text, by=by, key=key) for one in people.values()]

    def verify(
        self, connection: sa.Connection, *, after: int = 0, limit: int = 1_000
    ) -> tuple[list[Differs], int | None]:
        """Work out some cases anew from what happened in them, and return where their rows differ, and after which to go on."""
        from beleef.support.verifying import verify  # noqa: PLC0415 -- only the command needs it

        return verify(connection, self.book(connection), after=after, limit=limit)

    def forget(self, connection: sa.Connection, subjects: Collection[int]) -> None:
        """Remove the cases of a person who is erased, with their files; in cases of others only what the person said goes."""
        self.files.forget(connection, subjects)
        writing_queries.forget(connection, subjects)

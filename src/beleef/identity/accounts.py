"""Accounts: the organisations, households or companies that persons belong to, from `group` facts and `groupId`."""

import sqlalchemy as sa

from beleef.facts.fact import Batch
from beleef.identity import tables
from beleef.identity.normalise import clean
from beleef.kernel import ids
from beleef.store.records.database import insert, is_any_of

ACCOUNT = "account"


def account_id(key: bytes, number: str) -> int:
    """Return the 63-bit number of an account by what the organisation calls it."""
    return ids.subject_id(key, ACCOUNT, number)


def take_in(connection: sa.Connection, key: bytes, batch: Batch) -> None:
    """Store the accounts that a batch names, and which subjects belong to them since and until when."""
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for fact, subject in zip(batch.facts, batch.subjects, strict=True):
        if fact.group_id is not None:
            first, last = spans.get((fact.group_id, subject), (fact.occurred_at, fact.occurred_at))
            spans[fact.group_id, subject] = (min(first, fact.occurred_at), max(last, fact.occurred_at))
    if not spans:
        return
    numbers = {raw: number for raw in {raw for raw, _ in spans} if (number := clean(raw)) is not None}
    known = {number: account_id(key, number) for number in numbers.values()}
    foreign = _add(connection, known)
    joined: dict[tuple[int, int], tuple[int, int]] = {}
    for (raw, subject), (first, last) in spans.items():
        account = known.get(numbers.get(raw, ""))
        if account is not None and account not in foreign:
            before = joined.get((account, subject), (first, last))
            joined[account, subject] = (min(first, before[0]), max(last, before[1]))
    _extend(connection, joined)


def _add(connection: sa.Connection, known: dict[str, int]) -> set[int]:
    """Store accounts; return the numbers under which an account of another name is stored already."""
    columns = tables.accounts.c
    if known:
        statement = insert(tables.accounts, connection).on_conflict_do_nothing(index_elements=["id"])
        connection.execute(
            statement, [{"id": account, "number": number} for number, account in known.items()]
        )
    rows = connection.execute(
        sa.select(columns.id, columns.number).where(is_any_of(columns.id, list(known.values())))
    )
    return {row.id for row in rows if known.get(row.number) != row.id}


def _extend(connection: sa.Connection, spans: dict[tuple[int, int], tuple[int, int]]) -> None:
    if not spans:
        return
    statement = insert(tables.memberships, connection)
    new, old = statement.excluded, tables.memberships.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account", "subject"],
            set_={
                "first_at": sa.case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
                "last_at": sa.case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
            },
        ),
        [
            {"account": account, "subject": subject, "first_at": first, "last_at": last}
            for (account, subject), (first, last) in spans.items()
        ],
    )

"""SQL of the inboxes."""

from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.inbox.tables import inbox_items
from beleef.store.records.database import insert, is_any_of

Act = Literal["read", "clicked", "dismissed"]
"""What a customer does with a message."""

_t = inbox_items.c
_COLUMNS: Final = {"read": _t.read_at, "clicked": _t.clicked_at, "dismissed": _t.dismissed_at}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A message in an inbox.

    Attributes:
        contact: Its number in the ledger.
        key: Key of the intent.
        subject: Whose.
        at: When it was put there.
        campaign: Name of the campaign; empty for none.
        language: Its language.
        parts: ``title``, ``body``, ``url``, ``label``.
        read_at: When it was first read.
        clicked_at: When its link was first followed.
        dismissed_at: When it was put away.
    """

    contact: int
    key: str
    subject: int
    at: int
    campaign: str
    language: str
    parts: dict[str, str]
    read_at: int | None = None
    clicked_at: int | None = None
    dismissed_at: int | None = None


def add(connection: sa.Connection, items: Sequence[Item]) -> None:
    """Put messages into inboxes; one that is there stays as it is."""
    for item in items:
        row = {**msgspec.structs.asdict(item), "parts": msgspec.json.encode(item.parts).decode()}
        statement = insert(inbox_items, connection).values(row)
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_t.contact]))


def of(connection: sa.Connection, subjects: Collection[int], *, after: int | None, limit: int) -> list[Item]:
    """Return what lies in somebody's inbox and was not put away, the newest first, below a number."""
    chosen = sa.select(inbox_items).where(is_any_of(_t.subject, list(subjects)), _t.dismissed_at.is_(None))
    if after is not None:
        chosen = chosen.where(_t.contact < after)
    return [_item(row) for row in connection.execute(chosen.order_by(_t.contact.desc()).limit(limit))]


def count_unread(connection: sa.Connection, subjects: Collection[int]) -> int:
    """Return how many messages in somebody's inbox were not read yet."""
    chosen = sa.select(sa.func.count()).where(
        is_any_of(_t.subject, list(subjects)), _t.read_at.is_(None), _t.dismissed_at.is_(None)
    )
    return int(connection.execute(chosen).scalar_one())


def mark(
    connection: sa.Connection, subjects: Collection[int], contacts: Collection[int], act: Act, now: int
) -> list[Item]:
    """Note what a customer did with messages of their own; return those for which it is the first time."""
    column = _COLUMNS[act]
    mine = sa.and_(
        is_any_of(_t.contact, list(contacts)), is_any_of(_t.subject, list(subjects)), column.is_(None)
    )
    found = [_item(row) for row in connection.execute(sa.select(inbox_items).where(mine))]
    if found:
        connection.execute(sa.update(inbox_items).where(mine).values({column: now}))
    return found


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Empty the inbox of somebody who is erased."""
    connection.execute(sa.delete(inbox_items).where(is_any_of(_t.subject, list(subjects))))


def _item(row: sa.Row[tuple[object, ...]]) -> Item:
    values = dict(row._mapping)
    return Item(**{**values, "parts": msgspec.json.decode(values["parts"], type=dict[str, str])})

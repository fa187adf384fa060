"""SQL of the views that colleagues keep for themselves: each a question to the inbox, as its address asks it."""

import sqlalchemy as sa

from beleef.store.records.database import insert
from beleef.support.tables import own_views

_v = own_views.c


def views_of(connection: sa.Connection, owner: str) -> dict[str, str]:
    """Return somebody's views by name: their addresses, in the order of the names."""
    chosen = sa.select(_v.name, _v.address).where(_v.owner == owner).order_by(_v.name)
    return {row.name: row.address for row in connection.execute(chosen)}


def keep(connection: sa.Connection, owner: str, name: str, address: str) -> None:
    """Keep a view; one of the same name is replaced."""
    statement = insert(own_views, connection).values(owner=owner, name=name, address=address)
    again = statement.on_conflict_do_update(index_elements=[_v.owner, _v.name], set_={"address": address})
    connection.execute(again)


def remove(connection: sa.Connection, owner: str, name: str) -> None:
    """Remove a view; nothing happens where there is none of that name."""
    connection.execute(sa.delete(own_views).where(_v.owner == owner, _v.name == name))

"""Writing what every batch writes: identifiers, evidence and refusals.

The rows go to the driver as tuples. SQLAlchemy would take each through a dictionary, which costs more than the database.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from beleef.identity import tables
from beleef.identity.model import Evidence, Refusal
from beleef.identity.queries import Stored

_I = tables.identifiers.c
_E = tables.evidence.c
_R = tables.identity_refusals.c

Build = Callable[[sa.Dialect], sa.Insert | sa.Update | sa.Delete]


def add_identifiers(connection: sa.Connection, rows: Iterable[Stored]) -> None:
    """Store identifiers that are new."""
    names = ("id", "namespace", "value", "person", "component", "first_at", "source", "is_blocked")
    _write(
        connection,
        _add_identifier,
        names,
        [
            (r.id, r.namespace, r.value, r.person, r.component, r.first_at, r.source, r.is_blocked)
            for r in rows
        ],
    )


def _add_identifier(_dialect: sa.Dialect) -> sa.Insert:
    return sa.insert(tables.identifiers)


def change_identifiers(connection: sa.Connection, rows: Iterable[Stored]) -> None:
    """Store another person, component or first sight of identifiers."""
    _write(
        connection,
        _change_identifier,
        ("key_id", "new_person", "new_component", "new_first_at", "new_source"),
        [(r.id, r.person, r.component, r.first_at, r.source) for r in rows],
    )


def _change_identifier(_dialect: sa.Dialect) -> sa.Update:
    return _update(tables.identifiers, ("id",), ("person", "component", "first_at", "source"))


def add_evidence(connection: sa.Connection, rows: Iterable[Evidence]) -> None:
    """Store evidence, combining it with what is there of the same pair."""
    names = ("a", "a_shared", "b", "b_shared", "kind", "first_at", "fact", "source", "undone")
    _write(
        connection,
        _add_evidence,
        names,
        [
            (r.a, r.a_shared, r.b, r.b_shared, r.kind, r.first_at, r.fact, r.source, int(r.undone))
            for r in rows
        ],
    )


def _add_evidence(dialect: sa.Dialect) -> sa.Insert:
    statement: postgresql.Insert | sqlite.Insert
    statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(tables.evidence)
    new = statement.excluded
    earlier = sa.tuple_(new.first_at, new.fact) < sa.tuple_(_E.first_at, _E.fact)
    return statement.on_conflict_do_update(
        index_elements=["a", "a_shared", "b"],
        set_={
            "kind": sa.case((new.kind < _E.kind, new.kind), else_=_E.kind),
            "first_at": sa.case((earlier, new.first_at), else_=_E.first_at),
            "fact": sa.case((earlier, new.fact), else_=_E.fact),
            "source": sa.case((earlier, new.source), else_=_E.source),
            "undone": new.undone,
        },
    )


def change_evidence(connection: sa.Connection, rows: Iterable[tuple[int, Evidence]]) -> None:
    """Store evidence anew; each with the ``a_shared`` that it is stored under until now."""
    names = ("a_shared", "b_shared", "kind", "first_at", "fact", "source", "undone")
    _write(
        connection,
        _change_evidence,
        ("key_a", "key_b", "key_a_shared", *(f"new_{name}" for name in names)),
        [
            (r.a, r.b, before, r.a_shared, r.b_shared, r.kind, r.first_at, r.fact, r.source, int(r.undone))
            for before, r in rows
        ],
    )


def _change_evidence(_dialect: sa.Dialect) -> sa.Update:
    names = ("a_shared", "b_shared", "kind", "first_at", "fact", "source", "undone")
    return _update(tables.evidence, ("a", "b", "a_shared"), names)


def change_outcome(connection: sa.Connection, rows: Iterable[tuple[int, int, int, bool]]) -> None:
    """Store what a change of rules made of identifiers: number, person, component (-1: none), blocked."""
    _write(
        connection,
        _change_outcome,
        ("key_id", "new_person", "new_component", "new_is_blocked"),
        [
            (number, person, None if part < 0 else part, int(blocked))
            for number, person, part, blocked in rows
        ],
    )


def _change_outcome(_dialect: sa.Dialect) -> sa.Update:
    return _update(tables.identifiers, ("id",), ("person", "component", "is_blocked"))


def change_shared(connection: sa.Connection, rows: Iterable[Sequence[int]]) -> None:
    """Store other notes on shared ends: both numbers, the old note on ``a``, the new ones on ``a`` and ``b``."""
    names = ("key_a", "key_b", "key_a_shared", "new_a_shared", "new_b_shared")
    _write(connection, _change_shared, names, [tuple(row) for row in rows])


def _change_shared(_dialect: sa.Dialect) -> sa.Update:
    return _update(tables.evidence, ("a", "b", "a_shared"), ("a_shared", "b_shared"))


def change_refusals(connection: sa.Connection, gone: Iterable[Refusal], come: Iterable[Refusal]) -> None:
    """Remove refusals and store others."""
    _write(
        connection,
        _remove_refusal,
        ("key_a", "key_b", "key_namespace"),
        [(one.a, one.b, one.namespace) for one in gone],
    )
    _write(
        connection,
        _add_refusal,
        ("a", "b", "namespace", "reason", "a_conflict", "b_conflict"),
        [(one.a, one.b, one.namespace, one.reason, one.a_conflict, one.b_conflict) for one in come],
    )


def _remove_refusal(_dialect: sa.Dialect) -> sa.Delete:
    return sa.delete(tables.identity_refusals).where(
        _R.a == sa.bindparam("key_a"),
        _R.b == sa.bindparam("key_b"),
        _R.namespace == sa.bindparam("key_namespace"),
    )


def _add_refusal(_dialect: sa.Dialect) -> sa.Insert:
    return sa.insert(tables.identity_refusals)


def _update(table: sa.Table, keys: Sequence[str], names: Sequence[str]) -> sa.Update:
    where = [table.c[key] == sa.bindparam(f"key_{key}") for key in keys]
    return sa.update(table).where(*where).values({name: sa.bindparam(f"new_{name}") for name in names})


@lru_cache(maxsize=32)
def _compiled(
    build: Build, dialect: sa.Dialect, names: tuple[str, ...]
) -> tuple[str, tuple[int, ...] | None]:
    """Return a statement's text, and for positional parameters the place of each among ``names``."""
    compiled = build(dialect).compile(dialect=dialect, column_keys=list(names))
    order = getattr(compiled, "positiontup", None)
    return str(compiled), None if order is None else tuple(names.index(name) for name in order)


def _write(
    connection: sa.Connection, build: Build, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    if not rows:
        return
    text, order = _compiled(build, connection.dialect, names)
    if order is None:
        connection.exec_driver_sql(text, [dict(zip(names, row, strict=True)) for row in rows])
    elif order == tuple(range(len(names))):
        connection.exec_driver_sql(text, list(rows))
    else:
        arrange = itemgetter(*order)
        connection.exec_driver_sql(text, [arrange(row) for row in rows])

"""All SQL of profiles. Sets go in and come out: one statement for all subjects of a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from beleef.kernel.clock import DAY
from beleef.profiles.model import Definition, StoredDefinition
from beleef.profiles.state import State, decode, encode
from beleef.profiles.tables import account_profiles, computed_traits, profiles, search_terms
from beleef.store.records.database import Prepared, insert, is_any_of, values_named

_definition_decoder = msgspec.json.Decoder(Definition)


_STATES = Prepared(
    sa.select(profiles.c.subject, profiles.c.state).where(
        is_any_of(profiles.c.subject, values_named("subjects"))
    )
)
_VERSION = Prepared(sa.select(sa.func.max(computed_traits.c.version)))


def states(connection: sa.Connection, subjects: Collection[int]) -> dict[int, State]:
    """Return the states of those subjects that have one."""
    return {subject: decode(state) for subject, state in _STATES.rows(connection, subjects=list(subjects))}


def save_states(connection: sa.Connection, changed: Mapping[int, State]) -> None:
    """Write the states of subjects, new ones and known ones."""
    rows = [
        (subject, state.first_seen, state.last_seen, state.facts, state.last_seen // DAY, encode(state))
        for subject, state in changed.items()
    ]
    _upsert(connection, profiles, rows)


def account_states(connection: sa.Connection, accounts: Collection[str]) -> dict[str, State]:
    """Return the states of those accounts that have one."""
    if not accounts:
        return {}
    wanted = sa.select(account_profiles).where(is_any_of(account_profiles.c.account, list(accounts)))
    return {account: decode(state) for account, state in connection.execute(wanted).all()}


def save_account_states(connection: sa.Connection, changed: Mapping[str, State]) -> None:
    """Write the states of accounts, new ones and known ones."""
    _upsert(connection, account_profiles, [(account, encode(state)) for account, state in changed.items()])


def _upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    key, *rest = table.c
    if connection.dialect.name == "postgresql":
        # One statement with an array per column: a statement per row costs a multiple there.
        arrays = [
            sa.func.unnest(sa.bindparam(None, list(values), type_=postgresql.ARRAY(column.type)))
            for column, values in zip(table.c, zip(*rows, strict=True), strict=True)
        ]
        source = postgresql.insert(table).from_select([column.name for column in table.c], sa.select(*arrays))
        connection.execute(
            source.on_conflict_do_update(
                index_elements=[key], set_={column.name: source.excluded[column.name] for column in rest}
            )
        )
        return
    statement = insert(table, connection)
    statement = statement.on_conflict_do_update(
        index_elements=[key], set_={column.name: statement.excluded[column.name] for column in rest}
    )
    # Rows go to the driver as they are: making a dictionary and bound values of each costs more than writing it.
    connection.exec_driver_sql(str(statement.compile(dialect=connection.dialect)), list(rows))


def terms(connection: sa.Connection, subjects: Collection[int]) -> dict[int, set[str]]:
    """Return the search terms of subjects."""
    found: dict[int, set[str]] = {subject: set() for subject in subjects}
    wanted = sa.select(search_terms.c.subject, search_terms.c.term)
    for subject, term in connection.execute(wanted.where(is_any_of(search_terms.c.subject, list(subjects)))):
        found[subject].add(term)
    return found


def change_terms(
    connection: sa.Connection, new: Iterable[tuple[int, str]], gone: Iterable[tuple[int, str]]
) -> None:
    """Write new search terms of subjects, and remove those that no longer hold."""
    old = [{"s": subject, "t": term} for subject, term in gone]
    if old:
        c = search_terms.c
        connection.execute(
            sa.delete(search_terms).where(c.term == sa.bindparam("t"), c.subject == sa.bindparam("s")), old
        )
    rows = [{"term": term, "subject": subject} for subject, term in new]
    if rows:
        connection.execute(insert(search_terms, connection).on_conflict_do_nothing(), rows)


def search(connection: sa.Connection, words: Sequence[str], limit: int) -> list[int]:
    """Return subjects that have, for each word, a term that begins with it; in the order of the first word's terms."""
    first, *others = words
    term = search_terms.c.term
    wanted = sa.select(search_terms.c.subject).where(_begins(term, first))
    for word in others:
        other = search_terms.alias()
        wanted = wanted.where(
            sa.exists().where(other.c.subject == search_terms.c.subject, _begins(other.c.term, word))
        )
    found: dict[int, None] = {}
    for subject in connection.execute(wanted.order_by(term, search_terms.c.subject)).scalars():
        found[subject] = None
        if len(found) >= limit:
            break
    return list(found)


def _begins(column: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    return sa.and_(column >= word, column < f"{word}\U0010ffff")


def recent(
    connection: sa.Connection, *, since: int | None, min_facts: int, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, State]]:
    """Return subjects and their states, latest seen first, of one moment by falling number.

    Args:
        connection: A connection.
        since: Only those seen at or after this moment.
        min_facts: Only those with at least so many facts.
        after: Moment last seen and number of the subject behind which to go on.
        limit: How many at most.
    """
    c = profiles.c
    wanted = sa.select(c.subject, c.state).where(c.facts >= min_facts)
    if since is not None:
        wanted = wanted.where(c.last_day >= since // DAY, c.last_seen >= since)
    if after is not None:
        moment, subject = after
        later = sa.or_(c.last_seen < moment, sa.and_(c.last_seen == moment, c.subject < subject))
        wanted = wanted.where(c.last_day <= moment // DAY, later)
    wanted = wanted.order_by(c.last_day.desc(), c.last_seen.desc(), c.subject.desc()).limit(limit)
    return [(subject, decode(state)) for subject, state in connection.execute(wanted)]


def subjects(connection: sa.Connection, *, after: int, limit: int) -> list[int]:
    """Return the numbers of subjects, ascending, from the first above ``after``."""
    c = profiles.c
    wanted = sa.select(c.subject).where(c.subject > after).order_by(c.subject).limit(limit)
    return list(connection.execute(wanted).scalars())


def subject_count(connection: sa.Connection) -> int:
    """Return how many subjects there are."""
    return connection.execute(sa.select(sa.func.count()).select_from(profiles)).scalar_one()


def has_states(connection: sa.Connection) -> bool:
    """Whether any subject has a state."""
    return connection.execute(sa.select(profiles.c.subject).limit(1)).first() is not None


def remove(connection: sa.Connection, subjects: Sequence[int]) -> None:
    """Remove the states and the search terms of subjects."""
    for table in (profiles, search_terms):
        connection.execute(sa.delete(table).where(is_any_of(table.c.subject, list(subjects))))


def remove_account(connection: sa.Connection, account: str) -> None:
    """Remove the state of an account."""
    connection.execute(sa.delete(account_profiles).where(account_profiles.c.account == account))


def definitions_version(connection: sa.Connection) -> int:
    """Return a number that grows with every change of any definition, 0 when there never was one."""
    version = _VERSION.rows(connection)[0][0]
    return 0 if version is None else int(version)


def definitions(connection: sa.Connection) -> list[StoredDefinition]:
    """Return the definitions in force, sorted by name."""
    c = computed_traits.c
    wanted = sa.select(c.definition, c.label, c.version, c.filled, c.folded_from, c.filling)
    return [
        StoredDefinition(
            definition=msgspec.structs.replace(_definition_decoder.decode(content), label=label),
            version=version,
            filled=filled,
            folded_from=folded_from,
            filling=bool(filling),
        )
        for content, label, version, filled, folded_from, filling in connection.execute(
            wanted.where(c.definition.is_not(None)).order_by(c.name)
        )
    ]


def save_definition(
    connection: sa.Connection, name: str, definition: Definition | None, *, filled: bool
) -> None:
    """Write a definition under a new version; None deletes it. State kept for the version before is no longer read."""
    values = {
        "definition": None if definition is None else msgspec.json.encode(definition).decode(),
        "label": "" if definition is None else definition.label,
        "version": definitions_version(connection) + 1,
        "filled": filled,
        "folded_from": None,
        "filling": 0,
    }
    statement = insert(computed_traits, connection).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def save_label(connection: sa.Connection, name: str, label: str) -> None:
    """Write another label of a definition; its version, and so its state, stays."""
    connection.execute(sa.update(computed_traits).where(computed_traits.c.name == name).values(label=label))


def note_filled(connection: sa.Connection, version: int) -> None:
    """Note that past facts are counted in the definition of this version."""
    connection.execute(
        sa.update(computed_traits).where(computed_traits.c.version == version).values(filled=True, filling=0)
    )


def note_filling(connection: sa.Connection, versions: Collection[int]) -> None:
    """Note that counting past facts in the definitions of these versions was begun."""
    c = computed_traits.c
    connection.execute(
        sa.update(computed_traits).where(is_any_of(c.version, list(versions))).values(filling=1)
    )


def begin_again(connection: sa.Connection) -> None:
    """Note that nothing is kept of any definition: no past fact is counted in those still to be filled, and none as it came."""
    c = computed_traits.c
    connection.execute(
        sa.update(computed_traits).where(c.filled.is_(False)).values(folded_from=None, filling=0)
    )


def note_folded_from(connection: sa.Connection, fact: int) -> None:
    """Note the first fact that definitions count as it comes, for those that counted none yet."""
    c = computed_traits.c
    connection.execute(
        sa.update(computed_traits)
        .where(c.folded_from.is_(None), c.definition.is_not(None))
        .values(folded_from=fact)
    )

"""All SQL of audiences. Sets go in and come out: one statement for all people of a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.audiences.model import Audience, Member, Overlap, Rule, SizeOnDay, StoredAudience
from beleef.audiences.tables import (
    audience_fillings,
    audience_keepers,
    audience_members,
    audience_people,
    audience_replays,
    audience_sizes,
    audiences,
)
from beleef.store.records.database import Prepared, PreparedWrite, insert, is_any_of, values_named

_rule = msgspec.json.Decoder(Rule)
_rules = msgspec.json.Decoder(tuple[Rule, ...])
_encode = msgspec.msgpack.encode


class Standing(msgspec.Struct, array_like=True):
    """Where a person stands: in which audiences, by number, since when; and when each answer may change by itself."""

    members: dict[int, int] = {}
    dues: dict[int, int] = {}

    def due_at(self) -> int | None:
        """Return the first moment at which an answer may change, None for never."""
        return min(self.dues.values(), default=None)


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """How far an audience is filled: ``cursor`` is the last subject looked at, None when everybody was."""

    number: int
    version: int
    cursor: int | None
    looked_at: int
    size: int


_standing = msgspec.msgpack.Decoder(Standing).decode
_VERSION = Prepared(sa.select(sa.func.max(audiences.c.version)))
_STANDINGS = Prepared(
    sa.select(audience_people.c.person, audience_people.c.standing).where(
        is_any_of(audience_people.c.person, values_named("people"))
    )
)
_LABELS = Prepared(
    sa.select(audiences.c.number, audiences.c.name, audiences.c.label)
    .where(audiences.c.rule.is_not(None))
    .order_by(audiences.c.name)
)
_DUE = Prepared(
    sa.select(audience_people.c.person)
    .where(audience_people.c.due_at <= sa.bindparam("now"))
    .order_by(audience_people.c.due_at)
    .limit(sa.bindparam("most"))
)


def _save_standing(connection: sa.Connection) -> sa.Executable:
    statement = insert(audience_people, connection).values(
        person=sa.bindparam("person"), standing=sa.bindparam("standing"), due_at=sa.bindparam("due_at")
    )
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["person"], set_={"standing": new.standing, "due_at": new.due_at}
    )


def _save_member(connection: sa.Connection) -> sa.Executable:
    statement = insert(audience_members, connection).values(
        audience=sa.bindparam("audience"), person=sa.bindparam("person"), since=sa.bindparam("since")
    )
    return statement.on_conflict_do_update(
        index_elements=["audience", "person"], set_={"since": statement.excluded.since}
    )


def _remove_member(_: sa.Connection) -> sa.Executable:
    c = audience_members.c
    return sa.delete(audience_members).where(
        c.audience == sa.bindparam("from_audience"), c.person == sa.bindparam("whom")
    )


def _add_to_size(_: sa.Connection) -> sa.Executable:
    f = audience_fillings.c
    return (
        sa.update(audience_fillings)
        .where(f.number == sa.bindparam("of_audience"))
        .values(size=f.size + sa.bindparam("more"))
    )


def _count_on_day(connection: sa.Connection) -> sa.Executable:
    f, s = audience_fillings.c, audience_sizes.c
    size = sa.select(f.size).where(f.number == sa.bindparam("of_audience")).scalar_subquery()
    statement = insert(audience_sizes, connection).values(
        audience=sa.bindparam("of_audience"),
        day=sa.bindparam("on_day"),
        size=sa.func.coalesce(size, sa.literal_column("0")),
        entered=sa.bindparam("came_in"),
        left=sa.bindparam("went_out"),
    )
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["audience", "day"],
        set_={"size": new.size, "entered": s.entered + new.entered, "left": s.left + new.left},
    )


_SAVE_STANDING = PreparedWrite(("person", "standing", "due_at"), _save_standing)
_SAVE_MEMBER = PreparedWrite(("audience", "person", "since"), _save_member)
_REMOVE_MEMBER = PreparedWrite(("from_audience", "whom"), _remove_member)
_ADD_TO_SIZE = PreparedWrite(("of_audience", "more"), _add_to_size)
_COUNT_ON_DAY = PreparedWrite(("of_audience", "on_day", "came_in", "went_out"), _count_on_day)


def version(connection: sa.Connection) -> int:
    """Return a number that grows with every change of any audience, 0 when there never was one."""
    found = _VERSION.rows(connection)[0][0]
    return 0 if found is None else int(found)


def stored(connection: sa.Connection, people: int) -> list[StoredAudience]:
    """Return the audiences in force, sorted by name.

    Args:
        connection: A connection.
        people: How many subjects there are to be looked at, for the progress of filling.
    """
    c, f = audiences.c, audience_fillings.c
    wanted = (
        sa.select(audiences, f.cursor, f.looked_at, f.size, f.version.label("filled_version"))
        .join_from(audiences, audience_fillings, f.number == c.number, isouter=True)
        .where(c.rule.is_not(None))
        .order_by(c.name)
    )
    return [_stored(row, people) for row in connection.execute(wanted)]


def labels(connection: sa.Connection) -> list[tuple[int, str, str]]:
    """Return number, name and label of the audiences in force, sorted by name: a tenth of the price of their rules."""
    return _LABELS.rows(connection)


def _stored(row: Any, people: int) -> StoredAudience:
    is_current = row.filled_version == row.version
    done = is_current and row.cursor is None
    share = min(row.looked_at / people, 0.99) if is_current and people else 0.0
    return StoredAudience(
        audience=Audience(
            name=row.name,
            label=row.label,
            rule=_rule.decode(row.rule),
            description=row.description,
            announce=bool(row.announce),
        ),
        number=row.number,
        version=row.version,
        changed_at=row.changed_at,
        size=row.size or 0,
        filled=1.0 if done else share,
    )


def save(connection: sa.Connection, audience: Audience, *, now: int, new_rule: bool) -> None:
    """Write an audience; with ``new_rule`` under a new version, so that it is filled again."""
    c = audiences.c
    number = connection.execute(sa.select(c.number).where(c.name == audience.name)).scalar()
    values: dict[str, Any] = {
        "label": audience.label,
        "description": audience.description,
        "announce": int(audience.announce),
        "rule": msgspec.json.encode(audience.rule).decode(),
    }
    if new_rule:
        values |= {"version": version(connection) + 1, "changed_at": now}
    if number is None:
        number = (connection.execute(sa.select(sa.func.max(c.number))).scalar() or 0) + 1
        connection.execute(sa.insert(audiences).values(name=audience.name, number=number, **values))
    else:
        connection.execute(sa.update(audiences).where(c.name == audience.name).values(**values))


def delete(connection: sa.Connection, name: str, number: int) -> None:
    """Take an audience out of force; its members are taken out of people's standing when they are next looked at."""
    connection.execute(
        sa.update(audiences)
        .where(audiences.c.name == name)
        .values(rule=None, version=version(connection) + 1)
    )
    connection.execute(sa.delete(audience_members).where(audience_members.c.audience == number))
    connection.execute(sa.delete(audience_fillings).where(audience_fillings.c.number == number))


def keepers(connection: sa.Connection) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that others ask, by owner."""
    rows = connection.execute(sa.select(audience_keepers.c.owner, audience_keepers.c.rules))
    return {owner: _rules.decode(rules) for owner, rules in rows}


def save_keeper(connection: sa.Connection, owner: str, rules: Sequence[Rule]) -> None:
    """Write the rules that an owner asks; none lets go."""
    if not rules:
        connection.execute(sa.delete(audience_keepers).where(audience_keepers.c.owner == owner))
        return
    encoded = msgspec.json.encode(tuple(rules)).decode()
    statement = insert(audience_keepers, connection).values(owner=owner, rules=encoded)
    connection.execute(statement.on_conflict_do_update(index_elements=["owner"], set_={"rules": encoded}))


# Filling


def fillings(connection: sa.Connection) -> dict[int, Filling]:
    """Return how far each audience is filled, by number."""
    rows = connection.execute(sa.select(audience_fillings)).mappings()
    return {row["number"]: Filling(**row) for row in rows}


def save_filling(connection: sa.Connection, filling: Filling) -> None:
    """Write how far an audience is filled; its size stays."""
    values = msgspec.structs.asdict(filling)
    rest = {key: value for key, value in values.items() if key not in {"number", "size"}}
    statement = insert(audience_fillings, connection).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=rest))


def note_filled(connection: sa.Connection, number: int) -> None:
    """Note that everybody was looked at for an audience."""
    f = audience_fillings.c
    connection.execute(sa.update(audience_fillings).where(f.number == number).values(cursor=None))


def replay_until(connection: sa.Connection) -> int | None:
    """Return the log position up to which a rebuild replays, None where none is going on."""
    return connection.execute(sa.select(audience_replays.c.until)).scalar()


def save_replay(connection: sa.Connection, until: int | None) -> None:
    """Note up to which log position a rebuild replays; None for its end."""
    connection.execute(sa.delete(audience_replays))
    if until is not None:
        connection.execute(sa.insert(audience_replays).values(until=until))


# People


def standings(connection: sa.Connection, people: Collection[int]) -> dict[int, Standing]:
    """Return where people stand; those in no audience, of whom nothing is due either, are left out."""
    return {person: _standing(kept) for person, kept in _STANDINGS.rows(connection, people=list(people))}


def due(connection: sa.Connection, now: int, limit: int) -> list[int]:
    """Return people of whom an answer may have changed by itself, the longest due first."""
    return [row[0] for row in _DUE.rows(connection, now=now, most=limit)]


def save_standings(connection: sa.Connection, changed: Mapping[int, Standing]) -> None:
    """Write where people stand; those in no audience of whom nothing is due are removed."""
    remove_standings(
        connection, [person for person, one in changed.items() if not one.members and not one.dues]
    )
    _SAVE_STANDING.run(
        connection,
        [(person, _encode(one), one.due_at()) for person, one in changed.items() if one.members or one.dues],
    )


def remove_standings(connection: sa.Connection, people: Collection[int]) -> None:
    """Remove where people stand."""
    if people:
        connection.execute(
            sa.delete(audience_people).where(is_any_of(audience_people.c.person, list(people)))
        )


def change_members(
    connection: sa.Connection,
    *,
    new: Sequence[tuple[int, int, int]],
    gone: Sequence[tuple[int, int]],
) -> None:
    """Write the lists of members.

    Args:
        connection: Inside a write transaction.
        new: Audience, person and since when, of those who came in.
        gone: Audience and person of those who went out.
    """
    _REMOVE_MEMBER.run(connection, gone)
    _SAVE_MEMBER.run(connection, new)


def count_changes(connection: sa.Connection, day: int, changes: Mapping[int, tuple[int, int, int]]) -> None:
    """Note how sizes changed on a day.

    Args:
        connection: Inside a write transaction.
        day: Days since 1970.
        changes: By audience: how many more members, how many entered and how many left.
    """
    _ADD_TO_SIZE.run(connection, [(number, more) for number, (more, _, _) in changes.items() if more])
    _COUNT_ON_DAY.run(
        connection, [(number, day, entered, left) for number, (_, entered, left) in changes.items()]
    )


def members(connection: sa.Connection, number: int, *, after: int, limit: int) -> list[Member]:
    """Return members of an audience by person number, from the first above ``after``."""
    c = audience_members.c
    wanted = sa.select(c.person, c.since).where(c.audience == number, c.person > after)
    rows = connection.execute(wanted.order_by(c.person).limit(limit))
    return [Member(person=person, since=since) for person, since in rows]


def all_members(connection: sa.Connection, number: int) -> set[int]:
    """Return the numbers of all members of an audience."""
    c = audience_members.c
    return set(connection.execute(sa.select(c.person).where(c.audience == number)).scalars())


def sizes(connection: sa.Connection, number: int, since: int) -> list[SizeOnDay]:
    """Return the sizes of an audience from a day on, by day."""
    c = audience_sizes.c
    wanted = sa.select(c.day, c.size, c.entered, c.left).where(c.audience == number, c.day >= since)
    rows = connection.execute(wanted.order_by(c.day)).mappings()
    return [SizeOnDay(**row) for row in rows]


def sizes_of_all(connection: sa.Connection, since: int) -> dict[int, list[SizeOnDay]]:
    """Return the sizes of every audience from a day on, by day, and the last one before it; keyed by the audience's number."""
    c = audience_sizes.c
    last = (
        sa.select(c.audience, sa.func.max(c.day).label("day"))
        .where(c.day < since)
        .group_by(c.audience)
        .subquery()
    )
    wanted = (
        sa.select(c.audience, c.day, c.size, c.entered, c.left)
        .join_from(audience_sizes, last, last.c.audience == c.audience, isouter=True)
        .where(sa.or_(c.day >= since, c.day == last.c.day))
    )
    found: dict[int, list[SizeOnDay]] = {}
    for row in connection.execute(wanted.order_by(c.day)):
        one = SizeOnDay(day=row.day, size=row.size, entered=row.entered, left=row.left)
        found.setdefault(row.audience, []).append(one)
    return found


def overlaps(connection: sa.Connection, number: int, limit: int) -> list[Overlap]:
    """Return the audiences that share most members with this one, most first."""
    mine, theirs = audience_members.alias("mine"), audience_members.alias("theirs")
    both = sa.func.count().label("both")
    wanted = (
        sa.select(audiences.c.name, audiences.c.label, both, audience_fillings.c.size)
        .join_from(mine, theirs, theirs.c.person == mine.c.person)
        .join(audiences, audiences.c.number == theirs.c.audience)
        .join(audience_fillings, audience_fillings.c.number == theirs.c.audience)
        .where(mine.c.audience == number, theirs.c.audience != number)
        .group_by(audiences.c.name, audiences.c.label, audience_fillings.c.size)
        .order_by(both.desc(), audiences.c.name)
        .limit(limit)
    )
    rows = connection.execute(wanted)
    return [Overlap(name=name, label=label, both=shared, size=size) for name, label, shared, size in rows]


def forget(connection: sa.Connection, people: Iterable[int]) -> None:
    """Remove all that is kept of people."""
    numbers = list(people)
    counted = standings(connection, numbers)
    gone = [(audience, person) for person, one in counted.items() for audience in one.members]
    change_members(connection, new=(), gone=gone)
    remove_standings(connection, numbers)
    for audience in {audience for audience, _ in gone}:
        less = sum(1 for other, _ in gone if other == audience)
        f = audience_fillings.c
        connection.execute(
            sa.update(audience_fillings).where(f.number == audience).values(size=f.size - less)
        )

"""SQL of what facts tell: words about a person's standing, what came back from addresses, and which addresses are left alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact.queries import one_of
from beleef.contact.standing import Report, Word
from beleef.contact.tables import (
    contact_returns,
    contact_standing,
    contact_suppressions,
    contacts,
    kept_messages,
)
from beleef.store.records.database import insert, is_any_of

_said = contact_standing.c
_back = contact_returns.c
_kept = contact_suppressions.c

Address = tuple[str, int]
"""A channel, and the hash of an address on it."""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """Why an address is left alone, and since when."""

    reason: str
    since: int


def words(connection: sa.Connection, subjects: Collection[int]) -> dict[int, list[Word]]:
    """Return what was said, by subject."""
    found: dict[int, list[Word]] = {}
    for row in connection.execute(
        sa.select(contact_standing).where(is_any_of(_said.subject, list(subjects)))
    ):
        found.setdefault(row.subject, []).append(
            Word(about=row.about, at=row.at, fact=row.fact, said=row.said)
        )
    return found


def save_words(connection: sa.Connection, said: Iterable[tuple[int, Word]]) -> None:
    """Keep words of subjects where they are later than what is kept about the same thing."""
    latest: dict[tuple[int, str], Word] = {}
    for subject, word in said:
        known = latest.get((subject, word.about))
        if known is None or (known.at, known.fact) < (word.at, word.fact):
            latest[subject, word.about] = word
    if not latest:
        return
    statement = insert(contact_standing, connection)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[_said.subject, _said.about],
        set_={"at": new.at, "fact": new.fact, "said": new.said},
        where=sa.or_(_said.at < new.at, sa.and_(_said.at == new.at, _said.fact < new.fact)),
    )
    connection.execute(
        statement,
        [{"subject": subject, **msgspec.structs.asdict(word)} for (subject, _), word in latest.items()],
    )


def save_returns(connection: sa.Connection, came_back: Sequence[tuple[int, int, Report]]) -> None:
    """Keep what came back: subject, hash of the address, and what it was."""
    rows = [
        {
            "fact": report.fact,
            "channel": report.channel,
            "address": address,
            "subject": subject,
            "kind": report.kind,
            "at": report.at,
        }
        for subject, address, report in came_back
    ]
    if rows:
        statement = insert(contact_returns, connection)
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_back.fact]), rows)


def suppressed(
    connection: sa.Connection, addresses: Collection[Address], *, soft: int, soft_since: int
) -> dict[Address, Suppression]:
    """Return which addresses are left alone and why: kept ones, complaints, permanent bounces, too many temporary ones.

    Args:
        connection: To read from.
        addresses: Channels and hashes.
        soft: After how many temporary bounces an address is left alone.
        soft_since: From when temporary bounces count, in microseconds.
    """
    hashes = [address for _, address in addresses]
    found: dict[Address, Suppression] = {}
    rows = connection.execute(
        sa.select(_back.channel, _back.address, _back.kind, sa.func.max(_back.at), sa.func.count())
        .where(is_any_of(_back.address, hashes), sa.or_(_back.kind != "soft", _back.at >= soft_since))
        .group_by(_back.channel, _back.address, _back.kind)
        .order_by(_back.kind)
    )
    for channel, address, kind, at, count in rows:
        if kind == "complained":
            found[channel, address] = Suppression(reason="complained", since=at)
        elif kind == "hard" or count >= soft:
            found.setdefault((channel, address), Suppression(reason="bounced", since=at))
    kept = connection.execute(sa.select(contact_suppressions).where(is_any_of(_kept.address, hashes)))
    for row in kept:
        found[row.channel, row.address] = Suppression(reason=row.reason, since=row.since)
    return found


def suppress(connection: sa.Connection, addresses: Mapping[Address, Suppression]) -> None:
    """Leave addresses alone from now on."""
    if addresses:
        statement = insert(contact_suppressions, connection)
        statement = statement.on_conflict_do_update(
            index_elements=[_kept.channel, _kept.address],
            set_={"reason": statement.excluded.reason, "since": statement.excluded.since},
        )
        rows = [
            {"channel": channel, "address": address, "reason": why.reason, "since": why.since}
            for (channel, address), why in addresses.items()
        ]
        connection.execute(statement, rows)


def release(connection: sa.Connection, channel: str, address: int) -> int:
    """Leave an address alone no longer, whatever came back from it so far; return how many notes were removed."""
    kept = sa.delete(contact_suppressions).where(_kept.channel == channel, _kept.address == address)
    back = sa.delete(contact_returns).where(_back.channel == channel, _back.address == address)
    return connection.execute(kept).rowcount + connection.execute(back).rowcount


def note_reports(connection: sa.Connection, reports: Sequence[Report]) -> None:
    """Write into the ledger what facts say became of messages; the earliest moment of each kind holds."""
    for kinds, column in (
        (("delivered",), "delivered_at"),
        (("hard", "soft"), "bounced_at"),
        (("opened",), "opened_at"),
        (("clicked",), "clicked_at"),
    ):
        rows = [
            {"about_key": one.key, "reported_at": one.at} for one in reports if one.kind in kinds and one.key
        ]
        if rows:
            field = contacts.c[column]
            earlier = sa.or_(field.is_(None), field > sa.bindparam("reported_at"))
            statement = sa.update(contacts).where(contacts.c.key == sa.bindparam("about_key"), earlier)
            connection.execute(statement.values({column: sa.bindparam("reported_at")}), rows)
    for kind, state, before in (
        ("delivered", "delivered", ("sent", "uncertain")),
        ("hard", "bounced", ("sent", "delivered", "uncertain")),
    ):
        rows = [{"about_key": one.key} for one in reports if one.kind == kind and one.key]
        if rows:
            statement = sa.update(contacts).where(
                contacts.c.key == sa.bindparam("about_key"), one_of(contacts.c.state, before)
            )
            connection.execute(statement.values(state=state), rows)


def returns_of(connection: sa.Connection, subjects: Collection[int]) -> dict[Address, Suppression]:
    """Return the addresses of subjects from which a complaint or a permanent bounce came back."""
    rows = connection.execute(
        sa.select(contact_returns)
        .where(is_any_of(_back.subject, list(subjects)), _back.kind != "soft")
        .order_by(_back.kind.desc())
    )
    reasons = {"hard": "bounced", "complained": "complained"}
    return {(row.channel, row.address): Suppression(reason=reasons[row.kind], since=row.at) for row in rows}


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Remove what is personal about subjects; rows of the ledger stay for the counts, and belong to nobody."""
    mine = list(subjects)
    connection.execute(sa.delete(contact_standing).where(is_any_of(_said.subject, mine)))
    connection.execute(sa.delete(contact_returns).where(is_any_of(_back.subject, mine)))
    connection.execute(sa.delete(kept_messages).where(is_any_of(kept_messages.c.subject, mine)))
    rows = contacts.c
    connection.execute(
        sa.update(contacts)
        .where(is_any_of(rows.subject, mine), rows.state.in_(("waiting", "held", "reserved")))
        .values(state="cancelled", reason="erased", rule="")
    )
    connection.execute(
        sa.update(contacts)
        .where(is_any_of(rows.subject, mine))
        .values(
            subject=0,
            key=sa.literal("erased:") + sa.cast(rows.id, sa.String),
            content=EMPTY,
            address="",
            provider_id="",
            error="",
        )
    )


EMPTY = msgspec.msgpack.encode([None, {}])
"""The content of a message that nobody may read any more."""

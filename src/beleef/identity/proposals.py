"""Proposals that two records are one person: what they say, where they are kept, and what people decided about them.

A decided pair is never proposed again, so that nobody has to say the same thing twice.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, cast

import msgspec
import sqlalchemy as sa

from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.records.database import insert, metadata

Status = Literal["open", "accepted", "rejected", "undone"]
"""``open`` waits for a decision; ``accepted`` and ``rejected`` are decisions; ``undone`` is a decision taken back."""

Decision = Literal["accepted", "rejected", "undone"]

_FROM: Final[dict[Decision, tuple[Status, ...]]] = {
    "accepted": ("open", "undone"),
    "rejected": ("open", "undone"),
    "undone": ("accepted", "rejected"),
}
"""From which statuses each decision may be taken."""

_MOST_AT_ONCE = 1_000

table = sa.Table(
    "proposals",
    metadata,
    sa.Column("a", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("b", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("why", sa.JSON, nullable=False),
    sa.Column("cluster_size", sa.Integer, nullable=False),
    sa.Column("is_bridge", sa.Boolean, nullable=False),
    sa.Column("is_doubtful", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.BigInteger),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("ix_proposals_status_probability", "status", "probability", "a", "b"),
)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What one field says about a pair. A proposal's reasons add up to the logarithm of its odds.

    Attributes:
        field: One of ``matching_fields.FIELDS``, or ``chance``: what holds before anything is compared.
        level: How the two values compare, one of ``matching.LEVELS``.
        bits: Match weight, log2(m / u): +1 doubles the odds that it is one person, -1 halves them.
    """

    field: str
    level: str
    bits: float


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Two records that are probably one person.

    Attributes:
        a: The smaller of the two subject numbers.
        b: The larger.
        probability: That they are one person, by the model; 0 to 1, rounded to six decimals.
        why: What speaks for and against it.
        cluster_size: How many records would be one person if all proposals of the run were accepted.
        is_bridge: Whether this pair alone holds two parts of a cluster of three or more together.
        is_doubtful: Whether the cluster is larger than one person's records can be expected to be.
    """

    a: int
    b: int
    probability: float
    why: tuple[Reason, ...]
    cluster_size: int
    is_bridge: bool
    is_doubtful: bool


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal with what became of it. Moments are microseconds since 1970 in UTC.

    Attributes:
        proposal: The pair and why it was proposed.
        status: See ``Status``.
        created_at: When the pair was first proposed.
        decided_by: Who decided; None while it is open.
        decided_at: When; None while it is open.
    """

    proposal: Proposal
    status: Status
    created_at: int
    decided_by: str | None = None
    decided_at: int | None = None


class Place(NamedTuple):
    """Where a page of proposals ended: the next one starts behind it."""

    probability: float
    a: int
    b: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some proposals, the surest first.

    Attributes:
        proposals: The proposals.
        next: Where the next page starts; None on the last one.
    """

    proposals: list[Stored]
    next: Place | None = None


def save_proposals(connection: sa.Connection, found: Iterable[Proposal], *, now: int) -> int:
    """Replace the open proposals by those of a new run, and return how many are open now.

    Pairs that somebody decided on stay as they are. A pair that was open already keeps the moment it was first proposed.

    Args:
        connection: A connection inside a writing transaction.
        found: The run's proposals, each pair once.
        now: The present moment in microseconds.
    """
    waiting = connection.execute(
        sa.select(table.c.a, table.c.b, table.c.created_at).where(table.c.status == "open")
    )
    since = {(a, b): created_at for a, b, created_at in waiting}
    connection.execute(sa.delete(table).where(table.c.status == "open"))
    rows = [
        {
            **msgspec.to_builtins(proposal),
            "status": "open",
            "created_at": since.get((proposal.a, proposal.b), now),
        }
        for proposal in found
    ]
    for start in range(0, len(rows), _MOST_AT_ONCE):
        connection.execute(
            insert(table, connection).on_conflict_do_nothing(), rows[start : start + _MOST_AT_ONCE]
        )
    return count_proposals(connection, "open")


def count_proposals(connection: sa.Connection, status: Status) -> int:
    """Return how many proposals have a status."""
    count = connection.execute(sa.select(sa.func.count()).where(table.c.status == status)).scalar_one()
    return int(count)


def proposals(
    connection: sa.Connection, status: Status, *, after: Place | None = None, limit: int = 50
) -> Page:
    """Return the proposals with a status, the surest first.

    Args:
        connection: A connection that may read.
        status: Which ones.
        after: The ``next`` of the page before; None for the first page.
        limit: At most how many, from 1 on.

    Raises:
        InvalidInput: the limit is below 1.
    """
    if limit < 1:
        raise InvalidInput("A page needs room for at least one proposal.", hint="Give a limit from 1 on.")
    question = sa.select(table).where(table.c.status == status)
    if after is not None:
        place = sa.tuple_(table.c.probability, table.c.a, table.c.b)
        question = question.where(place < sa.tuple_(*(sa.literal(part) for part in after)))
    columns = (table.c.probability.desc(), table.c.a.desc(), table.c.b.desc())
    question = question.order_by(*columns).limit(limit + 1)
    stored = [_stored(row) for row in connection.execute(question).all()]
    last = stored[limit - 1].proposal if len(stored) > limit else None
    return Page(proposals=stored[:limit], next=Place(last.probability, last.a, last.b) if last else None)


def get_proposal(connection: sa.Connection, a: int, b: int) -> Stored:
    """Return the proposal of two records, named in either order.

    Raises:
        NotFound: the pair was never proposed, or is not proposed any more.
    """
    row = connection.execute(sa.select(table).where(*_is_pair(a, b))).one_or_none()
    if row is None:
        raise NotFound(
            "These two records are not proposed as one person.",
            hint="Open the list of proposals again: a newer run may have replaced it.",
        )
    return _stored(row)


def decide(connection: sa.Connection, a: int, b: int, status: Decision, *, by: str, at: int) -> Stored:
    """Keep a decision on a proposal and return the proposal; the same decision twice changes nothing.

    Args:
        connection: A connection inside a writing transaction.
        a: One of the two subject numbers.
        b: The other.
        status: ``accepted`` or ``rejected`` for an open or undone one; ``undone`` takes either back.
        by: Who decides.
        at: The present moment in microseconds.

    Raises:
        NotFound: there is no such proposal.
        Conflict: somebody else decided otherwise before, or there is nothing to take back.
    """
    change = sa.update(table).where(*_is_pair(a, b), table.c.status.in_(_FROM[status]))
    changed = connection.execute(change.values(status=status, decided_by=by, decided_at=at)).rowcount
    stored = get_proposal(connection, a, b)
    if not changed and stored.status != status:
        if stored.status == "open":
            raise Conflict("Nothing was decided on this proposal yet.", hint="Accept or reject it.")
        raise Conflict(
            f"{stored.decided_by} has {stored.status} this proposal already.",
            hint="Undo that decision first.",
        )
    return stored


def _is_pair(a: int, b: int) -> Sequence[sa.ColumnElement[bool]]:
    return table.c.a == min(a, b), table.c.b == max(a, b)


def _stored(row: "sa.Row[*tuple[object, ...]]") -> Stored:
    values = {str(name): value for name, value in row._asdict().items()}
    return Stored(
        proposal=msgspec.convert(values, Proposal),
        status=cast("Status", values["status"]),
        created_at=values["created_at"],
        decided_by=values["decided_by"],
        decided_at=values["decided_at"],
    )

"""SQL of the browsers that take notifications."""

import hashlib
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.push.tables import push_subscriptions
from beleef.store.records.database import Prepared, insert, is_any_of, values_named

_t = push_subscriptions.c
_any = Prepared(sa.select(_t.subject).where(is_any_of(_t.subject, values_named("subjects"))).limit(1))


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that takes notifications.

    Attributes:
        subject: Whose, by a subject.
        endpoint: Where its push service takes messages for it; a secret, as whoever knows it can try.
        p256dh: Its public key, base64url.
        auth: Its authentication secret, base64url.
        added_at: When it was registered.
    """

    subject: int
    endpoint: str
    p256dh: str
    auth: str
    added_at: int

    @property
    def id(self) -> str:
        """A hash of the endpoint: one browser is one row, whoever uses it."""
        return hashlib.blake2b(self.endpoint.encode(), digest_size=16).hexdigest()


def save(connection: sa.Connection, subscription: Subscription) -> None:
    """Register a browser; one that is registered already is now this person's, with these keys."""
    row = {"id": subscription.id, **msgspec.structs.asdict(subscription)}
    changed = {name: row[name] for name in ("subject", "p256dh", "auth")}
    statement = insert(push_subscriptions, connection).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=[_t.id], set_=changed))


def has_any(connection: sa.Connection, subjects: Collection[int]) -> bool:
    """Return whether a person has a browser that takes notifications."""
    return bool(_any.rows(connection, subjects=list(subjects)))


def of(connection: sa.Connection, subjects: Collection[int]) -> list[Subscription]:
    """Return the browsers of persons, the newest first."""
    chosen = (
        sa.select(push_subscriptions)
        .where(is_any_of(_t.subject, list(subjects)))
        .order_by(_t.added_at.desc(), _t.id)
    )
    return [
        Subscription(
            subject=row.subject,
            endpoint=row.endpoint,
            p256dh=row.p256dh,
            auth=row.auth,
            added_at=row.added_at,
        )
        for row in connection.execute(chosen)
    ]


def remove(connection: sa.Connection, numbers: Collection[str]) -> int:
    """Remove browsers by their hashes; return how many there were."""
    return connection.execute(sa.delete(push_subscriptions).where(is_any_of(_t.id, list(numbers)))).rowcount


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Forget the browsers of somebody who is erased."""
    connection.execute(sa.delete(push_subscriptions).where(is_any_of(_t.subject, list(subjects))))

"""SQL of the rules of service and of the mailboxes."""

from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import insert
from beleef.support.answering import Desk
from beleef.support.intake.model import Mailbox, Place
from beleef.support.rules import ServiceRules, StoredRules
from beleef.support.tables import mailbox_places, mailbox_secrets, mailboxes, service_rules

_rules = msgspec.json.Decoder(ServiceRules).decode
_texts = msgspec.json.Decoder(dict[str, str]).decode


def newest_version(connection: sa.Connection) -> int:
    """Return the version of the rules in force; 0 where nobody saved any."""
    return connection.scalar(sa.select(sa.func.max(service_rules.c.version))) or 0


def history(connection: sa.Connection) -> list[StoredRules]:
    """Return all rules that were ever saved, the newest first."""
    chosen = sa.select(service_rules).order_by(service_rules.c.version.desc())
    return [
        StoredRules(
            version=row.version, rules=_rules(row.rules), saved_at=row.saved_at, saved_by=row.saved_by
        )
        for row in connection.execute(chosen)
    ]


def save(connection: sa.Connection, stored: StoredRules) -> None:
    """Keep a version of the rules."""
    connection.execute(
        sa.insert(service_rules).values(
            version=stored.version,
            rules=msgspec.json.encode(stored.rules).decode(),
            saved_at=stored.saved_at,
            saved_by=stored.saved_by,
        )
    )


def all_mailboxes(connection: sa.Connection) -> list[Mailbox]:
    """Return the mailboxes, by name."""
    chosen = sa.select(mailboxes.c.settings).order_by(mailboxes.c.name)
    return [msgspec.json.decode(text, type=Mailbox) for text in connection.scalars(chosen)]


def save_mailbox(connection: sa.Connection, mailbox: Mailbox, secrets: dict[str, str], now: int) -> None:
    """Keep a mailbox; secrets that are not given stay as they are."""
    values: dict[str, Any] = {
        "name": mailbox.name,
        "settings": msgspec.json.encode(mailbox).decode(),
        "enabled": mailbox.enabled,
        "changed_at": now,
    }
    statement = insert(mailboxes, connection).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    if secrets:
        kept = {"name": mailbox.name, "secrets": msgspec.json.encode(secrets).decode()}
        replacing = insert(mailbox_secrets, connection).values(kept)
        connection.execute(replacing.on_conflict_do_update(index_elements=["name"], set_=kept))


def delete_mailbox(connection: sa.Connection, name: str) -> bool:
    """Forget a mailbox and its secrets; return whether there was one."""
    for table in (mailbox_secrets, mailbox_places):
        connection.execute(sa.delete(table).where(table.c.name == name))
    return bool(connection.execute(sa.delete(mailboxes).where(mailboxes.c.name == name)).rowcount)


def secrets(connection: sa.Connection, name: str) -> dict[str, str]:
    """Return the secrets of a mailbox."""
    kept = connection.scalar(sa.select(mailbox_secrets.c.secrets).where(mailbox_secrets.c.name == name))
    return _texts(kept) if kept else {}


def place(connection: sa.Connection, name: str) -> Place | None:
    """Return how far a mailbox was fetched; None where it never was."""
    row = connection.execute(sa.select(mailbox_places).where(mailbox_places.c.name == name)).first()
    if row is None:
        return None
    return Place(validity=row.validity, uid=row.uid, fetched_at=row.fetched_at, error=row.error)


def save_place(connection: sa.Connection, name: str, place: Place) -> None:
    """Keep how far a mailbox was fetched."""
    values = {"name": name, **msgspec.structs.asdict(place)}
    statement = insert(mailbox_places, connection).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def desk(connection: sa.Connection, desk: Desk) -> Desk:
    """Return who writes, with the mailbox that answers come to."""
    first = next((one for one in all_mailboxes(connection) if one.enabled and one.is_plus_addressed), None)
    return desk if first is None else msgspec.structs.replace(desk, mailbox=first.address)

"""SQL of the ledger: intents in, rows and decisions out, rules and channels. Sets go in and come out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.contact.model import (
    COUNTED,
    OPEN,
    Contacted,
    Decision,
    Enclosed,
    GateRules,
    Intent,
    PastContact,
    State,
    StoredDecision,
    StoredRules,
)
from beleef.contact.tables import contact_decisions, contact_rules, contacts, kept_messages
from beleef.store.records.database import insert, is_any_of

_AT_ONCE = 500
"""Rows in one statement: SQLite and PostgreSQL both limit how many values a statement may bind."""
_PRUNED_AT_ONCE = 20_000
"""Rows of the oldest decisions in one transaction: a tenth of a second."""

_decode_rules = msgspec.json.Decoder(GateRules).decode
_c = contacts.c


class _Content(msgspec.Struct, array_like=True):
    parts: dict[str, str] | None
    variables: dict[str, Any]
    files: tuple[Enclosed, ...] = ()
    is_template: bool = False


_decode_content = msgspec.msgpack.Decoder(_Content).decode


def one_of(column: sa.Column[str], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Return ``column`` is one of ``values``, for statements that run once per row of a list: those cannot say ``IN``."""
    return sa.or_(*(column == value for value in values))


def add(connection: sa.Connection, intents: Iterable[Intent], now: int) -> int:
    """Add intents whose key is not there yet; return how many that were."""
    rows = [_row(intent, now) for intent in intents]
    added = 0
    for start in range(0, len(rows), _AT_ONCE):
        statement = insert(contacts, connection).values(rows[start : start + _AT_ONCE])
        new = statement.on_conflict_do_nothing(index_elements=[_c.key]).returning(_c.id)
        added += len(connection.execute(new).all())
    return added


def _row(intent: Intent, now: int) -> dict[str, Any]:
    fields = msgspec.structs.asdict(intent)
    content = _Content(
        fields.pop("parts"), fields.pop("variables"), fields.pop("files"), fields.pop("is_template")
    )
    return {
        **fields,
        "content": msgspec.msgpack.encode(content),
        "created_at": now,
        "state": "waiting",
        "reason": "",
        "rule": "",
        "due_at": max(now, intent.not_before),
        "attempts": 0,
        "owner": "",
        "leased_until": 0,
        "valid_until": 0,
        "address": "",
        "provider_id": "",
        "error": "",
    }


def cancel(connection: sa.Connection, campaign: str, subjects: Collection[int] | None, reason: str) -> int:
    """Cancel what the gate has not let through yet; return how many rows that were."""
    chosen = [_c.campaign == campaign, _c.state.in_(OPEN)]
    if subjects is not None:
        chosen.append(is_any_of(_c.subject, list(subjects)))
    statement = sa.update(contacts).where(*chosen).values(state="cancelled", reason=reason, rule="")
    return connection.execute(statement).rowcount


def read(row: sa.Row[Any]) -> Contacted:
    """Return a row of the ledger as the struct it stands for."""
    content = _decode_content(row.content)
    intent = Intent(
        key=row.key,
        subject=row.subject,
        purpose=row.purpose,
        channel=row.channel,
        via=row.via,
        topic=row.topic,
        message=row.message,
        version=row.version,
        parts=content.parts,
        variables=content.variables,
        campaign=row.campaign,
        step=row.step,
        variant=row.variant,
        fact=row.fact,
        priority=row.priority,
        value=row.value,
        not_before=row.not_before,
        expires_at=row.expires_at,
        language=row.language,
        is_reminder=row.is_reminder,
        files=content.files,
        is_template=content.is_template,
    )
    return Contacted(
        id=row.id,
        intent=intent,
        state=row.state,
        reason=row.reason,
        rule=row.rule,
        due_at=row.due_at,
        created_at=row.created_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        bounced_at=row.bounced_at,
        opened_at=row.opened_at,
        clicked_at=row.clicked_at,
        attempts=row.attempts,
        address=row.address,
        provider_id=row.provider_id,
        error=row.error,
    )


def ledger(
    connection: sa.Connection, subjects: Collection[int], *, before: int | None, limit: int
) -> list[Contacted]:
    """Return rows about subjects, newest first, below a number."""
    chosen = sa.select(contacts).where(is_any_of(_c.subject, list(subjects)))
    if before is not None:
        chosen = chosen.where(_c.id < before)
    return [read(row) for row in connection.execute(chosen.order_by(_c.id.desc()).limit(limit))]


def listed(
    connection: sa.Connection,
    states: Sequence[State],
    *,
    campaign: str | None,
    channel: str | None,
    before: int | None,
    limit: int,
) -> list[Contacted]:
    """Return rows in some states, newest first, below a number."""
    chosen = sa.select(contacts).where(_c.state.in_(states))
    if campaign is not None:
        chosen = chosen.where(_c.campaign == campaign)
    if channel is not None:
        chosen = chosen.where(_c.channel == channel)
    if before is not None:
        chosen = chosen.where(_c.id < before)
    return [read(row) for row in connection.execute(chosen.order_by(_c.id.desc()).limit(limit))]


def by_ids(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Contacted]:
    """Return rows by their numbers."""
    rows = connection.execute(sa.select(contacts).where(is_any_of(_c.id, list(numbers))))
    return {row.id: read(row) for row in rows}


def by_keys(connection: sa.Connection, keys: Collection[str]) -> dict[str, Contacted]:
    """Return rows by the keys of their intents."""
    rows = connection.execute(sa.select(contacts).where(is_any_of(_c.key, list(keys))))
    return {row.key: read(row) for row in rows}


def by_provider_ids(connection: sa.Connection, numbers: Collection[str]) -> dict[str, Contacted]:
    """Return rows by the numbers that channels gave them."""
    rows = connection.execute(sa.select(contacts).where(is_any_of(_c.provider_id, list(numbers))))
    return {row.provider_id: read(row) for row in rows}


def open_of(connection: sa.Connection, subjects: Collection[int], now: int) -> list[Contacted]:
    """Return what is due for the gate about subjects."""
    rows = connection.execute(
        sa.select(contacts).where(is_any_of(_c.subject, list(subjects)), _c.state.in_(OPEN), _c.due_at <= now)
    )
    return [read(row) for row in rows]


def past_contacts(
    connection: sa.Connection, subjects: Collection[int], since: int
) -> list[tuple[int, PastContact]]:
    """Return contacts that count of subjects since a moment, each with its subject."""
    rows = connection.execute(
        sa.select(_c.subject, _c.sent_at, _c.channel, _c.purpose, _c.topic, _c.is_reminder).where(
            is_any_of(_c.subject, list(subjects)), _c.state.in_(COUNTED), _c.sent_at > since
        )
    )
    return [
        (
            row.subject,
            PastContact(
                at=row.sent_at,
                channel=row.channel,
                purpose=row.purpose,
                topic=row.topic,
                is_reminder=row.is_reminder,
            ),
        )
        for row in rows
    ]


def between(connection: sa.Connection, start: int, end: int) -> list[Contacted]:
    """Return rows intended in a stretch of time, in the order of their intention."""
    chosen = sa.select(contacts).where(_c.created_at >= start, _c.created_at < end).order_by(_c.id)
    return [read(row) for row in connection.execute(chosen)]


def contacts_between(connection: sa.Connection, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return ``(subject, moment, channel)`` of contacts that count in a stretch of time."""
    rows = connection.execute(
        sa.select(_c.subject, _c.sent_at, _c.channel).where(
            _c.state.in_(COUNTED), _c.sent_at >= start, _c.sent_at < end
        )
    )
    return [(row.subject, row.sent_at, row.channel) for row in rows]


def outcomes_between(connection: sa.Connection, start: int, end: int) -> dict[str, int]:
    """Return how many messages were held or skipped in a stretch of time, by ``outcome:reason``; each message once per reason."""
    decided = contact_decisions.c
    rows = connection.execute(
        sa.select(decided.outcome, decided.reason, sa.func.count(decided.contact.distinct()))
        .where(decided.at >= start, decided.at < end, decided.outcome != "send")
        .group_by(decided.outcome, decided.reason)
    )
    return {f"{outcome}:{reason}": count for outcome, reason, count in rows}


def add_decisions(connection: sa.Connection, taken: Sequence[tuple[int, Decision]], now: int) -> None:
    """Store decisions about rows of the ledger."""
    if taken:
        rows = [
            {
                "contact": contact,
                "at": now,
                "outcome": decision.outcome,
                "reason": decision.reason,
                "until": decision.until,
                "rule": decision.rule,
            }
            for contact, decision in taken
        ]
        connection.execute(sa.insert(contact_decisions), rows)


def prune_decisions(connection: sa.Connection, *, before: int) -> int:
    """Remove the oldest decisions from before a moment, at most so many at once; return how many."""
    decided = contact_decisions.c
    oldest = sa.select(decided.id).where(decided.at < before).order_by(decided.at).limit(_PRUNED_AT_ONCE)
    return connection.execute(sa.delete(contact_decisions).where(decided.id.in_(oldest))).rowcount


def decisions(connection: sa.Connection, numbers: Collection[int]) -> dict[int, list[StoredDecision]]:
    """Return the decisions about rows of the ledger, in the order they were taken."""
    decided = contact_decisions.c
    rows = connection.execute(
        sa.select(contact_decisions).where(is_any_of(decided.contact, list(numbers))).order_by(decided.id)
    )
    found: dict[int, list[StoredDecision]] = {}
    for row in rows:
        decision = Decision(outcome=row.outcome, reason=row.reason, until=row.until, rule=row.rule)
        found.setdefault(row.contact, []).append(StoredDecision(at=row.at, decision=decision))
    return found


def counts(connection: sa.Connection, campaign: str | None = None) -> dict[State, int]:
    """Return how many rows are in each state, of all campaigns or of one."""
    chosen = sa.select(_c.state, sa.func.count()).group_by(_c.state)
    if campaign is not None:
        chosen = chosen.where(_c.campaign == campaign)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def oldest_due(connection: sa.Connection, now: int) -> int | None:
    """Return since when the oldest message waits that the gate should have looked at; None where none does."""
    chosen = sa.select(sa.func.min(_c.due_at)).where(_c.state.in_(OPEN), _c.due_at <= now)
    found: int | None = connection.execute(chosen).scalar()
    return found


def rules(connection: sa.Connection) -> StoredRules | None:
    """Return the rules that were saved last, or None where none were."""
    row = connection.execute(
        sa.select(contact_rules).order_by(contact_rules.c.version.desc()).limit(1)
    ).first()
    return None if row is None else _stored_rules(row)


def rules_history(connection: sa.Connection) -> list[StoredRules]:
    """Return all rules that were ever saved, the newest first."""
    rows = connection.execute(sa.select(contact_rules).order_by(contact_rules.c.version.desc()))
    return [_stored_rules(row) for row in rows]


def _stored_rules(row: sa.Row[Any]) -> StoredRules:
    return StoredRules(
        version=row.version, rules=_decode_rules(row.rules), saved_at=row.saved_at, saved_by=row.saved_by
    )


def save_rules(connection: sa.Connection, stored: StoredRules) -> None:
    """Add a version of the rules."""
    row = {**msgspec.structs.asdict(stored), "rules": msgspec.json.encode(stored.rules).decode()}
    connection.execute(sa.insert(contact_rules).values(row))


def keep_message(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Keep a message instead of sending it; one that is kept already stays as it is."""
    statement = insert(kept_messages, connection).values(dict(row))
    connection.execute(statement.on_conflict_do_nothing(index_elements=[kept_messages.c.contact]))


def kept(
    connection: sa.Connection, *, kind: str | None, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return kept messages, the newest first, below the number of a contact."""
    chosen = sa.select(kept_messages).order_by(kept_messages.c.contact.desc()).limit(limit)
    if kind is not None:
        chosen = chosen.where(kept_messages.c.kind == kind)
    if before is not None:
        chosen = chosen.where(kept_messages.c.contact < before)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def kept_message(connection: sa.Connection, contact: int) -> dict[str, Any] | None:
    """Return a kept message by the number of its contact."""
    row = connection.execute(sa.select(kept_messages).where(kept_messages.c.contact == contact)).mappings()
    found = row.first()
    return None if found is None else dict(found)

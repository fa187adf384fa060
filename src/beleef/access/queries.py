"""All SQL of access."""

import msgspec
import sqlalchemy as sa

from beleef.access.model import Role
from beleef.access.tables import audit, installation, sessions, sign_ins, staff, tokens
from beleef.store.records.database import insert


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """This installation: its secret key, when it was made, and whether its data are simulated."""

    key: bytes
    created_at: int
    simulated: bool


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff, without the password."""

    id: int
    email: str
    name: str
    role: Role
    language: str
    enabled: bool
    created_at: int


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A server token, without its secret."""

    id: int
    name: str
    role: Role
    created_at: int
    revoked_at: int | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log: who did what to which thing."""

    id: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str


def read_installation(connection: sa.Connection) -> Installation | None:
    """Return the installation, or None before ``beleef init``."""
    row = connection.execute(sa.select(installation)).mappings().one_or_none()
    return (
        Installation(key=row["key"], created_at=row["created_at"], simulated=row["simulated"])
        if row
        else None
    )


def add_installation(connection: sa.Connection, made: Installation) -> None:
    """Keep the installation; one that is there stays."""
    values = {"id": 1, **msgspec.structs.asdict(made)}
    connection.execute(insert(installation, connection).values(values).on_conflict_do_nothing())


def members(connection: sa.Connection) -> list[Member]:
    """Return all staff, by e-mail address."""
    return [_member(row) for row in connection.execute(sa.select(staff).order_by(staff.c.email)).mappings()]


def member(connection: sa.Connection, id_: int) -> Member | None:
    """Return one member of staff."""
    row = connection.execute(sa.select(staff).where(staff.c.id == id_)).mappings().one_or_none()
    return _member(row) if row else None


def member_password(connection: sa.Connection, email: str) -> tuple[Member, str] | None:
    """Return a member of staff and the hash of the password."""
    row = connection.execute(sa.select(staff).where(staff.c.email == email)).mappings().one_or_none()
    return (_member(row), row["password"]) if row else None


def _member(row: sa.RowMapping) -> Member:
    return Member(
        id=row["id"], email=row["email"], name=row["name"], role=Role[row["role"]], language=row["language"],
        enabled=row["enabled"], created_at=row["created_at"],
    )  # fmt: skip


def add_member(
    connection: sa.Connection, *, email: str, name: str, role: Role, language: str, password: str, now: int
) -> int:
    """Add a member of staff and return the number; ``password`` is the hash."""
    values = {"email": email, "name": name, "role": role.name, "language": language, "password": password}
    statement = sa.insert(staff).values(**values, enabled=True, created_at=now).returning(staff.c.id)
    return int(connection.execute(statement).scalar_one())


def change_member(connection: sa.Connection, id_: int, **values: object) -> None:
    """Change some columns of a member of staff."""
    connection.execute(sa.update(staff).where(staff.c.id == id_).values(**values))


def add_session(
    connection: sa.Connection, *, hash_: str, member_id: int, csrf: str, now: int, expires_at: int
) -> None:
    """Keep a session, and drop those that ran out."""
    connection.execute(sa.delete(sessions).where(sessions.c.expires_at < now))
    values = {"hash": hash_, "staff": member_id, "csrf": csrf, "created_at": now, "expires_at": expires_at}
    connection.execute(sa.insert(sessions).values(values))


def session(connection: sa.Connection, hash_: str, now: int) -> tuple[Member, str] | None:
    """Return whose session it is and its form token."""
    query = (
        sa.select(staff, sessions.c.csrf)
        .join(sessions, sessions.c.staff == staff.c.id)
        .where(sessions.c.hash == hash_, sessions.c.expires_at > now, staff.c.enabled)
    )
    row = connection.execute(query).mappings().one_or_none()
    return (_member(row), row["csrf"]) if row else None


def drop_session(connection: sa.Connection, hash_: str) -> None:
    """End a session."""
    connection.execute(sa.delete(sessions).where(sessions.c.hash == hash_))


def drop_sessions_of(connection: sa.Connection, member_id: int) -> None:
    """End all sessions of a member of staff."""
    connection.execute(sa.delete(sessions).where(sessions.c.staff == member_id))


def add_token(connection: sa.Connection, *, name: str, hash_: str, role: Role, now: int) -> int:
    """Keep a token by the hash of its secret and return its number."""
    values = {"name": name, "hash": hash_, "role": role.name, "created_at": now}
    return int(connection.execute(sa.insert(tokens).values(values).returning(tokens.c.id)).scalar_one())


def list_tokens(connection: sa.Connection) -> list[Token]:
    """Return all tokens, newest first."""
    return [
        _token(row) for row in connection.execute(sa.select(tokens).order_by(tokens.c.id.desc())).mappings()
    ]


def token_by_hash(connection: sa.Connection, hash_: str) -> Token | None:
    """Return the token with that hash, unless it was revoked."""
    query = sa.select(tokens).where(tokens.c.hash == hash_, tokens.c.revoked_at.is_(None))
    row = connection.execute(query).mappings().one_or_none()
    return _token(row) if row else None


def _token(row: sa.RowMapping) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        role=Role[row["role"]],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )


def revoke_token(connection: sa.Connection, id_: int, now: int) -> bool:
    """Revoke a token; return whether there was one to revoke."""
    done = sa.update(tokens).where(tokens.c.id == id_, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(done).rowcount == 1


def failures(connection: sa.Connection, who: str) -> tuple[int, int]:
    """Return how often somebody failed to sign in, and when last."""
    row = connection.execute(sa.select(sign_ins).where(sign_ins.c.who == who)).one_or_none()
    return (row.failures, row.last_at) if row else (0, 0)


def note_failure(connection: sa.Connection, who: str, count: int, now: int) -> None:
    """Keep how often somebody failed to sign in; 0 forgets it."""
    if not count:
        connection.execute(sa.delete(sign_ins).where(sign_ins.c.who == who))
        return
    values = {"failures": count, "last_at": now}
    statement = insert(sign_ins, connection).values(who=who, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["who"], set_=values))


def add_audit(
    connection: sa.Connection, *, at: int, actor: str, action: str, subject: str, detail: str
) -> None:
    """Add a line to the audit log."""
    values = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": detail}
    connection.execute(sa.insert(audit).values(values))


def list_audit(connection: sa.Connection, *, before: int | None, limit: int) -> list[Entry]:
    """Return lines of the audit log, newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [Entry(**row) for row in connection.execute(query).mappings()]

"""What other rooms may ask of access: who is this, may they, and keep it in the audit log."""

import functools
import hashlib
import hmac
import secrets
from typing import Any

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from email_validator import EmailNotValidError, validate_email

from beleef.access import queries
from beleef.access.model import TOKEN_ROLES, Actor, Role, check_password, read_role
from beleef.access.queries import Entry, Installation, Member, Token
from beleef.kernel import clock, ids
from beleef.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn, TooManyRequests
from beleef.store.records.database import Database

__all__ = ["Actor", "Entry", "Installation", "Member", "Role", "Token"]

SESSION_S = 12 * 3600
"""A session lasts a working day."""
_MOST_FAILURES = 8
_FAILURE_WINDOW = 15 * clock.MINUTE

COMMAND = Actor(kind="command", id=0, name="command line", role=Role.administrator)
"""Whoever can run commands on the machine with the data can do anything."""

_hasher = PasswordHasher()


@functools.cache
def _nobody() -> str:
    """Return what is checked for unknown addresses, so that the time an answer takes does not tell which ones exist."""
    return _hasher.hash("nobody has this password")


def installation(connection: sa.Connection) -> Installation:
    """Return the installation.

    Raises:
        NotFound: nothing was set up here.
    """
    found = queries.read_installation(connection)
    if found is None:
        raise NotFound(
            "Nothing is set up here yet.",
            hint="Run `beleef init` first, or `beleef demo`.",
            code="not_set_up",
        )
    return found


def ensure_installation(
    connection: sa.Connection, *, now: int, simulated: bool = False, key: bytes | None = None
) -> Installation:
    """Return the installation, made with a new secret key if there is none."""
    queries.add_installation(
        connection, Installation(key=key or secrets.token_bytes(32), created_at=now, simulated=simulated)
    )
    return installation(connection)


def add_member(
    connection: sa.Connection,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    now: int,
    language: str = "en",
) -> Member:
    """Add a member of staff.

    Raises:
        InvalidInput: the address or the password cannot be used.
        Conflict: there is one with that address.
    """
    email = _address(email)
    if queries.member_password(connection, email):
        raise Conflict(
            f"There is a member of staff with {email} already.", hint="Change that one.", code="email_taken"
        )
    hashed = _hasher.hash(check_password(password))
    number = queries.add_member(
        connection,
        email=email,
        name=name.strip() or email,
        role=role,
        language=language,
        password=hashed,
        now=now,
    )
    made = queries.member(connection, number)
    assert made is not None  # noqa: S101 -- added in this transaction
    return made


def member(connection: sa.Connection, number: int) -> Member:
    """Return one member of staff.

    Raises:
        NotFound: there is none with that number.
    """
    found = queries.member(connection, number)
    if found is None:
        raise NotFound("There is no such member of staff.", hint="Look at the list again.")
    return found


def members(connection: sa.Connection) -> list[Member]:
    """Return all staff."""
    return queries.members(connection)


def change_member(
    connection: sa.Connection,
    number: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    language: str | None = None,
    enabled: bool | None = None,
    password: str | None = None,
) -> None:
    """Change what is given of a member of staff; a new password or being switched off ends their sessions.

    Raises:
        NotFound: there is no such member.
        Conflict: it would leave no administrator.
    """
    before = member(connection, number)
    loses = before.role is Role.administrator and (
        enabled is False or (role is not None and role < Role.administrator)
    )
    others = [one for one in queries.members(connection) if one.id != number and one.enabled]
    if loses and not any(one.role is Role.administrator for one in others):
        raise Conflict(
            "There must be an administrator.",
            hint="Make somebody else administrator first.",
            code="last_administrator",
        )
    values: dict[str, Any] = {
        "name": name,
        "role": role.name if role else None,
        "language": language,
        "enabled": enabled,
    }
    if password is not None:
        values["password"] = _hasher.hash(check_password(password))
    values = {key: value for key, value in values.items() if value is not None}
    if values:
        queries.change_member(connection, number, **values)
    if password is not None or enabled is False:
        queries.drop_sessions_of(connection, number)


def sign_in(database: Database, *, email: str, password: str, now: int) -> str | None:
    """Return a new session's secret for the cookie, or None where address and password do not belong together.

    Checking a password takes long by design, so no transaction is open meanwhile; the try is counted before it, so that
    many at once are not more than as many one after the other.

    Raises:
        TooManyRequests: too many failures for this address; it opens again after a quarter of an hour.
    """
    email = email.strip().lower()[:320]
    with database.write() as connection:
        _count_try(connection, email, now)
        found = queries.member_password(connection, email)
    if not _fits(found[1] if found else _nobody(), password) or found is None or not found[0].enabled:
        return None
    secret = ids.new_secret(32)
    with database.write() as connection:
        queries.note_failure(connection, email, 0, now)
        queries.add_session(
            connection,
            hash_=_hash(secret),
            member_id=found[0].id,
            csrf=ids.new_secret(18),
            now=now,
            expires_at=now + SESSION_S * clock.SECOND,
        )
    return secret


def _count_try(connection: sa.Connection, email: str, now: int) -> None:
    count, last_at = queries.failures(connection, email)
    if now - last_at > _FAILURE_WINDOW:
        count = 0
    if count >= _MOST_FAILURES:
        wait_s = (_FAILURE_WINDOW - (now - last_at)) // clock.SECOND + 1
        raise TooManyRequests(
            "Too many tries.", retry_after_s=int(wait_s), hint="Try again in a quarter of an hour."
        )
    queries.note_failure(connection, email, count + 1, now)


def change_password(database: Database, actor: Actor, *, old: str, new: str) -> None:
    """Give somebody another password; all their sessions end, this one too.

    Raises:
        InvalidInput: the old one is not right, or the new one is too easy.
        NotSignedIn: the caller is not a member of staff.
    """
    check_password(new)
    with database.read() as connection:
        found = queries.member_password(connection, actor.email or "")
    if actor.kind != "staff" or found is None:
        raise NotSignedIn("Only staff have a password.", hint="Sign in with your e-mail address.")
    if not _fits(found[1], old):
        raise InvalidInput(
            "That is not your present password.", hint="Type it once more.", code="wrong_password"
        )
    hashed = _hasher.hash(new)
    with database.write() as connection:
        queries.change_member(connection, actor.id, password=hashed)
        queries.drop_sessions_of(connection, actor.id)


def sign_out(connection: sa.Connection, secret: str) -> None:
    """End the session of that cookie."""
    queries.drop_session(connection, _hash(secret))


def by_session(connection: sa.Connection, secret: str, now: int) -> Actor | None:
    """Return who has that session cookie."""
    found = queries.session(connection, _hash(secret), now)
    if found is None:
        return None
    member, csrf = found
    return Actor(
        kind="staff",
        id=member.id,
        name=member.name,
        role=member.role,
        language=member.language,
        email=member.email,
        csrf=csrf,
    )


def check_form_token(actor: Actor, given: str) -> None:
    """Pass when a form carries its sender's token, so that no other site can send it in their name.

    Raises:
        NotSignedIn: it does not.
    """
    if not actor.csrf or not hmac.compare_digest(actor.csrf, given):
        raise NotSignedIn(
            "The form is out of date.",
            hint="Go back, load the page again and send it once more.",
            code="form_token",
        )


def add_token(connection: sa.Connection, *, name: str, role: str, now: int) -> str:
    """Add a server token and return its secret, which is shown only now.

    Raises:
        InvalidInput: the name is empty or the role is none for tokens.
    """
    if not name.strip():
        raise InvalidInput(
            "A token needs a name.", hint="Say what it is for, for example: website.", code="no_name"
        )
    secret = f"beleef_{ids.new_secret(24)}"
    queries.add_token(
        connection,
        name=name.strip()[:80],
        hash_=_hash(secret),
        role=read_role(role, among=TOKEN_ROLES),
        now=now,
    )
    return secret


def tokens(connection: sa.Connection) -> list[Token]:
    """Return all tokens, newest first."""
    return queries.list_tokens(connection)


def revoke_token(connection: sa.Connection, number: int, now: int) -> None:
    """Revoke a token at once.

    Raises:
        NotFound: there is none, or it was revoked already.
    """
    if not queries.revoke_token(connection, number, now):
        raise NotFound("There is no such token to revoke.", hint="Look at the list again.")


def by_token(connection: sa.Connection, secret: str) -> Actor | None:
    """Return what shows that token."""
    found = queries.token_by_hash(connection, _hash(secret))
    return Actor(kind="token", id=found.id, name=f"token {found.name}", role=found.role) if found else None


def record(
    connection: sa.Connection, actor: Actor, action: str, subject: str, *, now: int, **detail: Any
) -> None:
    """Add a line to the audit log, in the transaction of what it tells about.

    Args:
        connection: The transaction.
        actor: Who did it.
        action: What, as ``thing.verb``, e.g. ``source.add``.
        subject: To which thing: its number or name, never personal data.
        now: The moment.
        **detail: What else explains it; no personal data.
    """
    text = msgspec.json.encode(detail).decode() if detail else ""
    queries.add_audit(connection, at=now, actor=actor.name, action=action, subject=subject, detail=text)


def audit(connection: sa.Connection, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Return lines of the audit log, newest first; ``before`` is the number of the last one seen."""
    return queries.list_audit(connection, before=before, limit=limit)


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except VerificationError:
        return False


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _address(email: str) -> str:
    try:
        return validate_email(
            email.strip(), check_deliverability=False, test_environment=True
        ).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidInput(
            f"“{email[:80]}” is no e-mail address.", hint=str(error), code="invalid_email"
        ) from error

"""Who may do what: staff, passwords, sessions, tokens and the audit log."""

import pytest
import sqlalchemy as sa

from beleef.access import api
from beleef.access.api import Role
from beleef.kernel.clock import HOUR, MINUTE
from beleef.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn, TooManyRequests
from beleef.store.records.database import Database, metadata
from tests.cast import FATIMA, NOW

PASSWORD = "correct horse battery staple"


@pytest.fixture
def administrator(database: Database) -> api.Member:
    with database.write() as connection:
        return api.add_member(
            connection,
            email=FATIMA.email,
            name=FATIMA.name,
            role=Role.administrator,
            password=PASSWORD,
            now=NOW,
        )


def sign_in(
    database: Database, *, email: str = FATIMA.email, password: str = PASSWORD, now: int = NOW
) -> str | None:
    return api.sign_in(database, email=email, password=password, now=now)


def test_the_right_password_opens_a_session_and_signing_out_ends_it(
    database: Database, administrator: api.Member
) -> None:
    secret = sign_in(database, email=FATIMA.email.upper())
    assert secret is not None
    with database.write() as connection:
        actor = api.by_session(connection, secret, NOW)
        assert actor is not None
        assert (actor.id, actor.role) == (administrator.id, Role.administrator)
        api.sign_out(connection, secret)
        assert api.by_session(connection, secret, NOW) is None


def test_a_session_ends_by_itself_after_a_working_day(database: Database, administrator: api.Member) -> None:
    secret = sign_in(database)
    assert secret is not None
    with database.read() as connection:
        assert api.by_session(connection, secret, NOW + 11 * HOUR) is not None
        assert api.by_session(connection, secret, NOW + 12 * HOUR) is None


@pytest.mark.parametrize(("email", "password"), [(FATIMA.email, "wrong"), ("nobody@example.nl", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    database: Database, administrator: api.Member, email: str, password: str
) -> None:
    assert sign_in(database, email=email, password=password) is None


def test_after_eight_failures_even_the_right_password_has_to_wait(
    database: Database, administrator: api.Member
) -> None:
    for _ in range(8):
        assert sign_in(database, password="wrong") is None
    with pytest.raises(TooManyRequests) as refused:
        sign_in(database)
    assert 0 < refused.value.retry_after_s <= 15 * 60 + 1
    assert sign_in(database, now=NOW + 16 * MINUTE) is not None


def test_what_is_kept_of_a_secret_does_not_sign_in(database: Database, administrator: api.Member) -> None:
    secret = sign_in(database)
    with database.write() as connection:
        token = api.add_token(connection, name="website", role="reader", now=NOW)
        kept = repr([row for table in ("staff", "sessions", "tokens") for row in rows(connection, table)])
    assert secret is not None
    assert secret not in kept
    assert token not in kept
    assert PASSWORD not in kept


def rows(connection: sa.Connection, table: str) -> list[object]:

    return list(connection.execute(metadata.tables[table].select()))


def test_a_new_password_ends_the_sessions_made_with_the_old_one(
    database: Database, administrator: api.Member
) -> None:
    secret = sign_in(database)
    assert secret is not None
    with database.write() as connection:
        api.change_member(connection, administrator.id, password="another long password")
        assert api.by_session(connection, secret, NOW) is None
    assert sign_in(database) is None
    assert sign_in(database, password="another long password") is not None


def test_there_is_always_an_administrator(database: Database, administrator: api.Member) -> None:
    with database.write() as connection:
        with pytest.raises(Conflict):
            api.change_member(connection, administrator.id, role=Role.reader)
        with pytest.raises(Conflict):
            api.change_member(connection, administrator.id, enabled=False)
        api.add_member(
            connection,
            email="bas@example.nl",
            name="Bas",
            role=Role.administrator,
            password=PASSWORD,
            now=NOW,
        )
        api.change_member(connection, administrator.id, role=Role.reader)
        assert {member.email: member.role for member in api.members(connection)}[
            FATIMA.email.lower()
        ] is Role.reader


def test_an_address_is_used_once_and_must_be_one(database: Database, administrator: api.Member) -> None:
    with database.write() as connection:
        with pytest.raises(Conflict):
            api.add_member(
                connection, email=FATIMA.email, name="Twice", role=Role.reader, password=PASSWORD, now=NOW
            )
        with pytest.raises(InvalidInput):
            api.add_member(
                connection, email="no address", name="", role=Role.reader, password=PASSWORD, now=NOW
            )
        with pytest.raises(InvalidInput):
            api.add_member(
                connection, email="c@example.nl", name="", role=Role.reader, password="short", now=NOW
            )


def test_a_revoked_token_opens_nothing_and_cannot_be_revoked_twice(database: Database) -> None:
    with database.write() as connection:
        secret = api.add_token(connection, name="website", role="editor", now=NOW)
        actor = api.by_token(connection, secret)
        assert actor is not None
        assert actor.role is Role.editor
        api.revoke_token(connection, actor.id, NOW)
        assert api.by_token(connection, secret) is None
        with pytest.raises(NotFound):
            api.revoke_token(connection, actor.id, NOW)


@pytest.mark.parametrize("role", ["agent", "owner", ""])
def test_a_token_has_one_of_three_roles(database: Database, role: str) -> None:
    with database.write() as connection, pytest.raises(InvalidInput):
        api.add_token(connection, name="website", role=role, now=NOW)


def test_each_role_may_do_what_the_ones_below_may() -> None:
    for own in Role:
        actor = api.Actor(kind="staff", id=1, name="somebody", role=own)
        for wanted in Role:
            if wanted <= own:
                actor.must_be(wanted)
            else:
                with pytest.raises(NotAllowed):
                    actor.must_be(wanted)


def test_a_form_needs_its_senders_own_token() -> None:
    actor = api.Actor(kind="staff", id=1, name="somebody", role=Role.reader, csrf="right")
    api.check_form_token(actor, "right")
    for wrong in ("", "wrong"):
        with pytest.raises(NotSignedIn):
            api.check_form_token(actor, wrong)
    with pytest.raises(NotSignedIn):
        api.check_form_token(api.Actor(kind="token", id=1, name="t", role=Role.reader), "")


def test_the_audit_log_tells_who_did_what_newest_first(database: Database) -> None:
    with database.write() as connection:
        for name in ("web", "app", "tills"):
            api.record(connection, api.COMMAND, "source.add", name, now=NOW, channel="web")
        newest, *_ = lines = api.audit(connection)
        assert [line.subject for line in lines] == ["tills", "app", "web"]
        assert (newest.actor, newest.action, newest.at) == ("command line", "source.add", NOW)
        assert [line.subject for line in api.audit(connection, before=newest.id, limit=1)] == ["app"]


def test_who_changes_the_password_signs_in_anew_with_the_new_one(
    database: Database, administrator: api.Member
) -> None:
    secret = sign_in(database)
    assert secret is not None
    with database.read() as connection:
        actor = api.by_session(connection, secret, NOW)
    assert actor is not None
    with pytest.raises(InvalidInput) as refused:
        api.change_password(database, actor, old="not the password", new="a completely new one")
    assert refused.value.code == "wrong_password"
    with pytest.raises(InvalidInput):
        api.change_password(database, actor, old=PASSWORD, new="short")
    api.change_password(database, actor, old=PASSWORD, new="a completely new one")
    with database.read() as connection:
        assert api.by_session(connection, secret, NOW) is None
    assert sign_in(database) is None
    assert sign_in(database, password="a completely new one") is not None

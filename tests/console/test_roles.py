"""Who may see and do what: every page, tried by each role and by nobody."""

import httpx
import pytest

from tests.console.conftest import Console

pytestmark = pytest.mark.service

ROLES = ("reader", "agent", "editor", "administrator")

PAGES = {
    "/": "reader",
    "/live": "reader",
    "/live/new": "reader",
    "/sources": "reader",
    "/sources/1": "reader",
    "/sources/new": "editor",
    "/sources/1/rules": "editor",
    "/sources/1/hook": "editor",
    "/sources/1/switch": "editor",
    "/quarantine": "reader",
    "/people": "reader",
    "/accounts": "reader",
    "/audiences": "reader",
    "/audiences/export": "reader",
    "/audiences/new": "editor",
    "/traits": "reader",
    "/traits/export": "reader",
    "/traits/new": "editor",
    "/traits/import": "editor",
    "/identity": "reader",
    "/identity/left-out": "reader",
    "/identity/proposals": "reader",
    "/identity/erased": "reader",
    "/identity/namespaces/new": "administrator",
    "/identity/namespaces/email/edit": "administrator",
    "/staff": "administrator",
    "/staff/new": "administrator",
    "/staff/1": "administrator",
    "/tokens": "administrator",
    "/tokens/new": "administrator",
    "/tokens/1/revoke": "administrator",
    "/audit": "administrator",
}
FORMS = {
    "/sources/new": "editor",
    "/sources/1/rules": "editor",
    "/sources/1/hook": "editor",
    "/sources/1/switch": "editor",
    "/quarantine/0000000000000": "editor",
    "/quarantine/0000000000000/discard": "editor",
    "/quarantine/replay": "editor",
    "/audiences/edit": "editor",
    "/audiences/count": "editor",
    "/traits/edit": "editor",
    "/traits/import": "editor",
    "/identity/namespaces/try": "administrator",
    "/identity/namespaces/save": "administrator",
    "/identity/erased": "administrator",
    "/staff/new": "administrator",
    "/staff/1": "administrator",
    "/tokens/new": "administrator",
    "/tokens/1/revoke": "administrator",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_for_those_who_may_and_for_nobody_else(console: Console, path: str) -> None:
    needed = ROLES.index(PAGES[path])
    answers = {role: console.clients[role].get(path).status_code for role in ROLES}
    assert answers == {role: 200 if place >= needed else 403 for place, role in enumerate(ROLES)}
    assert console.outsider.get(path).status_code == 303


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_taken_from_nobody_below_the_role(console: Console, path: str) -> None:
    for role in ROLES[: ROLES.index(FORMS[path])]:
        assert console.post(role, path).status_code == 403
    assert console.outsider.post(path, data={}).status_code == 303


def test_a_token_of_a_program_opens_no_page(console: Console) -> None:
    headers = {"Authorization": f"Bearer {console.installation.token}", "Accept": "text/html"}
    answer = httpx.get(f"{console.installation.address}/staff", headers=headers, timeout=120)
    assert answer.status_code == 303


def test_a_reader_sees_a_source_without_its_key(console: Console) -> None:
    key = console.installation.write_key
    assert key not in console.clients["reader"].get("/sources/1").text
    assert key in console.clients["editor"].get("/sources/1").text


def test_only_administrators_are_shown_the_way_to_staff(console: Console) -> None:
    assert 'href="/staff"' not in console.clients["editor"].get("/live").text
    assert 'href="/staff"' in console.clients["administrator"].get("/live").text

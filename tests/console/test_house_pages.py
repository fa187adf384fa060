"""Staff, tokens, the audit log and the Overview."""

import html
import os
import re

import httpx
import pytest

from tests.cast import ANNA, DAAN, FATIMA
from tests.console.conftest import Console, browse, error_at, heading, sign_in
from tests.services.beleef import PASSWORD, installed

pytestmark = pytest.mark.service

NEW = {
    "name": "Joost Kok",
    "email": "joost@kersten.example",
    "role": "agent",
    "language": "nl",
    "password": PASSWORD,
}


def page_of(console: Console, name: str) -> str:
    """Return the address of somebody's page."""
    staff = html.unescape(console.clients["administrator"].get("/staff").text)
    return str(re.findall(rf'href="(/staff/\d+)">{name}<', staff)[0])


def test_who_is_added_can_sign_in_and_who_is_switched_off_cannot(console: Console) -> None:
    assert console.post("administrator", "/staff/new", **NEW).headers["location"] == "/staff"
    with browse(console.installation.address) as joost:
        assert sign_in(joost, NEW["email"]).status_code == 303
        assert '<html lang="nl"' in joost.get("/live").text
        assert joost.get("/sources/new").status_code == 403
        path = page_of(console, "Joost Kok")
        console.post("administrator", path, name="Joost Kok", role="editor", language="nl", enabled="yes")
        assert joost.get("/sources/new").status_code == 200
        console.post("administrator", path, name="Joost Kok", role="editor", language="nl")
        assert joost.get("/live").status_code == 303
        assert sign_in(joost, NEW["email"]).status_code == 400


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "no address"}, "member-email"),
        ({"email": FATIMA.email}, "member-email"),
        ({"email": "new@kersten.example", "password": "short"}, "member-password"),
        ({"email": "new@kersten.example", "role": "emperor"}, "member-role"),
    ],
)
def test_what_is_wrong_about_somebody_new_is_told_at_its_field(
    console: Console, fields: dict[str, str], field: str
) -> None:
    answer = console.post("administrator", "/staff/new", **{**NEW, **fields})
    assert answer.status_code == 400
    assert error_at(answer.text, field)
    assert 'value="Joost Kok"' in answer.text
    assert PASSWORD not in answer.text


def test_the_last_administrator_stays(console: Console) -> None:
    path = re.findall(
        rf'href="(/staff/\d+)">[^<]*</a><span class="second">{FATIMA.email}<',
        console.clients["administrator"].get("/staff").text,
    )[0]
    answer = console.post("administrator", path, name="Fatima", role="reader", language="en", enabled="yes")
    assert answer.status_code == 400
    assert "There must be an administrator left." in answer.text
    assert console.clients["administrator"].get("/staff").status_code == 200


def test_a_token_is_shown_once_works_and_stops_when_it_is_revoked(console: Console) -> None:
    shown = console.post("administrator", "/tokens/new", name="website", role="reader").text
    secret = re.findall(r'id="token-code">([^<]+)</code>', shown)[0]
    listed = console.clients["administrator"].get("/tokens").text
    assert secret not in listed
    ask = {"Authorization": f"Bearer {secret}"}
    address = f"{console.installation.address}/v1/sources"
    assert httpx.get(address, headers=ask, timeout=120).status_code == 200
    revoke = re.findall(r'href="(/tokens/\d+/revoke)"', listed)[0]
    assert "refused from now on" in console.clients["administrator"].get(revoke).text
    assert console.post("administrator", revoke).headers["location"] == "/tokens"
    assert secret not in console.clients["administrator"].get("/tokens").text
    assert console.post("administrator", revoke).status_code == 404


def test_a_token_needs_a_name_and_a_role_that_tokens_have(console: Console) -> None:
    nameless = console.post("administrator", "/tokens/new", name=" ", role="reader")
    assert (nameless.status_code, error_at(nameless.text, "token-name")) == (400, "A token needs a name.")
    agent = console.post("administrator", "/tokens/new", name="x", role="agent")
    assert agent.status_code == 400
    assert error_at(agent.text, "token-role")


def test_the_audit_log_says_who_did_what(console: Console) -> None:
    console.post("editor", "/sources/new", name="audited", channel="web")
    page = html.unescape(console.clients["administrator"].get("/audit").text)
    row = page.split("<tbody")[1].split("</tr>")[0]
    assert "source.add" in row
    assert "audited" in row
    assert "Gijs Bakker" in row


def test_the_overview_counts_what_came_in(console: Console) -> None:
    console.send({"type": "track", "event": "Counted", "userId": ANNA.user_id})
    page = console.clients["reader"].get("/")
    assert heading(page.text) == "Overview"
    assert "Facts per day and channel" in page.text
    assert re.search(r'href="/sources/\d+">web</a>', page.text)


def test_the_overview_of_an_empty_house_says_what_to_do_first(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        installed(tmp_path_factory.mktemp("empty"), {**os.environ, "BELEEF_SECURE_COOKIES": "1"}) as fresh,
        browse(fresh.address) as client,
    ):
        answer = sign_in_over_http(client)
        assert "Secure" in answer.headers["set-cookie"]
        session = answer.headers["set-cookie"].partition(";")[0]
        page = client.get("/", headers={"Cookie": session}).text
        assert "Nothing came in yet" in page
        assert 'href="/sources/1"' in page
        assert "THE_WRITE_KEY" in page


def sign_in_over_http(client: httpx.Client) -> httpx.Response:
    """Sign in where cookies are for HTTPS only: the client would keep them back, so they are sent by hand."""
    form = client.get("/sign-in")
    cookie = form.headers["set-cookie"].partition(";")[0]
    assert "Secure" in form.headers["set-cookie"]
    fields = {"email": FATIMA.email, "password": PASSWORD, "csrf_token": cookie.partition("=")[2]}
    return client.post("/sign-in", data=fields, headers={"Cookie": cookie})


def test_a_name_of_somebody_is_never_taken_for_html(console: Console) -> None:
    console.send({"type": "track", "event": "<script>alert(1)</script>", "userId": DAAN.user_id})
    assert "<script>alert(1)" not in console.clients["reader"].get("/live").text

"""Signing in and out, and what every page does for those who are not signed in or whose form is not theirs."""

from collections.abc import Iterator

import httpx
import pytest

from beleef.access.asking import own_path
from tests.cast import IVO
from tests.console.conftest import Console, browse, field_value, form_token, heading, sign_in

pytestmark = pytest.mark.service


@pytest.fixture
def visitor(console: Console) -> Iterator[httpx.Client]:
    """A browser that was never here."""
    with browse(console.installation.address) as client:
        yield client


def test_who_is_not_signed_in_is_led_there_and_back(visitor: httpx.Client) -> None:
    led = visitor.get("/live?channel=phone")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Flive%3Fchannel%3Dphone")
    form = visitor.get(led.headers["location"]).text
    back = sign_in(visitor, IVO.email, next=field_value(form, "next").replace("&amp;", "&"))
    assert back.headers["location"] == "/live?channel=phone"
    assert visitor.get("/live?channel=phone").status_code == 200


def test_the_session_cookie_is_for_this_site_and_no_script(visitor: httpx.Client) -> None:
    cookie = sign_in(visitor, IVO.email).headers["set-cookie"]
    assert cookie.startswith("beleef_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_wrong_password_says_so_at_the_form_and_lets_nobody_in(visitor: httpx.Client) -> None:
    answer = sign_in(visitor, IVO.email, "not the password at all")
    assert answer.status_code == 400
    assert "Address and password do not belong together." in answer.text
    assert "beleef_session" not in visitor.cookies
    assert visitor.get("/live").status_code == 303


def test_nobody_is_led_to_another_site(visitor: httpx.Client) -> None:
    for address in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert sign_in(visitor, IVO.email, next=address).headers["location"] == "/"
        visitor.cookies.clear()


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("/people?q=a%20b", "/people?q=a%20b"),
        ("/", "/"),
        ("", "/"),
        ("people", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("https://evil.example", "/"),
        ("/" + "a" * 3_000, "/"),
        ("/caf\u00e9", "/"),
    ],
)
def test_only_a_path_of_ours_is_a_way_back(given: str, safe: str) -> None:
    assert own_path(given) == safe


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(visitor: httpx.Client) -> None:
    sign_in(visitor, IVO.email)
    kept = visitor.cookies["beleef_session"]
    token = field_value(visitor.get("/live").text, "csrf_token")
    assert visitor.post("/sign-out", data={"csrf_token": token}).headers["location"] == "/sign-in"
    visitor.cookies.set("beleef_session", kept)
    assert visitor.get("/live").status_code == 303


def test_a_form_to_sign_in_from_another_site_is_refused(visitor: httpx.Client) -> None:
    answer = visitor.post("/sign-in", data={"email": IVO.email, "password": "x", "csrf_token": "guessed"})
    assert answer.status_code == 401
    assert "The form is out of date." in answer.text


@pytest.mark.parametrize(
    "path",
    ["/theme", "/language", "/sign-out", "/sources/new", "/sources/1/rules", "/sources/1/hook", "/sources/1/switch",
     "/quarantine/0000000000000", "/quarantine/0000000000000/discard", "/quarantine/replay", "/staff/new", "/staff/1",
     "/tokens/new", "/tokens/1/revoke"],
)  # fmt: skip
def test_a_form_without_its_token_is_refused(console: Console, path: str) -> None:
    for fields in ({}, {"csrf_token": ""}, {"csrf_token": form_token(console.clients["reader"])}):
        answer = console.clients["administrator"].post(path, data=fields)
        assert answer.status_code == 401
        assert "form_token" in answer.text


def test_a_body_that_is_no_form_is_refused(console: Console) -> None:
    answer = console.clients["administrator"].post("/staff/new", json={"email": "x@example.nl"})
    assert answer.status_code == 400
    assert "no_form" in answer.text


def test_the_language_is_kept_for_staff_and_for_strangers(console: Console, visitor: httpx.Client) -> None:
    token = form_token(visitor)
    chosen = visitor.post("/language", data={"language": "nl", "back_to": "/sign-in", "csrf_token": token})
    assert chosen.headers["location"] == "/sign-in"
    assert heading(visitor.get("/sign-in").text) == "Aanmelden"
    console.post("agent", "/language", language="nl", back_to="/live")
    # Not by the cookie: it is kept with who they are, and holds on their next device too.
    console.clients["agent"].cookies.delete("beleef_language")
    assert '<html lang="nl"' in console.clients["agent"].get("/live").text
    console.post("agent", "/language", language="en", back_to="/live")
    assert '<html lang="en"' in console.clients["agent"].get("/live").text


def test_the_theme_is_kept(console: Console) -> None:
    console.post("agent", "/theme", theme="dark", back_to="/live")
    assert 'data-theme="dark"' in console.clients["agent"].get("/live").text
    assert console.post("agent", "/theme", theme="pink").status_code == 400
    console.post("agent", "/theme", theme="auto")


def test_every_page_tells_the_browser_to_be_strict(console: Console, visitor: httpx.Client) -> None:
    for answer in (visitor.get("/sign-in"), console.clients["reader"].get("/"), visitor.get("/nowhere")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_what_pages_refer_to_is_kept_by_the_browser_for_a_year(console: Console) -> None:
    page = console.outsider.get("/sign-in").text
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = console.outsider.get(style)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert console.outsider.get("/static/000000000000/beleef.css").status_code == 404
    assert console.outsider.get("/static/..%2f..%2fpage.py").status_code == 404


def test_browsers_get_a_page_and_programs_json_when_something_is_not_there(console: Console) -> None:
    page = console.outsider.get("/nowhere")
    assert (page.status_code, heading(page.text)) == (404, "Not found")
    answer = console.outsider.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_message_is_told_once_on_the_next_page(console: Console) -> None:
    client = console.clients["administrator"]
    console.post("administrator", "/sources/new", name="told once", channel="web")
    assert "“told once” is there" in client.get("/sources").text
    assert "“told once” is there" not in client.get("/sources").text


def test_a_forged_message_is_not_shown(visitor: httpx.Client) -> None:
    visitor.cookies.set("beleef_flash", "WyJUcnVzdCBtZSIsImdvb2QiXQ.x.y")
    assert "Trust me" not in visitor.get("/sign-in").text

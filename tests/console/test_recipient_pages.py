"""The recipients' own pages: what they want to get, stopping messages, and a message as a page. They come by a signed link."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from beleef.contact.pages.public import Pace
from beleef.kernel.errors import TooManyRequests
from tests.cast import ANNA, BRAM, CHANTAL, DAAN
from tests.console.conftest import Console, heading
from tests.console.contacts import Held, Sent, house, send_for_weeks

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with house(tmp_path_factory.mktemp("recipients")) as running:
        yield running


@pytest.fixture(scope="module")
def sent(console: Console) -> Sent:
    return send_for_weeks(console)


@pytest.fixture(scope="module")
def held(console: Console, sent: Sent) -> Iterator[Held]:
    opened = Held(console)
    yield opened
    opened.close()


@pytest.fixture
def visitor(console: Console) -> Iterator[httpx.Client]:
    """Somebody's mail program: no cookies, and a language of its own."""
    headers = {"Accept": "text/html", "Accept-Language": "fr"}
    with httpx.Client(base_url=console.installation.address, headers=headers, timeout=120) as client:
        yield client


def once(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def ticked(page: str) -> set[str]:
    return {
        f"{name}:{value}"
        for name, value in re.findall(r'type="checkbox" name="(\w+)" value="([\w-]+)" checked', page)
    }


def facts(console: Console, customer: Any) -> int:
    return len(console.installation.timeline(f"user_id:{customer.user_id}"))


def path_of(held: Held, sent: Sent, customer: Any) -> str:
    return held.path(held.links.preferences(sent.people[customer.user_id]))


def choose(visitor: httpx.Client, path: str, page: str, *chosen: str) -> str:
    """Send the form with these boxes ticked, and return the page that it leads to."""
    pairs = [one.split(":") for one in chosen]
    given: dict[str, Any] = {"once": once(page)}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    answer = visitor.post(path, data=given)
    assert answer.status_code == 303
    return visitor.get(answer.headers["location"]).text


def undo(visitor: httpx.Client, path: str, page: str) -> str:
    found = re.search(r'name="said" value="([^"]+)"', page)
    assert found is not None
    answer = visitor.post(f"{path}/undo", data={"said": found[1]})
    return visitor.get(answer.headers["location"]).text


def test_opening_a_link_changes_nothing(
    console: Console, held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    row = next(row for row in held.rows(sent.people[BRAM.user_id]).values() if row.state == "sent")
    before = facts(console, BRAM)
    for address in (
        held.links.preferences(sent.people[BRAM.user_id]),
        held.links.unsubscribe(row.id),
        held.links.view(row.id),
    ):
        for method in ("GET", "HEAD"):
            assert visitor.request(method, held.path(address)).status_code in {200, 405}
    assert facts(console, BRAM) == before


def test_what_somebody_unticks_is_off_and_can_be_undone(
    console: Console, held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    path = path_of(held, sent, ANNA)
    first = visitor.get(path).text
    assert {"purpose:marketing", "topic:workshops", "channel:email"} <= ticked(first)
    after = choose(visitor, path, first, "purpose:survey", "topic:new-in-store", "channel:call")
    assert ticked(after) == {"purpose:survey", "topic:new-in-store", "channel:call"}
    back = undo(visitor, path, after)
    assert ticked(back) == ticked(first)


def test_sending_a_form_twice_says_it_once(
    console: Console, held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    path = path_of(held, sent, CHANTAL)
    page = visitor.get(path).text
    wanted = ticked(page) - {"topic:workshops"}
    choose(visitor, path, page, *wanted)
    before = facts(console, CHANTAL)
    choose(visitor, path, page, *wanted)
    assert facts(console, CHANTAL) == before


def test_a_pause_holds_until_somebody_goes_on(held: Held, sent: Sent, visitor: httpx.Client) -> None:
    path = path_of(held, sent, ANNA)
    page = visitor.get(path).text
    paused = visitor.post(f"{path}/pause?language=en", data={"once": once(page)}, follow_redirects=True).text
    assert "It is quiet until" in paused
    going = visitor.post(f"{path}/resume?language=en", data={"once": once(paused)}, follow_redirects=True)
    assert "It is quiet until" not in going.text


def test_everything_off_leaves_only_what_belongs_to_an_order(
    held: Held, sent: Sent, visitor: httpx.Client, console: Console
) -> None:
    path = path_of(held, sent, DAAN)
    page = visitor.get(path).text
    off = visitor.post(f"{path}/off?language=en", data={"once": once(page)}, follow_redirects=True).text
    assert "Everything is off" in off
    for purpose, outcome in (("survey", "skip"), ("transactional", "send")):
        asked = {"who": f"user_id:{DAAN.user_id}", "purpose": purpose, "channel": "email"}
        token = {"Authorization": f"Bearer {console.installation.token}"}
        answer = httpx.post(
            f"{console.installation.address}/v1/contact/ask", json=asked, headers=token, timeout=120
        )
        assert answer.json()["outcome"] == outcome
    on = visitor.post(f"{path}/on?language=en", data={"once": once(off)}, follow_redirects=True).text
    assert "Everything is off" not in on


def test_a_page_is_in_the_persons_language_and_can_be_read_in_another(
    held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    path = path_of(held, sent, ANNA)
    assert heading(visitor.get(path).text) == "Wat wilt u van ons ontvangen?"
    assert heading(visitor.get(f"{path}?language=en").text) == "What would you like to get from us?"
    assert 'lang="en"' in visitor.get(path_of(held, sent, CHANTAL)).text


@pytest.mark.parametrize("place", ["/preferences/{}", "/unsubscribe/{}", "/message/{}", "/message/{}/body"])
@pytest.mark.parametrize("token", ["x", "IjAwMDAwMDAwMDAwMDAi.tampered", "%00", "a" * 3_000])
def test_a_link_that_was_changed_gets_a_kind_page(place: str, token: str, visitor: httpx.Client) -> None:
    answer = visitor.get(place.format(token))
    assert answer.status_code == 404
    assert "Nothing was changed." in answer.text
    assert "sign-in" not in answer.text


def test_a_token_of_one_kind_opens_no_other_page(held: Held, sent: Sent, visitor: httpx.Client) -> None:
    token = path_of(held, sent, ANNA).rpartition("/")[2]
    assert visitor.get(f"/unsubscribe/{token}").status_code == 404
    assert visitor.get(f"/message/{token}").status_code == 404


def test_what_one_person_undoes_another_cannot_say(held: Held, sent: Sent, visitor: httpx.Client) -> None:
    path, other = path_of(held, sent, ANNA), path_of(held, sent, BRAM)
    page = visitor.get(path).text
    wanted = ticked(page)
    after = choose(visitor, path, page, *(wanted - {"topic:workshops"}))
    before = ticked(visitor.get(other).text)
    said = re.search(r'name="said" value="([^"]+)"', after)
    assert said is not None
    visitor.post(f"{other}/undo", data={"said": said[1]})
    assert ticked(visitor.get(other).text) == before
    assert ticked(undo(visitor, path, after)) == wanted


def test_the_unsubscribe_page_says_what_stops_and_its_button_stops_it(
    held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    person = sent.people[BRAM.user_id]
    row = next(row for row in held.rows(person).values() if row.state == "sent" and row.intent.topic)
    address = held.path(held.links.unsubscribe(row.id))
    page = visitor.get(f"{address}?language=en").text
    assert heading(page) == "Stop these messages?"
    assert "“New in the shop”" in page
    answer = visitor.post(address)
    assert answer.status_code == 303
    assert "Deze berichten stoppen." in visitor.get(held.path(answer.headers["location"])).text
    deadline = time.monotonic() + 120
    while "topic:new-in-store" in ticked(visitor.get(path_of(held, sent, BRAM)).text):
        assert time.monotonic() < deadline
        time.sleep(1)


def test_a_message_is_shown_in_a_frame_that_runs_nothing(
    held: Held, sent: Sent, visitor: httpx.Client
) -> None:
    row = next(row for row in held.rows(sent.people[ANNA.user_id]).values() if row.intent.channel == "email")
    address = held.path(held.links.view(row.id))
    assert f'src="{address}/body"' in visitor.get(address).text
    body = visitor.get(f"{address}/body")
    policy = body.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "https:" not in policy


def test_recipients_pages_are_private(held: Held, sent: Sent, visitor: httpx.Client) -> None:
    answer = visitor.get(path_of(held, sent, ANNA))
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_link_is_used_so_often_a_minute_and_no_more() -> None:
    seconds = [0.0]
    pace = Pace(per_minute=2, clock=lambda: seconds[0])
    pace.check("a")
    pace.check("a")
    pace.check("b")
    with pytest.raises(TooManyRequests):
        pace.check("a")
    seconds[0] = 61
    pace.check("a")

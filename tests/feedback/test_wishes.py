"""Who asks to be contacted is followed up at the address they gave; their answers go along only where they agreed."""

import re
from typing import Any

import pytest

from beleef.app import build_people, build_support
from beleef.feedback.wishing import address_in
from beleef.support.api import Case, Wanted
from tests.cast import ANNA, CHANTAL
from tests.feedback.panels import Panel
from tests.feedback.respondents import EVERYTHING, Visitor, heading, hidden, invite, visiting

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

CALLING: dict[str, Any] = {
    **EVERYTHING,
    "name": "calling",
    "blocks": [
        {"id": "score", "questions": [{"id": "nps", "kind": "nps", "text": "Would you recommend us?"}]},
        {"id": "wish", "questions": [{"id": "call", "kind": "contact_me", "text": "May we contact you?"}]},
        {"id": "rest", "questions": [{"id": "why", "kind": "open", "text": "Why?"}]},
    ],
}
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def cases(panel: Panel) -> list[tuple[Case, str]]:
    """Return all cases, each with what is noted on it."""
    support = build_support(panel.world.stores)
    panel.work()
    panel.work()
    with panel.database.read() as connection:
        found = support.inbox(connection, Wanted(), now=panel.now).cases
        return [
            (one, "\n".join(entry.text for entry in support.thread(connection, one.number) if entry.text))
            for one in found
        ]


def answer(visitor: Visitor, way: str, *, call: str, other: str = "") -> str:
    """Answer the survey with a wish, and return the heading of the last page."""
    page = visitor.send(visitor.open(way), nps="2")
    page = visitor.send(page, call=call, call__other=other)
    if heading(page) != "How was your visit?" or "Why?" not in page.text:
        return page.text
    return heading(visitor.send(page, why="It was late."))


def open_way(visitor: Visitor, **changes: Any) -> str:
    """Publish the survey as one for whoever comes, and return its open link."""
    visitor.panel.publish(CALLING, **changes)
    return visitor.path(visitor.links.open("calling"))


@pytest.mark.parametrize("anonymity", ["none", "pseudonymous", "anonymous"])
def test_a_wish_opens_a_follow_up_with_the_address_and_nothing_of_the_answers(
    asking: Panel, anonymity: str
) -> None:
    with visiting(asking) as visitor:
        way = open_way(visitor, anonymity=anonymity)
        assert answer(visitor, way, call="yes", other="mail anna@example.nl, or 06 12345678") == "Thank you"
    ((case, noted),) = cases(asking)
    assert (case.life.kind, case.cause, case.of) == ("follow_up", "survey", "")
    assert noted == "May we contact you?: mail anna@example.nl, or 06 12345678"
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, "email:anna@example.nl")
    assert case.subject in person.subjects


def test_answers_go_along_where_somebody_agrees_and_never_from_an_anonymous_survey(asking: Panel) -> None:
    with visiting(asking) as visitor:
        way = open_way(visitor, anonymity="pseudonymous")
        assert answer(visitor, way, call="with_answers", other="anna@example.nl") == "Thank you"
    ((case, noted),) = cases(asking)
    assert case.of
    assert noted.splitlines() == [
        "May we contact you?: anna@example.nl",
        "NPS: 2/10",
        "May we contact you?: anna@example.nl",
        "Why?: It was late.",
    ]
    with visiting(asking) as visitor:
        asking.publish(CALLING, name="secret", anonymity="anonymous")
        page = visitor.send(visitor.open(visitor.path(visitor.links.open("secret"))), nps="1")
        assert "with_answers" not in page.text
        last = visitor.send(page, call="with_answers", call__other="chantal@example.nl")
        assert heading(visitor.send(last)) == "Thank you"
    other = [said for one, said in cases(asking) if one.number != case.number]
    assert other == ["May we contact you?: chantal@example.nl"]


def test_who_is_not_known_says_how_to_reach_them(asking: Panel) -> None:
    with visiting(asking) as visitor:
        way = open_way(visitor, anonymity="anonymous")
        said = answer(visitor, way, call="yes", other="call me")
        assert "Please give your e-mail address, so that we can contact you." in said
        found = invite(asking, CALLING | {"name": "orders"}, anonymity="anonymous")
        personal = visitor.path(visitor.links.personal(found.number))
        assert answer(visitor, personal, call="yes") == "Thank you"
    ((case, noted),) = cases(asking)
    assert noted == "May we contact you?"
    with asking.database.read() as connection:
        assert case.subject in asking.world.people.find(connection, f"user_id:{ANNA.user_id}").subjects


def test_the_same_wish_sent_twice_opens_one_case(asking: Panel) -> None:
    with visiting(asking) as visitor:
        page = visitor.send(visitor.open(open_way(visitor, anonymity="pseudonymous")), nps="2")
        for address in ("anna@exampel.nl", "anna@example.nl", "anna@example.nl"):
            visitor.send(page, call="yes", call__other=address)
    ((_, noted),) = cases(asking)
    assert noted.splitlines() == [
        "May we contact you?: anna@exampel.nl",
        "May we contact you?: anna@example.nl",
    ]


def test_who_lets_their_answers_go_along_afterwards_is_followed_up_once(asking: Panel) -> None:
    with visiting(asking) as visitor:
        page = visitor.send(visitor.open(open_way(visitor, anonymity="pseudonymous")), nps="2")
        for wish in ("yes", "with_answers"):
            visitor.send(page, call=wish, call__other="anna@example.nl")
            asking.work()
    ((_, noted),) = cases(asking)
    assert noted.splitlines() == [
        "May we contact you?: anna@example.nl",
        "May we contact you?: anna@example.nl",
        "NPS: 2/10",
    ]


def test_an_address_is_found_in_what_somebody_wrote() -> None:
    assert address_in("mail: <anna@example.nl>, please") == "anna@example.nl"
    assert address_in("Anna.de-Vries@post.example.nl.") == "Anna.de-Vries@post.example.nl"
    assert address_in("06 12345678") == ""


def test_files_are_given_back_and_erased_with_the_person_who_sent_them(asking: Panel) -> None:
    kept = []
    with visiting(asking) as visitor:
        for who in (ANNA, CHANTAL):
            found = invite(asking, EVERYTHING, who)
            page = visitor.send(
                visitor.send(visitor.open(visitor.path(visitor.links.personal(found.number))), nps="1")
            )
            data = {"sheet": hidden(page, "sheet"), "go": "next"}
            visitor.client.post(page.url.path, data=data, files={"q.photo": ("photo.png", PICTURE)})
            kept.append(visitor.said()[-1]["text"])
    assert len(set(kept)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}\.png", name) for name in kept)
    asking.work()
    people = build_people(asking.world.stores)
    (given,) = [one["file"] for one in people.export(f"user_id:{ANNA.user_id}") if "file" in one]
    assert given["name"] == kept[0]
    asking.world.erase(f"user_id:{ANNA.user_id}")
    names = asking.world.stores.settings.exports + "/survey-files/"
    with open(names + kept[1], "rb") as file:  # noqa: PTH123 -- the setting is an address
        assert file.read() == PICTURE
    with pytest.raises(FileNotFoundError):
        open(names + kept[0], "rb")  # noqa: PTH123, SIM115

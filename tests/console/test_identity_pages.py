"""The pages about identity: undoing evidence, trying namespaces out, and deciding proposals."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import ANNA, BRAM, CHANTAL, ELIF
from tests.console.conftest import Console, error_at
from tests.console.people import introduced, number_of
from tests.services.beleef import run

pytestmark = pytest.mark.service


def test_undoing_evidence_in_the_browser_parts_a_person_and_restoring_joins_again(
    console: Console, tab: Callable[..., Any]
) -> None:
    device = "b7c1-undone-device"
    console.send(
        *introduced(CHANTAL),
        {"type": "identify", "userId": CHANTAL.user_id, "anonymousId": device, "traits": {}},
        {"type": "page", "name": "Only on this device", "anonymousId": device},
    )
    person = number_of(console, f"user_id:{CHANTAL.user_id}")
    page = tab("editor")
    page.goto(f"/people/{person}/identity")
    page.get_by_role("link", name=re.compile(f"Undo.*{device}")).click()
    assert "One person becomes two." in page.inner_text("main")
    page.get_by_label("Why").fill("A tablet in the shop")
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back: they are two people now.").wait_for()
    assert number_of(console, f"anonymous_id:{device}") != person
    page.goto(f"/people/{person}/identity")
    assert "A tablet in the shop" in page.inner_text("main")
    page.get_by_role("link", name=re.compile(f"Restore.*{device}")).click()
    page.get_by_role("button", name="Restore it").click()
    page.get_by_text("Restored: they are one person again.").wait_for()
    assert number_of(console, f"anonymous_id:{device}") == person


def test_undoing_needs_a_reason_the_role_and_the_token(console: Console) -> None:
    console.send(*introduced(ANNA))
    explained = console.installation.ask(f"/v1/people/user_id:{ANNA.user_id}/identity")
    one = explained["joined"][0]
    path, pair = (
        f"/people/{explained['id']}/identity/undo",
        {"a": one["a"]["number"], "b": one["b"]["number"]},
    )
    assert console.clients["editor"].get(path, params=pair).status_code == 200
    answer = console.post("editor", path, **pair)
    assert answer.status_code == 400
    assert "why" in error_at(answer.text, "undo-reason")
    assert console.post("agent", path, **pair, reason="because").status_code == 403
    assert console.clients["editor"].post(path, data={**pair, "reason": "because"}).status_code == 401
    assert console.clients["editor"].get(path, params={"a": pair["a"], "b": pair["a"]}).status_code == 404
    assert console.installation.ask(f"/v1/people/user_id:{ANNA.user_id}/identity")["undone"] == []


def test_a_namespace_is_tried_out_on_all_evidence_before_it_is_saved(console: Console) -> None:
    for name in ("first-card", "second-card"):
        console.send({"type": "identify", "userId": name, "traits": {"email": "one-address@example.nl"}})
    fields = {"was": "user_id", "name": "user_id", "priority": "10", "enabled": "yes"}
    tried = console.post("administrator", "/identity/namespaces/try", **fields, limit="2")
    figures = dict(re.findall(r"<dt>([^<]*)</dt>\s*<dd class=\"stat-figure\">(\d+)", tried.text))
    assert tried.status_code == 200
    assert int(figures["Become part of another"]) >= 1
    assert "first-card" in tried.text
    assert number_of(console, "user_id:first-card") != number_of(console, "user_id:second-card")
    assert console.post("administrator", "/identity/namespaces/save", **fields, limit="2").status_code == 303
    assert number_of(console, "user_id:first-card") == number_of(console, "user_id:second-card")
    assert console.post("administrator", "/identity/namespaces/save", **fields, limit="1").status_code == 303
    assert number_of(console, "user_id:first-card") != number_of(console, "user_id:second-card")
    left_out = console.clients["reader"].get("/identity/left-out").text
    assert "first-card" in left_out
    assert "too many" in left_out


def test_a_namespace_that_cannot_be_is_refused_at_its_field(console: Console) -> None:
    fields = {"name": "Loyalty Card!", "priority": "50", "limit": "5"}
    assert "cannot be the name" in error_at(
        console.post("administrator", "/identity/namespaces/try", **fields).text, "namespace-name"
    )
    fields = {"name": "loyalty_card", "priority": "50", "limit": "none"}
    answer = console.post("administrator", "/identity/namespaces/try", **fields)
    assert (answer.status_code, "whole numbers" in error_at(answer.text, "namespace-limit")) == (400, True)
    assert console.post("editor", "/identity/namespaces/try", **fields).status_code == 403


def test_a_proposal_is_accepted_undone_and_rejected_by_people_only(console: Console) -> None:
    address = {"street": "Oudegracht 12", "postalCode": "3511 AB", "city": "Utrecht"}
    traits = {"name": BRAM.name, "birthday": "1980-02-28", "address": address}
    others = [
        {"type": "identify", "userId": f"filler-{place}", "traits": {
            "name": f"Filler{place % 7} Number{place}", "birthday": f"19{60 + place % 30}-03-{1 + place % 27:02d}",
            "address": {"street": f"Street {place}", "postalCode": f"{1000 + place} AA", "city": "Ede"},
        }}
        for place in range(60)
    ]  # fmt: skip
    twins = [
        {"type": "identify", "userId": f"{kind}-{place}", "traits": {
            "name": f"Twin{place} Same{place}", "birthday": f"1970-05-{1 + place:02d}",
            "address": {"street": f"Lane {place}", "postalCode": f"{2000 + place} BB", "city": "Ede"},
        }}
        for place in range(20)
        for kind in ("till", "web")
    ]  # fmt: skip
    pair = [{"type": "identify", "userId": name, "traits": traits} for name in ("bram-till", "bram-web")]
    console.send(*others, *twins, *pair)
    installation = console.installation
    run("match", data=installation.data, environment=installation.environment)
    page = console.clients["reader"].get("/identity/proposals").text
    path = next(
        path
        for path in re.findall(r'href="(/identity/proposals/[^"]+)"', page)
        if BRAM.name in console.clients["reader"].get(path).text
    )
    review = console.clients["reader"].get(path).text
    assert "Birth date" in review
    assert "the same" in review
    assert console.post("agent", path, decision="accepted").status_code == 403
    assert console.post("editor", path, decision="perhaps").status_code == 400
    assert number_of(console, "user_id:bram-till") != number_of(console, "user_id:bram-web")
    assert console.post("editor", path, decision="accepted").status_code == 303
    assert number_of(console, "user_id:bram-till") == number_of(console, "user_id:bram-web")
    assert console.post("editor", path, decision="rejected").status_code == 409
    assert console.post("editor", path, decision="undone").status_code == 303
    assert number_of(console, "user_id:bram-till") != number_of(console, "user_id:bram-web")
    assert console.post("editor", path, decision="accepted").status_code == 303
    assert number_of(console, "user_id:bram-till") == number_of(console, "user_id:bram-web")


def test_programs_take_evidence_back_and_put_it_back(console: Console) -> None:
    console.send(*introduced(ELIF))
    verdict = {
        "a": f"user_id:{ELIF.user_id}",
        "b": f"anonymous_id:{ELIF.anonymous_ids[0]}",
        "reason": "a test",
    }
    device = f"anonymous_id:{ELIF.anonymous_ids[0]}"
    headers = {"Authorization": f"Bearer {console.installation.token}"}
    person = number_of(console, f"user_id:{ELIF.user_id}")
    undone = console.outsider.post("/v1/identity/undo", json=verdict, headers=headers)
    assert (undone.status_code, undone.json()["applied"]) == (200, True)
    explained = console.installation.ask(f"/v1/people/user_id:{ELIF.user_id}/identity")
    assert [one["reason"] for one in explained["undone"]] == ["a test"]
    restored = console.outsider.post("/v1/identity/restore", json=verdict, headers=headers)
    assert restored.status_code == 200
    assert number_of(console, device) == person
    assert console.outsider.post("/v1/identity/undo", json=verdict).status_code == 401
    wrong = console.outsider.post("/v1/identity/undo", json={**verdict, "a": "nobody"}, headers=headers)
    assert wrong.status_code == 400

"""The staff's pages of contact: pressure, rules, channels, what did not arrive, calls, letters, and a person's tab."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from beleef.kernel import ids
from tests.cast import ANNA, CHANTAL
from tests.console.conftest import Console, field_value, form_token, heading
from tests.console.contacts import Held, Sent, house, send_for_weeks

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with house(tmp_path_factory.mktemp("contact")) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def sent(console: Console) -> Sent:
    return send_for_weeks(console)


@pytest.fixture(scope="module")
def held(console: Console, sent: Sent) -> Iterator[Held]:
    opened = Held(console)
    yield opened
    opened.close()


_WAITS = "(The last contact was too short ago|It is quiet time where the person lives|The limit “[^”]+” is reached)"
"""Why marketing waits: by night for another reason than by day."""


def page(console: Console, path: str, role: str = "administrator") -> str:
    answer = console.clients[role].get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def person_path(sent: Sent, customer: Any) -> str:
    return f"/people/{ids.to_text(sent.people[customer.user_id])}/messages"


def filled_in(text: str) -> dict[str, Any]:
    """Return what the form on a page would be sent with as it stands."""
    form = text[text.index('<form class="form"') :]
    given: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and value and (not is_box or " checked" in tag):
            given.setdefault(name[1], []).append(value[1])
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        given[name] = [chosen[1] if chosen else ""]
    return given


@pytest.mark.parametrize(
    ("path", "reader", "agent", "editor"),
    [
        ("/contact", 200, 200, 200),
        ("/contact/rules", 200, 200, 200),
        ("/contact/rules/edit", 403, 403, 200),
        ("/contact/topics", 200, 200, 200),
        ("/contact/topics/edit", 403, 403, 200),
        ("/contact/channels", 200, 200, 200),
        ("/contact/channels/new", 403, 403, 403),
        ("/contact/channels/warehouse", 403, 403, 403),
        ("/contact/channels/warehouse/test", 403, 403, 200),
        ("/contact/attention", 200, 200, 200),
        ("/contact/outbox", 403, 200, 200),
        ("/contact/letters", 403, 200, 200),
        ("/calls", 403, 200, 200),
    ],
)
def test_each_role_sees_what_it_may(
    console: Console, path: str, reader: int, agent: int, editor: int
) -> None:
    expected = {"reader": reader, "agent": agent, "editor": editor, "administrator": 200}
    found = {role: client.get(path).status_code for role, client in console.clients.items()}
    assert found == expected
    assert console.outsider.get(path).status_code == 303


def test_pressure_tells_how_often_people_were_contacted(console: Console) -> None:
    text = page(console, "/contact")
    assert "Weeks of a person, by number of contacts" in text
    assert "Contacts by channel" in text
    assert re.search(f"held: {_WAITS}", text)
    assert re.search(r"n = \d+ person-weeks", text)


def test_a_limit_is_tried_before_anything_changes(console: Console) -> None:
    text = page(console, "/contact?cap=marketing+per+week&at_most=0")
    assert "What becomes of the messages" in text
    assert "held: A limit is reached." in text
    assert "The rules that Beleef starts with" in page(console, "/contact/rules")


def test_rules_are_tried_and_saved_and_an_old_form_is_refused(console: Console) -> None:
    client = console.clients["editor"]
    given = filled_in(page(console, "/contact/rules/edit", "editor"))
    assert given["cap-1-name"] == ["marketing per week"]
    more = client.post("/contact/rules/try", data={**given, "change": "add-quiet"})
    assert len(re.findall(r'name="quiet-\d+-start"', more.text)) == 2
    given["cap-1-at_most"] = ["2"]
    trial = client.post("/contact/rules/try", data=given)
    assert heading(trial.text) == "What these rules would have done"
    save = {**filled_in(trial.text), "rules": [field_value(trial.text, "rules").replace("&#39;", "'")]}
    assert client.post("/contact/rules/save", data=save).status_code == 303
    assert "at most 2 messages in 7 days" in page(console, "/contact/rules")
    given["cap-1-at_most"] = ["5"]
    late = client.post("/contact/rules/try", data={**given, "version": ["0"]})
    old = {**filled_in(late.text), "rules": [field_value(late.text, "rules").replace("&#39;", "'")]}
    assert client.post("/contact/rules/save", data=old).status_code == 409
    assert "at most 2 messages in 7 days" in page(console, "/contact/rules")


@pytest.mark.parametrize(
    ("name", "value"),
    [("cap-0-days", "0"), ("cap-0-at_most", "many"), ("hold_out", "40"), ("quiet-0-start", "25:00")],
)
def test_rules_that_cannot_be_are_shown_again_with_the_reason(
    console: Console, name: str, value: str
) -> None:
    given = filled_in(page(console, "/contact/rules/edit", "editor"))
    answer = console.clients["editor"].post("/contact/rules/try", data={**given, name: [value]})
    assert answer.status_code == 400
    assert "callout tone-bad" in answer.text
    assert f'value="{value}"' in answer.text


def test_a_secret_is_kept_and_never_shown(console: Console) -> None:
    client = console.clients["administrator"]
    given = filled_in(page(console, "/contact/channels/new/email-smtp"))
    values = {"name": "shop", "host": "127.0.0.1", "user": "shop", "from_address": "shop@kersten.example"}
    given.update(
        {**{name: [value] for name, value in values.items()}, "password": ["open sesame"], "enabled": []}
    )
    assert client.post("/contact/channels", data=given).status_code == 303
    text = page(console, "/contact/channels/shop")
    assert "open sesame" not in text
    assert "One is kept." in text
    again = {**filled_in(text), "from_name": ["Kersten"]}
    assert client.post("/contact/channels", data=again).status_code == 303
    assert 'value="Kersten"' in page(console, "/contact/channels/shop")
    assert "switched off" in page(console, "/contact/channels")
    token = {"csrf_token": form_token(client)}
    assert client.post("/contact/channels/shop/remove", data=token).status_code == 303
    assert client.get("/contact/channels/shop").status_code == 404


def test_a_made_secret_stands_on_the_answer_itself_and_in_no_cookie(console: Console) -> None:
    client = console.clients["administrator"]
    given = filled_in(page(console, "/contact/channels/new/webhook-http"))
    given.update({"name": ["hook"], "url": ["https://hook.example/in"], "enabled": []})
    answer = client.post("/contact/channels", data=given)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    secret = re.search(r'<code id="secret-code"[^>]*>([^<]+)</code>', answer.text)
    assert secret is not None, answer.text
    assert "beleef_flash" not in answer.headers.get("set-cookie", "")
    assert secret[1] not in page(console, "/contact/channels") + page(console, "/contact/channels/hook")
    token = {"csrf_token": form_token(client)}
    assert client.post("/contact/channels/hook/remove", data=token).status_code == 303


def test_a_channel_that_cannot_be_is_not_saved(console: Console) -> None:
    client = console.clients["administrator"]
    given = filled_in(page(console, "/contact/channels/new/sms-http"))
    given.update({"name": ["texts"], "provider": ["url: https://sms.example/\nbody: {to: '{to}'}"]})
    answer = client.post("/contact/channels", data=given)
    assert answer.status_code == 400
    assert "{text}" in answer.text
    assert client.get("/contact/channels/texts").status_code == 404


def test_what_failed_is_explained_and_sent_again_or_put_away(
    console: Console, held: Held, sent: Sent
) -> None:
    text = page(console, "/contact/attention", "editor")
    assert "The other side refused it. (unprintable" in text
    client = console.clients["editor"]
    asked = client.post("/contact/attention/ask", data={**filled_in(text), "what": ["again"]})
    assert heading(asked.text) == "Send these messages again?"
    assert client.post("/contact/attention", data=filled_in(asked.text)).status_code == 303
    row = held.rows(sent.people[CHANTAL.user_id])["letter:3"]
    assert row.reason in {"sent_again", "refused", ""}
    deadline = time.monotonic() + 120
    while "The other side refused it." not in (text := page(console, "/contact/attention", "editor")):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    asked = client.post("/contact/attention/ask", data={**filled_in(text), "what": ["away"]})
    client.post("/contact/attention", data=filled_in(asked.text))
    assert held.rows(sent.people[CHANTAL.user_id])["letter:3"].state == "cancelled"
    assert "Everything arrived" in page(console, "/contact/attention", "editor")


def test_the_outcome_of_a_call_is_a_fact_and_is_entered_once(console: Console) -> None:
    client = console.clients["agent"]
    found = re.search(r'href="(/calls/\w+)">Anna', page(console, "/calls", "agent"))
    assert found is not None
    text = page(console, found[1], "agent")
    assert "Hoe bevalt uw nieuwe wasmachine?" in text
    assert 'href="tel:+31612345678"' in text
    given = {"csrf_token": form_token(client), "outcome": "interested", "note": "Belt vrijdag terug"}
    assert client.post(found[1], data={**given, "outcome": "danced"}).status_code == 400
    assert client.post(found[1], data=given).status_code == 303
    assert client.post(found[1], data=given).status_code == 409
    made = [one for one in console.installation.timeline("user_id:1001") if one["name"] == "Call Made"]
    assert [one["properties"]["outcome"] for one in made] == ["interested"]
    assert "Reached, and interested" in page(console, "/calls", "agent")


def test_nobody_answering_brings_a_call_back_later(console: Console) -> None:
    client = console.clients["agent"]
    found = re.search(r'href="(/calls/\w+)">Chantal', page(console, "/calls", "agent"))
    assert found is not None
    given = {"csrf_token": form_token(client), "outcome": "no_answer"}
    assert client.post(found[1], data=given).status_code == 303
    assert f'href="{found[1]}"' not in page(console, "/calls", "agent")
    assert "What came of it" in page(console, found[1], "agent")


def test_a_days_letters_are_one_pdf_and_one_list(console: Console) -> None:
    found = re.search(r'href="(/contact/letters/[\d-]+)"', page(console, "/contact/letters", "agent"))
    assert found is not None
    client = console.clients["agent"]
    batch = client.get(f"{found[1]}/letters.pdf")
    assert batch.content.startswith(b"%PDF-")
    assert batch.content.count(b"/Type /Page\n") == 2
    lines = client.get(f"{found[1]}/addresses.csv").text.splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["Anna de Vries", "Bram de Vries"]
    assert client.get("/contact/letters/2020-01-01/letters.pdf").status_code == 404
    assert "They are at the print service" in page(console, found[1], "agent")
    assert console.post("reader", f"{found[1]}/handed-over").status_code == 403
    assert console.post("agent", f"{found[1]}/handed-over").status_code == 303
    assert "</svg>handed over</span>" in page(console, "/contact/letters", "agent")
    after = page(console, found[1], "agent")
    assert "Handed over to the print service" in after
    assert "They are at the print service" not in after


def test_a_persons_tab_tells_what_was_meant_and_why(console: Console, held: Held, sent: Sent) -> None:
    path = person_path(sent, ANNA)
    text = page(console, f"{path}?purpose=marketing&channel=email", "reader")
    assert re.search(_WAITS, text)
    assert "The gate says" in text
    assert "/preferences/" not in text
    row = held.rows(sent.people[ANNA.user_id])["hook:1"]
    one = page(console, f"{path}/{ids.to_text(row.id)}", "reader")
    assert "What the gate decided" in one
    other = person_path(sent, CHANTAL)
    assert console.clients["reader"].get(f"{other}/{ids.to_text(row.id)}").status_code == 404


def test_while_a_complaint_is_open_marketing_waits(console: Console, sent: Sent) -> None:
    client, path = console.clients["agent"], person_path(sent, CHANTAL)
    form = {"csrf_token": form_token(client), "what": "opened"}
    complaint = path.replace("/messages", "/complaint")
    assert client.post(complaint, data=form).status_code == 303
    asked = f"{path}?purpose=marketing&channel=email"
    assert "A complaint of the person is still open." in page(console, asked)
    client.post(complaint, data={**form, "what": "closed"})
    assert "A complaint of the person is still open." not in page(console, asked)


def test_kept_mail_is_read_in_a_frame_that_runs_nothing(console: Console) -> None:
    found = re.search(r'href="(/contact/outbox/\w{13})"', page(console, "/contact/outbox", "agent"))
    assert found is not None
    assert "sandbox=" in page(console, found[1], "agent")
    body = console.clients["agent"].get(f"{found[1]}/body")
    assert "allow-scripts" not in body.headers["content-security-policy"]
    assert httpx.get(f"{console.installation.address}{found[1]}/body", timeout=120).status_code == 401


def test_a_topic_is_made_changed_and_removed(console: Console) -> None:
    client = console.clients["editor"]
    given = filled_in(page(console, "/contact/topics/edit", "editor"))
    given.update({"name": ["recalls"], "label_en": ["Recalls"], "label_nl": ["Terugroepacties"]})
    assert client.post("/contact/topics/edit", data={**given, "name": ["Re calls"]}).status_code == 400
    assert client.post("/contact/topics/edit", data=given).status_code == 303
    assert "Recalls" in page(console, "/contact/topics")
    removal = filled_in(page(console, "/contact/topics/remove?name=recalls", "editor"))
    assert client.post("/contact/topics/remove", data=removal).status_code == 303
    assert "Recalls" not in page(console, "/contact/topics")

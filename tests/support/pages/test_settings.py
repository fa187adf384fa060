"""The settings of service: every part is shown, a change is seen before it holds, and every version stays."""

import pytest

from beleef.app import build_support
from tests.console.conftest import field_value, heading
from tests.support.pages.conftest import Desk

pytestmark = pytest.mark.service

PARTS = (
    "departments",
    "teams",
    "promises",
    "calendars",
    "escalation",
    "templates",
    "root_causes",
    "views",
    "general",
    "versions",
)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_settings_has_a_page(desk: Desk, part: str) -> None:
    answer = desk.console.clients["editor"].get(f"/cases/settings/{part}")
    assert answer.status_code == 200
    assert heading(answer.text)
    assert desk.console.clients["agent"].get(f"/cases/settings/{part}").status_code == 403


def test_a_calendar_is_looked_at_before_it_is_kept(desk: Desk) -> None:
    editor = desk.console.clients["editor"]
    page = editor.get("/cases/settings/calendars/edit?at=office").text
    fields = {
        "at": "office",
        "name": "office",
        "over": field_value(page, "over"),
        "position": "1",
        "hours.mon": "10:00-12:00, 13:00-16:00",
        "country": "NL",
        "open": "2026-12-24 09:00-12:00",
    }
    look = desk.console.post("editor", "/cases/settings/calendars/edit", **fields)
    assert look.status_code == 200
    assert "What changes?" in look.text
    assert "later" in look.text
    kept = desk.console.post("editor", "/cases/settings/calendars/edit", **fields, seen="yes")
    assert kept.status_code == 303
    with desk.stores.database.read() as connection:
        stored = build_support(desk.stores).rules(connection)
    calendar = stored.rules.calendars[0]
    assert calendar.hours == {"mon": ("10:00-12:00", "13:00-16:00")}
    assert calendar.open == {"2026-12-24": ("09:00-12:00",)}
    versions = editor.get("/cases/settings/versions").text
    assert "Calendars" in versions


def test_a_rule_holds_from_a_day_on_and_the_look_is_of_that_day(desk: Desk) -> None:
    page = desk.console.clients["editor"].get("/cases/settings/promises/edit").text
    given = {"name": "quicker", "first_response": "1", "over": field_value(page, "over"), "position": "1"}
    look = desk.console.post("editor", "/cases/settings/promises/edit", **given, since="2099-01-05")
    assert look.status_code == 200
    assert "2099" in look.text
    refused = desk.console.post("editor", "/cases/settings/promises/edit", **given, since="tomorrow")
    assert refused.status_code == 400
    assert "is no date" in refused.text


def test_an_old_page_does_not_overwrite_a_newer_version(desk: Desk) -> None:
    editor = desk.console.clients["editor"]
    old = field_value(editor.get("/cases/settings/teams/edit").text, "over")
    first = desk.console.post(
        "editor", "/cases/settings/teams/edit", name="night", label="Night", over=old, position="1"
    )
    assert first.status_code == 303
    second = desk.console.post(
        "editor", "/cases/settings/teams/edit", name="day", label="Day", over=old, position="1"
    )
    assert second.status_code == 409


def test_what_cannot_be_is_refused_with_a_reason(desk: Desk) -> None:
    answer = desk.console.post(
        "editor", "/cases/settings/promises/edit", name="fast", first_response="quick", position="1"
    )
    assert answer.status_code == 400
    assert "is no number" in answer.text


def test_a_prepared_answer_is_filled_in_for_the_person(desk: Desk) -> None:
    kept = desk.console.post(
        "editor",
        "/cases/settings/templates/edit",
        **{
            "name": "hello",
            "label": "Hello",
            "position": "1",
            "texts.en": "Dear {{ person.first_name | default: 'customer' }}, about {{ case.number }}:",
            "texts.nl": "Beste {{ person.first_name | default: 'klant' }}, over {{ case.number }}:",
        },
    )
    assert kept.status_code == 303
    number = desk.ask("A template matter")
    page = desk.console.clients["agent"].get(f"/cases/C-{number}?template=hello").text
    assert f", {'about' if 'about C-' in page else 'over'} C-{number}:" in page


def test_an_article_is_kept_published_and_withdrawn(desk: Desk) -> None:
    outsider = desk.console.outsider
    draft = {"name": "warranty", "title_en": "How long is the warranty?", "body_en": "Two years."}
    assert desk.console.post("editor", "/knowledge/edit", **draft).status_code == 303
    assert outsider.get("/help/warranty").status_code == 404
    assert desk.console.post("editor", "/knowledge/publish", name="warranty").status_code == 303
    assert "Two years." in outsider.get("/help/warranty").text
    assert desk.console.post("agent", "/knowledge/withdraw", name="warranty").status_code == 403
    assert desk.console.post("editor", "/knowledge/withdraw", name="warranty").status_code == 303
    assert outsider.get("/help/warranty").status_code == 404
    assert "How long is the warranty?" not in outsider.get("/help?q=warranty&language=en").text


def test_a_publication_is_made_the_draft_again(desk: Desk) -> None:
    for text in ("Two years.", "Three years."):
        draft = {"name": "guarantee", "was": "guarantee", "title_en": "How long is it?", "body_en": text}
        if text == "Two years.":
            draft.pop("was")
        assert desk.console.post("editor", "/knowledge/edit", **draft).status_code == 303
        desk.console.post("editor", "/knowledge/publish", name="guarantee")
    page = desk.console.clients["editor"].get("/knowledge/edit?name=guarantee").text
    assert 'action="/knowledge/restore"' in page
    back = desk.console.post("editor", "/knowledge/restore", name="guarantee", version="1")
    assert back.status_code == 303
    assert "Three years." in desk.console.outsider.get("/help/guarantee").text
    desk.console.post("editor", "/knowledge/publish", name="guarantee")
    assert "Two years." in desk.console.outsider.get("/help/guarantee").text
    assert desk.console.post("editor", "/knowledge/restore", name="guarantee", version="9").status_code == 404


def test_a_form_leaves_alone_what_it_does_not_ask(desk: Desk) -> None:
    views = "/cases/settings/views/edit"
    desk.console.post(
        "editor", views, name="praise", label="Praise", position="1", **{"wanted.kind": "request"}
    )
    desk.console.post("editor", views, at="praise", name="praise", label="All praise", position="1")
    with desk.stores.database.read() as connection:
        rules = build_support(desk.stores).rules(connection).rules
    kept = next(one for one in rules.views if one.name == "praise")
    assert (kept.label, kept.wanted.kind, kept.wanted.is_open) == ("All praise", "", True)


def test_a_part_of_the_rules_is_removed_by_the_form_below_it(desk: Desk) -> None:
    editor = desk.console.clients["editor"]
    desk.console.post("editor", "/cases/settings/teams/edit", name="attic", label="Attic", position="1")
    assert 'action="/cases/settings/teams/remove"' in editor.get("/cases/settings/teams/edit?at=attic").text
    assert desk.console.post("editor", "/cases/settings/teams/remove", at="attic").status_code == 303
    assert "Attic" not in editor.get("/cases/settings/teams").text


def test_figures_are_shown_with_what_they_rest_on(desk: Desk) -> None:
    desk.ask("A matter to count")
    for by in ("", "channel", "department", "kind", "team", "assignee"):
        answer = desk.console.clients["reader"].get(f"/cases/figures?by={by}")
        assert answer.status_code == 200, by
    together = desk.console.clients["reader"].get("/cases/figures").text
    assert "too few" in together
    for beside in ("No case followed", "Solved in one go, says the customer"):
        assert beside in together


def test_a_mailbox_that_does_not_answer_is_not_kept_by_trying(desk: Desk) -> None:
    fields = {
        "name": "help",
        "address": "help@kersten.example",
        "host": "127.0.0.1",
        "port": "1",
        "security": "none",
        "user": "help",
        "password": "secret",
        "folder": "INBOX",
        "act": "save",
    }
    refused = desk.console.post("administrator", "/cases/settings/mailboxes/edit", **fields)
    assert refused.status_code == 400
    assert "secret" not in refused.text
    kept = desk.console.post("administrator", "/cases/settings/mailboxes/edit", **{**fields, "act": "keep"})
    assert kept.status_code == 303
    page = desk.console.clients["administrator"].get("/cases/settings/mailboxes").text
    assert "help@kersten.example" in page
    desk.console.post("administrator", "/cases/settings/mailboxes/edit", was="help", act="remove")
    assert (
        "help@kersten.example"
        not in desk.console.clients["administrator"].get("/cases/settings/mailboxes").text
    )

"""Surveys on pages: begun, changed, published, answered, read; what people write, its themes, and who may see what."""

import html
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from beleef.app import Stores, build_feedback
from beleef.feedback.api import QUESTION_KINDS, Moment, Where, Widget, surveys_from_yaml
from beleef.kernel import ids
from beleef.settings import load
from beleef.store.log.port import Entry
from tests.cast import ANNA
from tests.console.conftest import Console, error_at, heading
from tests.console.people import introduced

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
FILE = """
surveys:
- name: {name}
  label: After an order
  kind: open
  title: {{en: Your order, nl: Uw bestelling}}
  default_language: en
  languages: [en, nl]
  anonymity: {promise}
  blocks:
  - id: score
    questions:
    - {{id: satisfied, kind: csat, is_required: true, text: {{en: "How was it?", nl: "Hoe was het?"}}}}
    - {{id: speed, kind: rating, is_driver: true, text: {{en: The speed, nl: De snelheid}}}}
  - id: reason
    questions:
    - id: why
      kind: open
      text: {{en: "Why?", nl: "Waarom?"}}
      show_if: [{{question: satisfied, operator: at_most, value: 2}}]
"""
SETTINGS: dict[str, Any] = {
    "label": "With every kind",
    "title-en": "A visit",
    "title-nl": "Een bezoek",
    "languages": ["en", "nl"],
    "default_language": "en",
    "anonymity": "none",
    "threshold": "5",
}
LATE = "Delivery was far too late and nobody told me."


@pytest.fixture(scope="module", autouse=True)
def asked(console: Console) -> None:
    """Two surveys in force, one by name and one anonymous, and answers of Anna."""
    stores = Stores(load(console.installation.data, {}))
    feedback = build_feedback(stores)
    with stores.database.write() as connection:
        for name, promise in (("bought", "none"), ("hidden", "anonymous")):
            survey = surveys_from_yaml(FILE.format(name=name, promise=promise))[0]
            feedback.save(connection, survey, stores.now())
            feedback.publish(connection, name, stores.now())
    stores.close()
    console.send(
        *introduced(ANNA),
        said("satisfied", kind="csat", metric="csat", value=5),
        said("why", kind="open", text=LATE),
        {**said("", kind=""), "event": "Survey Completed"},
    )


def said(question: str, **given: Any) -> dict[str, Any]:
    about = {"survey": "bought", "version": 1, "response": "r1", "language": "en", "delivery": "email"}
    return {
        "type": "track",
        "event": "Survey Answered",
        "userId": ANNA.user_id,
        "properties": {**about, "question": question, **given},
    }


PAGES = (
    "/surveys",
    "/surveys/new",
    "/surveys/bought",
    "/surveys/bought/responses",
    "/surveys/bought/asked",
    "/surveys/bought/edit",
    "/surveys/bought/questions/why",
    "/surveys/bought/pages/score",
    "/surveys/bought/settings",
    "/surveys/bought/asking",
    "/surveys/bought/invitation",
    "/surveys/bought/endings",
    "/surveys/bought/widget",
    "/surveys/bought/links",
    "/surveys/bought/yaml",
    "/surveys/hidden",
    "/surveys/hidden/import",
    "/feedback",
    "/feedback?metric=csat&by=audience",
    "/feedback?metric=csat&by=department",
    "/feedback/drivers",
    "/feedback/planner",
    "/feedback/voices",
    "/feedback/contradictions",
    "/feedback/themes",
    "/feedback/themes/delivery",
    "/feedback/reading",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_an_editor(console: Console, path: str) -> None:
    page = console.clients["editor"].get(path)
    assert page.status_code == 200, page.text[-500:]
    assert heading(page.text)


@pytest.mark.parametrize(
    "path", ["/surveys/bought/edit", "/surveys/new", "/surveys/bought/publish", "/feedback/themes/delivery"]
)
def test_nobody_below_an_editor_changes_a_survey(console: Console, path: str) -> None:
    assert console.clients["agent"].get(path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/feedback/voices", "/surveys/bought/responses", "/surveys/bought/answers.csv"]
)
def test_a_reader_sees_figures_and_no_single_answers(console: Console, path: str) -> None:
    assert console.clients["reader"].get("/feedback").status_code == 200
    assert console.clients["reader"].get(path).status_code == 403


def test_single_answers_of_an_anonymous_survey_are_seen_by_nobody(console: Console) -> None:
    page = console.clients["administrator"].get("/surveys/hidden/responses")
    assert page.status_code == 403
    assert "/surveys/hidden/responses" not in console.clients["administrator"].get("/surveys/hidden").text


def test_a_survey_is_begun_changed_and_published(console: Console) -> None:
    begun = console.post("editor", "/surveys/new", label="After a visit", kind="open", start="ces")
    assert begun.headers["location"] == "/surveys/after-a-visit/edit"
    console.post("editor", "/surveys/after-a-visit/questions", kind="one", page="reason")
    where = {
        "text-en": "Where was it?",
        "options": "2",
        "options-0-label-en": "In the shop",
        "options-1-label-en": "At home",
        "show_if": "1",
        "show_if-0-question": "ces",
        "show_if-0-operator": "at_most",
        "show_if-0-value": "3",
    }
    console.post("editor", "/surveys/after-a-visit/questions/one", **where)
    draft = html.unescape(console.clients["editor"].get("/surveys/after-a-visit/edit").text)
    assert "Where was it?" in draft
    assert "Only if “It was easy to get done what I came for.” is at most 3" in draft
    assert "Not in Nederlands yet" in draft
    dutch = {"text-nl": "Waar?", "options-0-label-nl": "In de winkel", "options-1-label-nl": "Thuis"}
    console.post("editor", "/surveys/after-a-visit/questions/one", **where, **dutch)
    published = console.post("editor", "/surveys/after-a-visit/publish")
    assert published.status_code == 303, published.text[-800:]
    listed = console.clients["editor"].get("/surveys").text
    assert re.search(r"After a visit.*?asks", listed, re.DOTALL)


def test_questions_move_are_copied_and_removed(console: Console) -> None:
    console.post("editor", "/surveys/new", label="To change", kind="open", start="csat")
    console.post("editor", "/surveys/to-change/questions/why/act", by="copy")
    console.post("editor", "/surveys/to-change/questions/why-2/act", by="up")
    file = html.unescape(console.clients["editor"].get("/surveys/to-change/yaml").text)
    assert file.index("id: why-2") < file.index("id: why\n")
    console.post("editor", "/surveys/to-change/questions/why/remove")
    assert "id: why\n" not in console.clients["editor"].get("/surveys/to-change/yaml").text


@pytest.mark.parametrize("kind", QUESTION_KINDS)
def test_every_kind_of_question_is_made_and_seen_in_both_languages(console: Console, kind: str) -> None:
    name = f"with-{kind.replace('_', '-')}"
    console.post("editor", "/surveys/new", label=name, kind="open", start="csat")
    console.post("editor", f"/surveys/{name}/settings", **SETTINGS)
    made = console.post("editor", f"/surveys/{name}/questions", kind=kind, page="reason").headers["location"]
    shown = console.clients["editor"].get(made).text
    given = {"text-en": "What in English?", "text-nl": "Wat in het Nederlands?"}
    for rows in ("options", "rows"):
        for number, option in enumerate(re.findall(rf'name="{rows}-\d+-id"[^>]* value="([^"]*)"', shown)):
            start = f"{rows}-{number}-"
            given |= {rows: str(number + 1), f"{start}id": option}
            given |= {f"{start}label-en": f"Choice {number}", f"{start}label-nl": f"Keuze {number}"}
    assert ("options" in given) == (kind in {"one", "many", "ranking", "matrix"})
    saved = console.post("editor", made, **given)
    assert saved.status_code == 303, error_at(saved.text, "question-text-en")
    again = console.clients["editor"].get(made).text
    assert re.findall(r'name="(\w+-\d+-id)"[^>]* value="([^"]*)"', again) == re.findall(
        r'name="(\w+-\d+-id)"[^>]* value="([^"]*)"', shown
    ), "what is chosen is called the same whatever it says"
    draft = html.unescape(console.clients["editor"].get(f"/surveys/{name}/edit").text)
    trial = re.search(r'"(/t/[^"?]+)', draft)
    assert trial is not None
    for language, text in (("en", "What in English?"), ("nl", "Wat in het Nederlands?")):
        page = console.clients["editor"].get(f"{trial[1]}?language={language}&block=reason")
        assert text in page.text
        assert "Choice 1" not in page.text or language == "en"


def test_a_page_leads_by_several_ways_to_later_pages_and_endings(console: Console) -> None:
    console.post("editor", "/surveys/new", label="Ways", kind="open", start="csat")
    console.post("editor", "/surveys/ways/pages")
    console.post("editor", "/surveys/ways/questions", kind="open", page="page")
    ends = {"endings": "2", "endings-0-id": "thanks", "endings-1-id": "sorry"}
    console.post("editor", "/surveys/ways/endings", **ends, **{"endings-1-title-en": "We are sorry"})
    form = html.unescape(console.clients["editor"].get("/surveys/ways/pages/score").text)
    assert re.search(r'<option value="page"[^>]*>Page 3: ', form)
    assert re.search(r'<option value="sorry"[^>]*>Ending: We are sorry', form)
    low = {"to0": "sorry", "when0": "1", "when0-0-question": "csat", "when0-0-operator": "at_most"}
    high = {"to1": "page", "when1": "1", "when1-0-question": "csat", "when1-0-operator": "at_least"}
    given = {"ways": "2", **low, "when0-0-value": "1", **high, "when1-0-value": "4"}
    assert console.post("editor", "/surveys/ways/pages/score", **given).status_code == 303
    again = html.unescape(console.clients["editor"].get("/surveys/ways/pages/score").text)
    assert re.findall(r'<option value="(\w+)" selected>(?:Page|Ending)', again) == ["sorry", "page"]
    assert 'name="to2"' in again, "there is room for one way more"
    added = console.post("editor", "/surveys/ways/pages/score", **given, change="add:when1")
    assert 'name="when1-1-question"' in added.text
    file = html.unescape(console.clients["editor"].get("/surveys/ways/yaml").text)
    assert file.index("to: sorry") < file.index("to: page")


def test_when_the_widget_asks_is_set_on_a_page(console: Console) -> None:
    console.post("editor", "/surveys/new", label="On site", kind="open", start="csat")
    given = {
        "is_shown": "yes",
        "frames": "https://shop.example",
        "tab-en": "Feedback",
        "share": "25",
        "pause_days": "14",
        "moments": "2",
        "moments-0-trigger": "scroll",
        "moments-0-share": "60",
        "moments-0-where": "/order\n!/order/cancel\nregex /help/[0-9]+",
        "moments-1-trigger": "exit",
    }
    assert console.post("editor", "/surveys/on-site/widget", **given).status_code == 303
    file = html.unescape(console.clients["editor"].get("/surveys/on-site/yaml").text)
    stored = surveys_from_yaml(re.search(r"surveys:\n.*?(?=</)", file, re.DOTALL)[0])[0]  # type: ignore[index]
    assert stored.widget == Widget(
        tab={"en": "Feedback"},
        share=0.25,
        pause_days=14,
        moments=(
            Moment(
                trigger="scroll",
                share=0.6,
                where=(
                    Where(value="/order"),
                    Where(value="/order/cancel", is_not=True),
                    Where(value="/help/[0-9]+", match="regex"),
                ),
            ),
            Moment(trigger="exit"),
        ),
    )
    form = html.unescape(console.clients["editor"].get("/surveys/on-site/widget").text)
    assert "/order\n!/order/cancel\nregex /help/[0-9]+" in form
    assert "25%" in console.clients["editor"].get("/surveys/on-site/edit").text
    given = {**given, "moments-0-where": "regex /help/[", "share": "0"}
    console.post("editor", "/surveys/on-site/widget", **given)
    draft = console.clients["editor"].get("/surveys/on-site/edit").text
    assert "2 things keep it from being published" in draft
    console.post("editor", "/surveys/on-site/widget", frames="")
    assert "widget:" not in console.clients["editor"].get("/surveys/on-site/yaml").text


def test_a_name_that_is_taken_is_refused_at_its_field(console: Console) -> None:
    refused = console.post("editor", "/surveys/new", label="Bought", kind="open", start="nps")
    assert refused.status_code == 400
    assert "already" in error_at(refused.text, "survey-label")


def test_a_file_that_is_no_survey_is_refused(console: Console) -> None:
    refused = console.post("editor", "/surveys/import", text="surveys: [{name: x}]")
    assert refused.status_code == 400
    assert error_at(refused.text, "import-text")


def test_a_figure_with_too_few_answers_is_not_shown(console: Console) -> None:
    page = console.clients["reader"].get("/surveys/bought").text
    assert "too few" in page
    assert "100%" not in re.findall(r'class="stat-figure">\s*([^<]*)<', page)[0]


def test_a_comment_says_why_it_was_read_so_and_takes_a_reviewers_word(console: Console) -> None:
    page = html.unescape(console.clients["agent"].get("/feedback/voices").text)
    assert re.search(r'<mark class="tone-bad" title="[^"]+">', page)
    action = re.search(r'action="(/feedback/voices/\d+/label)"', page)
    assert action is not None
    noted = console.post("agent", action[1], verdict="tone:negative", back="/feedback/voices")
    assert noted.status_code == 303
    assert re.search(
        r'value="tone:negative" aria-pressed="true"', console.clients["agent"].get("/feedback/voices").text
    )
    assert "1" in console.clients["agent"].get("/feedback/reading").text


def test_angry_words_beside_a_high_score_are_listed(console: Console) -> None:
    page = console.clients["agent"].get("/feedback/contradictions").text
    assert "CSAT 5" in page


def test_a_theme_of_ones_own_is_kept_with_its_words(console: Console) -> None:
    saved = console.post(
        "editor",
        "/feedback/themes/new",
        **{"label-en": "Christmas", "words-en": "tree, lights", "is_used": "yes"},
    )
    assert saved.headers["location"] == "/feedback/themes"
    assert "Christmas" in console.clients["editor"].get("/feedback/themes").text


def test_too_few_labels_teach_nothing_and_say_so(console: Console) -> None:
    told = console.post("editor", "/feedback/reading/en/learn")
    assert told.headers["location"] == "/feedback/reading"
    assert not re.search("Read with it", console.clients["editor"].get("/feedback/reading").text)


def test_the_tab_of_a_person_holds_what_they_said(console: Console) -> None:
    people = console.clients["agent"].get(f"/people?q={ANNA.user_id}", follow_redirects=True).text
    found = re.search(r'href="(/people/[0-9a-z]{13})"', people)
    assert found is not None
    page = html.unescape(console.clients["agent"].get(f"{found[1]}/feedback").text)
    assert "After an order" in page
    assert "Delivery" in page


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_open_link_comes_as_a_code_to_print(console: Console, kind: str) -> None:
    drawn = console.clients["reader"].get(f"/surveys/bought/qr/{kind}")
    assert drawn.status_code == 200
    assert drawn.headers["content-type"].startswith("image/")


def test_answers_come_as_a_file_with_their_questions(console: Console) -> None:
    file = console.clients["agent"].get("/surveys/bought/answers.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "satisfied" in file.text


def test_the_planner_gives_the_number_of_the_reference(console: Console) -> None:
    page = console.clients["reader"].get("/feedback/planner?metric=nps&points=5").text
    assert "3,831" in page


LOOKED_AT = ("/surveys", "/surveys/bought", "/surveys/bought/edit", "/feedback?metric=csat", "/feedback/voices", "/feedback/themes", "/feedback/reading", "/surveys/bought/questions/why")  # fmt: skip


def without_trials(page: Any) -> None:
    """Leave the frames empty: what is in them is a respondent's page, and their scripts are kept out by design."""
    page.route("**/t/**", lambda route: route.fulfill(body="<p></p>", content_type="text/html"))


@pytest.mark.parametrize("path", LOOKED_AT)
def test_no_page_of_feedback_is_wider_than_a_phone(
    console: Console, tab: Callable[..., Any], path: str
) -> None:
    page = tab(viewport={"width": 320, "height": 740})
    without_trials(page)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", LOOKED_AT)
def test_axe_finds_nothing_on_the_pages_of_feedback(
    console: Console, tab: Callable[..., Any], path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    without_trials(page)
    page.goto(path)
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []


def test_answers_from_elsewhere_are_taken_in_for_an_anonymous_survey_and_wrong_lines_are_named(
    console: Console,
) -> None:
    page = console.clients["editor"].get("/surveys/hidden/import")
    assert "response, answered, language" in page.text
    assert "user_id" not in page.text
    wrong = "response,answered,satisfied\nr1,2026-01-05,9"
    refused = console.post("editor", "/surveys/hidden/import", text=wrong)
    assert refused.status_code == 400
    assert "Line 2, satisfied: Please give a number from 1 to 5." in html.unescape(refused.text)
    taken = console.post("editor", "/surveys/hidden/import", text=wrong.replace(",9", ",4"))
    assert (taken.status_code, taken.headers["location"]) == (303, "/surveys/hidden")
    assert console.clients["reader"].get("/surveys/hidden/import").status_code == 403


def test_an_anonymous_answer_is_not_seen_as_it_comes(console: Console) -> None:
    """Numbers of facts follow each other: who saw a colleague answer could look the answer up by the next one."""
    stores = Stores(load(console.installation.data, {}))
    given = said("satisfied", kind="csat", metric="csat", value=1)
    about = {**given["properties"], "survey": "hidden", "response": "nobodys"}
    answer = {"type": "track", "messageId": "nobodys-answer", "event": "Survey Answered", "properties": about}
    body = msgspec.json.encode({"batch": [answer]})
    position = stores.log.append(
        [Entry(received_at=stores.now(), source=0, kind="own", messages=1, body=body)]
    )
    stores.close()
    console.installation.wait_for(["nobodys-answer"])
    number = ids.to_text(ids.fact_id(position, 0))
    reader = console.clients["administrator"]
    assert number not in reader.get("/live?name=Survey+Answered").text
    assert reader.get(f"/live/{number}").status_code == 404

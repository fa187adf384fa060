"""A reviewer teaches Beleef the tone of words it does not know: by the page's buttons, seen in its quality, in use, and after a rebuild."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page

from beleef.app import Stores, build_feedback
from beleef.feedback.api import surveys_from_yaml
from beleef.feedback.voices import keeping
from beleef.feedback.voices.model import Label, Wanted
from beleef.settings import load
from tests.cast import ANNA, FATIMA
from tests.feedback.panels import rebuilt_state
from tests.services.beleef import Installation, installed
from tests.stories.shopping import open_browser, tab_of, until

pytestmark = pytest.mark.service

SURVEY = """
surveys:
- name: taught
  label: After a visit
  kind: open
  title: {nl: Uw bezoek}
  default_language: nl
  languages: [nl]
  blocks:
  - id: first
    questions: [{id: why, kind: open, text: {nl: "Wat vond u ervan?"}}]
"""
WORDS = {"positive": ("flurp", "wimpel"), "negative": ("knorf", "zwadder")}
ODD = "Kwibus op dinsdag met de bakker"
EACH = 21
CLICKED = 3
KEPT: keeping.Kept = {"taught": "none"}


def test_a_reviewer_teaches_it_words_and_sees_how_well_it_learned(tmp_path: Path) -> None:
    with installed(tmp_path / "shop", {}) as shop, open_browser() as browser:
        _people_write(shop)
        page = tab_of(browser, shop, FATIMA, viewport={"width": 1280, "height": 900})
        _reviews(page)
        _others_review_the_rest(shop.data)
        _lets_it_learn(page)
        _uses_it(page, shop)
    before = _read(shop.data)
    rebuilt_state(shop.data)
    assert _read(shop.data) == before
    assert {by_model for text, (_, by_model) in before.items() if text != ODD} == {True}
    assert before[ODD][1] is False


def _people_write(shop: Installation) -> None:
    stores = Stores(load(shop.data, {}))
    feedback = build_feedback(stores)
    with stores.database.write() as connection:
        feedback.save(connection, surveys_from_yaml(SURVEY)[0], stores.now())
        feedback.publish(connection, "taught", stores.now())
    stores.close()
    texts = [f"{one} de {two} met {tone[:3]}{n}" for tone, (one, two) in WORDS.items() for n in range(EACH)]
    batch = [
        {
            "type": "track",
            "messageId": f"taught-{number}",
            "event": "Survey Answered",
            "userId": ANNA.user_id,
            "properties": {"survey": "taught", "response": f"r{number}", "question": "why", "kind": "open", "text": text, "language": "nl"},
        }
        for number, text in enumerate([*texts, ODD])
    ]  # fmt: skip
    sent = {"writeKey": shop.write_key, "batch": batch}
    assert httpx.post(f"{shop.address}/v1/batch", json=sent, timeout=120).status_code == 200
    shop.wait_for([str(one["messageId"]) for one in batch])


def _card(page: Page) -> Locator:
    """Return what the page says about reading Dutch."""
    return page.locator('section[aria-labelledby="quality-nl"]')


def _reviews(page: Page) -> None:
    """Go through some of the comments that nobody reviewed, one button each: what is reviewed leaves the list."""
    page.goto("/feedback/reading")
    _card(page).get_by_role("link", name="Review comments").click()
    for left in range(2 * EACH, 2 * EACH - CLICKED, -1):
        comment = page.locator(".comment", has_not_text="Kwibus").first
        tone = "positive" if "flurp" in comment.locator(".comment-text").inner_text() else "negative"
        with page.expect_navigation():
            comment.locator(f'button[value="tone:{tone}"]').click()
        assert page.locator("#comments").inner_text() == f"{left} comments"


def _others_review_the_rest(data: Path) -> None:
    stores = Stores(load(data, {}))
    with stores.database.write() as connection:
        for one in keeping.comments(connection, Wanted(is_unreviewed=True), KEPT, limit=200):
            if one.said.text != ODD:
                tone = "positive" if "flurp" in one.said.text else "negative"
                said = Label(fact=one.said.fact, about="tone", verdict=tone, by="Gijs", at=stores.now())
                keeping.label(connection, said, KEPT)
    stores.close()


def _lets_it_learn(page: Page) -> None:
    page.goto("/feedback/reading")
    _card(page).get_by_role("button", name="Let it learn").click()
    page.get_by_text("It has learned.").wait_for()
    card = _card(page).inner_text()
    f1 = card.partition("macro F1)")[2]
    assert float(f1.split()[0]) == 1
    assert f"n = {2 * EACH}" in f1
    assert "95% between 0." in f1, "no model is perfect for certain after so few comments"


def _uses_it(page: Page, shop: Installation) -> None:
    _card(page).get_by_role("button", name="Read with it").click()
    page.get_by_text("Comments are being read anew.").wait_for()
    until(lambda: _read(shop.data)[f"flurp de wimpel met pos{EACH - 1}"][1], "the worker has read anew")
    page.goto("/feedback/reading")
    card = _card(page).inner_text()
    assert "in 1 it was not sure, and the word lists decided" in card
    page.goto("/feedback/voices?months=all&q=kwibus&review=yes")
    page.get_by_text("was not sure, so the tone is that of the word lists").wait_for()
    page.goto("/feedback/voices?months=all&q=flurp")
    page.locator(".comment summary").first.click()
    page.get_by_text("a model that learned from reviewers").first.wait_for()


def _read(data: Path) -> dict[str, tuple[str, bool]]:
    stores = Stores(load(data, {}))
    with stores.database.read() as connection:
        found = keeping.comments(connection, Wanted(), KEPT, limit=200)
    stores.close()
    return {one.said.text: (one.reading.tone, one.reading.by_model) for one in found}

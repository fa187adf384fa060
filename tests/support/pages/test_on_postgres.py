"""The same pages on PostgreSQL: what they write and list must not depend on the database."""

from pathlib import Path

import pytest

from tests.support.pages import test_cases, test_help, test_settings
from tests.support.pages.conftest import consoles, desk_at

STORIES = (
    test_cases.test_the_inbox_finds_a_case_by_number_by_words_and_by_person,
    test_cases.test_a_colleague_keeps_a_view_that_nobody_else_sees,
    test_cases.test_cases_are_merged_split_and_put_to_sleep,
    test_cases.test_marked_cases_are_changed_together,
    test_settings.test_figures_are_shown_with_what_they_rest_on,
    test_settings.test_an_article_is_kept_published_and_withdrawn,
    test_help.test_an_article_is_found_by_its_words_in_both_languages,
    test_help.test_what_is_typed_is_answered_with_articles_that_fit,
)


@pytest.mark.service
def test_the_pages_write_and_list_the_same_on_postgres(tmp_path: Path, postgres_address: str) -> None:
    settings = {"BELEEF_DATABASE": postgres_address}
    with consoles(tmp_path, settings) as console, desk_at(console, settings) as desk:
        for story in STORIES:
            story(desk)

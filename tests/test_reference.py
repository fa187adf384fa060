"""The generated pages of the reference say what the code says."""

import pytest

from tests.reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    said = (FOLDER / name).read_text(encoding="utf-8")
    assert said == PAGES[name](), "run: .venv/bin/python -m tests.reference"


def test_every_command_is_in_the_reference() -> None:
    page = PAGES["commands.md"]()
    for command in (
        "beleef init",
        "beleef serve",
        "beleef import",
        "beleef sources add",
        "beleef quarantine replay",
    ):
        assert f"## `{command}`" in page

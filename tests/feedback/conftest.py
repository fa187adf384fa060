"""A shop with surveys for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feedback.panels import Panel, panel


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Panel]:
    """A shop that was just opened, on SQLite."""
    with panel(tmp_path / "shop") as opened:
        yield opened

"""A shop for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.shops import Shop, shop


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that was just opened, on SQLite."""
    with shop(tmp_path / "shop") as opened:
        yield opened

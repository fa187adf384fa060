"""What tests of contact ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contact.making import Place, place


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An installation on each database."""
    environment = {}
    if request.param == "postgres":
        address = str(request.getfixturevalue("postgres_address"))
        environment["BELEEF_DATABASE"] = address.replace("+psycopg", "")
    with place(tmp_path / "data", environment) as made:
        yield made


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Place]:
    """An installation on SQLite only, for what does not depend on the database."""
    with place(tmp_path / "data") as made:
        yield made

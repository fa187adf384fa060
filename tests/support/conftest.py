"""What tests of support ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.making import ServiceDesk, service_desk


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceDesk]:
    """A service desk on each database."""
    environment = {}
    if request.param == "postgres":
        address = str(request.getfixturevalue("postgres_address"))
        environment["BELEEF_DATABASE"] = address.replace("+psycopg", "")
    with service_desk(tmp_path / "data", environment) as made:
        yield made


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[ServiceDesk]:
    """A service desk on SQLite only, for what does not depend on the database."""
    with service_desk(tmp_path / "data") as made:
        yield made

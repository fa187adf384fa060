"""A running Beleef for the tests of its doors, and its stores from the inside."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from beleef import settings
from beleef.app import Stores
from beleef.collect import api as collect
from beleef.collect.api import Source
from tests.services.beleef import Installation, installed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A Beleef that was just set up, with everything in its folder."""
    with installed(tmp_path_factory.mktemp("beleef"), os.environ) as installation:
        yield installation


@contextmanager
def inside(installation: Installation) -> Iterator[Stores]:
    """Give the open stores of an installation."""
    stores = Stores(settings.load(installation.data, dict(installation.environment)))
    try:
        yield stores
    finally:
        stores.close()


def add_source(installation: Installation, name: str, **changes: object) -> Source:
    """Add a source to an installation, changed as asked."""
    import msgspec

    with inside(installation) as stores, stores.database.write() as connection:
        added = collect.add_source(connection, name=name, channel="web", now=stores.now())
        changed = msgspec.structs.replace(added, **changes)
        collect.change_source(connection, changed)
        return changed

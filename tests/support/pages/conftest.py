"""A running Beleef with a service desk: colleagues signed in, an article to find, and a question that came in by the public form."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from beleef.app import Stores, build_support
from beleef.settings import load
from beleef.support.api import Case
from beleef.support.knowledge import Knowledge
from tests.cast import ANNA, COLLEAGUES, FATIMA
from tests.console.conftest import (
    STAFF,
    Console,
    browse,
    browser,
    employ,
    sign_in,
    tab,
)
from tests.services.beleef import installed
from tests.support.pages.writing import ARTICLE, write_article

__all__ = ["browser", "tab"]


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A running service desk: the colleagues, its stores, and what was asked."""

    console: Console
    stores: Stores

    def case(self, number: int) -> Case:
        """Return a case as it is now."""
        with self.stores.database.read() as connection:
            return build_support(self.stores).case(connection, number)

    def address(self, number: int) -> str:
        """Return the path of the customer's page of a case."""
        links = build_support(self.stores).links
        return links.address(number).removeprefix(links.base)

    def ask(self, subject: str, *, kind: str = "question", email: str = ANNA.email) -> int:
        """Let a colleague enter what a customer said on the phone; return the case's number."""
        once = re.sub(r"\W", "-", subject)
        answer = self.console.post(
            "agent",
            "/cases/new",
            once=once,
            email=email,
            kind=kind,
            title=subject,
            text=f"{subject}, and I do not know what to do.",
            spoke="yes",
            channel="phone",
        )
        assert answer.status_code == 303, answer.text
        found = until(lambda: self._opened(f"page-{once}"), what=f"the case {subject!r}")
        assert isinstance(found, int)
        return found

    def _opened(self, key: str) -> int | None:
        with self.stores.database.read() as connection:
            return build_support(self.stores).opened_by(connection, key)

    def seasoned(self) -> str:
        """Return the token of a form that was opened a minute ago: people take their time, tests do not."""
        key = self.stores.installation().key
        return str(
            URLSafeTimedSerializer(key, salt="support.visit", signer=Earlier).dumps(os.urandom(9).hex())
        )


def until(look: Callable[[], object], *, what: str) -> object:
    """Return what is found as soon as it is there: on a busy machine the worker may take its time."""
    deadline = time.monotonic() + 180
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)
    return found


class Earlier(TimestampSigner):
    """Signs as if it were a minute ago."""

    def get_timestamp(self) -> int:
        """Return the seconds since 1970, a minute ago."""
        return super().get_timestamp() - 60


@contextmanager
def consoles(folder: Path, settings: dict[str, str]) -> Iterator[Console]:
    """Serve an installation with these settings, and sign a colleague of each role in."""
    environment = {**os.environ, "BELEEF_NAME": "Kersten & Co", **settings}
    with installed(folder, environment) as installation:
        employ(installation.data, tuple(one for one in COLLEAGUES if one is not FATIMA), settings)
        clients: dict[str, httpx.Client] = {role: browse(installation.address) for role in STAFF}
        for role, colleague in STAFF.items():
            assert sign_in(clients[role], colleague.email).status_code == 303
        outsider = browse(installation.address)
        yield Console(installation=installation, clients=clients, outsider=outsider)
        for client in (outsider, *clients.values()):
            client.close()


@contextmanager
def desk_at(console: Console, settings: dict[str, str]) -> Iterator[Desk]:
    """Give the service desk of an installation that is served with these settings."""
    stores = Stores(load(console.installation.data, settings))
    with stores.database.write() as connection:
        write_article(Knowledge(), connection, ARTICLE)
    yield Desk(console=console, stores=stores)
    stores.close()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with consoles(tmp_path_factory.mktemp("service"), {}) as served:
        yield served


@pytest.fixture(scope="module")
def desk(console: Console) -> Iterator[Desk]:
    with desk_at(console, {}) as made:
        yield made

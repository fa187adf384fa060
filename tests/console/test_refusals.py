"""What a browser and a program are told when Beleef itself fails, with the pages put together as in the web process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from beleef.app import Stores, set_up
from beleef.settings import load
from beleef.web import WebApp
from tests.cast import FATIMA
from tests.console.conftest import employ, field_value, heading
from tests.services.beleef import PASSWORD

# Litestar 2 announces how version 3 will want parameters declared; what is installed knows both ways.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """The stores of an installation with one administrator."""
    opened = Stores(load(tmp_path, {}))
    set_up(opened)
    employ(tmp_path, (FATIMA,))
    yield opened
    opened.close()


def test_a_failure_is_a_page_for_browsers_and_json_for_programs_and_tells_neither_what_broke(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(stores.warehouse, "newest", fail)
    app = WebApp(stores)
    with TestClient(app.litestar, raise_server_exceptions=False) as client:
        client.headers["Accept"] = "text/html"
        form = field_value(client.get("/sign-in").text, "csrf_token")
        client.post("/sign-in", data={"email": FATIMA.email, "password": PASSWORD, "csrf_token": form})
        page = client.get("/live")
        assert (page.status_code, heading(page.text)) == (500, "Something went wrong")
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        answer = client.get("/live", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert "secret" not in page.text + answer.text
    app.intake.close()


def test_a_page_that_takes_no_form_says_so(stores: Stores) -> None:
    app = WebApp(stores)
    with TestClient(app.litestar) as client:
        refused = client.post("/live", headers={"Accept": "text/html"})
        assert refused.status_code == 405
        assert "GET" in refused.headers["allow"]
        assert heading(refused.text) == "That does not work"
    app.intake.close()

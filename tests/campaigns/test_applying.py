"""Files of audiences, messages, gate rules and campaigns: shown before they do anything, all of a file or nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from beleef.campaigns.applying import Applying, read
from beleef.kernel.errors import InvalidInput
from tests.campaigns.shops import CART, Shop, shop

EVERYTHING = f"""
kind: audience
name: utrecht
label: Utrecht
rule: {{trait: {{name: city, is: Utrecht}}}}
---
messages:
  - name: cart
    label: Cart
    channel: email
    purpose: service
    texts: {{en: {{subject: Your cart, body: "<p>Your cart</p>"}}}}
gate:
  consent: [{{purpose: marketing, channel: "*", needs: consent}}]
  caps: [{{name: one a day, at_most: 1, days: 1}}]
---
kind: campaign
{CART}
"""


def _applied(opened: Shop, text: str, *, publish: bool = False) -> list[tuple[str, str, str]]:
    applying = Applying(opened.campaigns)
    with opened.database.write() as connection:
        found = applying.apply(connection, read([text], zone="UTC"), opened.now, by="Gijs", publish=publish)
    return [(one.kind, one.name, one.what) for one in found]


def test_a_file_brings_everything_into_force(open_shop: Shop) -> None:
    things = [("audience", "utrecht"), ("message", "cart"), ("gate", "rules"), ("campaign", "forgotten-cart")]
    whats = ["new", "new", "changed", "new"]
    assert _applied(open_shop, EVERYTHING) == [
        (*thing, what) for thing, what in zip(things, whats, strict=True)
    ]
    assert _applied(open_shop, EVERYTHING, publish=True) == [(*thing, "same") for thing in things]
    with open_shop.database.read() as connection:
        assert open_shop.campaigns.campaign(connection, "forgotten-cart").state == "active"
        assert [cap.name for cap in open_shop.contact.rules(connection).rules.caps] == ["one a day"]


def test_a_dry_run_shows_the_lines_that_change(open_shop: Shop) -> None:
    _applied(open_shop, EVERYTHING)
    changed = read([EVERYTHING.replace("4 hours", "6 hours")], zone="UTC")
    with open_shop.database.read() as connection:
        found = {one.kind: one for one in Applying(open_shop.campaigns).changes(connection, changed)}
    assert {kind: one.what for kind, one in found.items()} == {
        "audience": "same", "message": "same", "gate": "same", "campaign": "changed",
    }  # fmt: skip
    lines = [line for line in found["campaign"].diff.splitlines() if line[:1] in "+-"]
    assert lines == ["-    at_most: 4 hours", "+    at_most: 6 hours"]


def test_a_file_with_something_wrong_changes_nothing(open_shop: Shop) -> None:
    with pytest.raises(InvalidInput):
        _applied(open_shop, EVERYTHING.replace("message: cart", "message: carts"), publish=True)
    with open_shop.database.read() as connection:
        assert open_shop.campaigns.campaigns(connection) == []
        assert open_shop.campaigns.audiences.audiences(connection) == []


@pytest.mark.parametrize(
    "text", ["- a", "kind: letter", "surveys: []", "a: [", "gate: {}\n---\ngate: {}", "gate: {}"]
)
def test_a_file_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read([text], zone="UTC")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "beleef", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_the_command_applies_lists_and_simulates(tmp_path: Path) -> None:
    data, file = tmp_path / "shop", tmp_path / "cart.yaml"
    with shop(data) as opened:
        opened.wait(1)
        opened.tell({"type": "identify", "traits": {"email": "anna@example.nl"}})
        opened.do("Cart Updated", cart_id="c1")
        opened.wait(1)
    file.write_text(EVERYTHING + "expect: {entered: {at_least: 1}, sent: {remind: 1}}\n")
    dry = _run("apply", str(file), "--dry-run", "--data", str(data))
    assert (dry.returncode, "+ campaign forgotten-cart: new" in dry.stdout) == (0, True), dry.stderr
    assert json.loads(_run("campaigns", "list", "--json", "--data", str(data)).stdout) == []
    simulate = (
        "campaigns",
        "simulate",
        str(file),
        "--from",
        "2026-03-02",
        "--to",
        "2026-03-04",
        "--data",
        str(data),
    )
    shown = _run(*simulate, "--json")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    (found,) = json.loads(shown.stdout)
    assert (found["simulated"]["entered"], found["simulated"]["sent"], found["broken"]) == (
        1,
        {"remind": 1},
        [],
    )
    file.write_text(EVERYTHING + "expect: {entered: {at_least: 2}}\n")
    broken = _run(*simulate)
    assert broken.returncode == 1
    assert "expect.entered: It is 1, and should be at least 2." in broken.stdout
    applied = _run("apply", str(file), "--publish", "--json", "--data", str(data))
    assert [one["what"] for one in json.loads(applied.stdout)] == ["new", "new", "changed", "new"]
    (listed,) = json.loads(_run("campaigns", "list", "--json", "--data", str(data)).stdout)
    assert (listed["name"], listed["state"], listed["version"]) == ("forgotten-cart", "active", 1)

"""The command answers pleasantly: help, versions, JSON where it prints data, and one clear line where it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import beleef


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "beleef", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cli")
    (made / "password").write_text("correct horse battery staple\n")
    data = made / "data"
    done = run(
        "init",
        "--admin-email",
        "a@example.nl",
        "--admin-password-file",
        str(made / "password"),
        "--data",
        str(data),
    )
    assert done.returncode == 0, done.stderr
    return data


def test_it_says_its_version_and_what_it_can_do() -> None:
    assert run("--version").stdout == f"beleef {beleef.__version__}\n"
    said = run("--help").stdout
    for command in ("init", "serve", "demo", "import", "rebuild", "erase", "sources", "tokens", "quarantine"):
        assert command in said


def test_a_folder_that_is_not_set_up_is_refused_with_a_hint(tmp_path: Path) -> None:
    refused = run("status", "--data", str(tmp_path / "nothing"))
    assert refused.returncode == 1
    assert "beleef init" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_setting_up_twice_is_refused(folder: Path) -> None:
    password = str(folder.parent / "password")
    refused = run(
        "init", "--admin-email", "b@example.nl", "--admin-password-file", password, "--data", str(folder)
    )
    assert refused.returncode == 1
    assert "already" in refused.stderr


def test_sources_and_tokens_are_made_and_listed_as_json(folder: Path) -> None:
    added = json.loads(
        run("sources", "add", "web shop", "--channel", "WEB", "--json", "--data", str(folder)).stdout
    )
    assert added.keys() == {"name", "write_key", "channel"}
    assert added["channel"] == "web"
    listed = json.loads(run("sources", "list", "--json", "--data", str(folder)).stdout)
    assert [one["write_key"] for one in listed] == [added["write_key"]]
    changed = json.loads(run("sources", "rekey", "Web Shop", "--json", "--data", str(folder)).stdout)
    assert (changed["name"], changed["channel"]) == ("web shop", "web")
    assert changed["write_key"] != added["write_key"]
    token = json.loads(
        run("tokens", "add", "site", "--role", "reader", "--json", "--data", str(folder)).stdout
    )
    assert token["token"].startswith("beleef_")
    kept = run("tokens", "list", "--json", "--data", str(folder)).stdout
    assert token["token"] not in kept
    number = json.loads(kept)[0]["id"]
    assert run("tokens", "revoke", str(number), "--data", str(folder)).returncode == 0
    assert json.loads(run("tokens", "list", "--json", "--data", str(folder)).stdout)[0]["revoked"] is True


def test_the_status_of_an_empty_folder_is_all_zero(folder: Path) -> None:
    found = json.loads(run("status", "--json", "--data", str(folder)).stdout)
    names = {"accepted", "processed", "repeated", "quarantined", "erased", "people", "lag_facts", "lag_s"}
    assert found.keys() == names
    assert not any(found.values())
    assert "accepted" in run("status", "--data", str(folder)).stdout


def test_every_setting_is_shown() -> None:
    shown = json.loads(run("settings", "--json").stdout)
    assert {"BELEEF_DATABASE", "BELEEF_LAKE"} <= {one["name"] for one in shown}
    assert "BELEEF_DATABASE" in run("settings").stdout

"""Beleef itself, as an organisation runs it: set up with its own commands, served by real processes on a fresh data folder."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.cast import FATIMA
from tests.services.fresh import DATABASE, copy_fresh
from tests.services.programs import program
from tests.services.running import free_port, launch, terminate

PASSWORD = "correct horse battery staple"

Json = dict[str, Any]


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """A running Beleef.

    Attributes:
        address: Where it answers, ``http://127.0.0.1:port``.
        data: Its data folder.
        write_key: Of the source ``web``.
        token: A server token that may do everything.
        environment: The settings it runs with.
    """

    address: str
    data: Path
    write_key: str
    token: str
    environment: Mapping[str, str]

    def add_token(self, role: str) -> str:
        """Return a new token of a role."""
        added = run(
            "tokens",
            "add",
            f"a {role}",
            "--role",
            role,
            "--json",
            data=self.data,
            environment=self.environment,
        )
        return str(json.loads(added)["token"])

    def ask(self, path: str, **query: object) -> Json:
        """Return the answer to a GET request.

        Raises:
            httpx.HTTPStatusError: it refused.
        """
        parameters = {name: str(value) for name, value in query.items()}
        answer = httpx.get(
            f"{self.address}{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=120,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def receipt(self, message_id: str) -> Json:
        """Return what became of a message."""
        return self.ask(f"/v1/receipts/{message_id}")

    def timeline(self, person: str) -> list[Json]:
        """Return all facts of a person (``namespace:value``), page after page."""
        facts: list[Json] = []
        after: object = ""
        while after is not None:
            page = self.ask(f"/v1/people/{person}/timeline", limit=100, **({"after": after} if after else {}))
            facts += page["facts"]
            after = page.get("next")
        return facts

    def wait_for(self, message_ids: list[str], *, timeout_s: float = 180) -> None:
        """Return once every message is worked on.

        Raises:
            AssertionError: one is not, in that time.
        """
        deadline = time.monotonic() + timeout_s
        for message_id in message_ids:
            while (status := self._status(message_id)) not in {"processed", "repeated", "quarantined"}:
                assert time.monotonic() < deadline, f"{message_id} is still {status}"
                time.sleep(0.05)

    def _status(self, message_id: str) -> str:
        try:
            return str(self.receipt(message_id)["status"])
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 404:
                raise
            return "unknown"


def run(*arguments: object, data: Path, environment: Mapping[str, str]) -> str:
    """Run a command of `beleef` on a data folder and return what it printed.

    Raises:
        AssertionError: it failed; the message holds what it printed.
    """
    command = [str(program("beleef")), *map(str, arguments), "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environment), check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def set_up(folder: Path, environment: Mapping[str, str]) -> Installation:
    """Give a Beleef that its own commands set up, with a source and a token, and leave it to the caller to serve it.

    Args:
        folder: An empty folder for its data and its output.
        environment: The environment of its processes, with the settings to try; a database in it is a fresh one.
    """

    def make(empty: Path, settings: dict[str, str]) -> None:
        made = _set_up(empty, {**os.environ, **settings})
        (empty / "keys.json").write_text(json.dumps(made))

    copy_fresh("installation", folder, environment.get(DATABASE), make)
    keys = json.loads((folder / "keys.json").read_bytes())
    return Installation(address="", data=folder / "data", environment=environment, **keys)


def _set_up(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    data = folder / "data"
    password = folder / "password"
    password.write_text(PASSWORD)
    run(
        "init",
        "--admin-email",
        FATIMA.email,
        "--admin-password-file",
        password,
        data=data,
        environment=environment,
    )
    source = json.loads(
        run("sources", "add", "web", "--channel", "web", "--json", data=data, environment=environment)
    )
    token = json.loads(
        run("tokens", "add", "tests", "--role", "administrator", "--json", data=data, environment=environment)
    )
    return {"write_key": source["write_key"], "token": token["token"]}


@contextmanager
def installed(folder: Path, environment: Mapping[str, str]) -> Iterator[Installation]:
    """Set Beleef up in a folder and serve it until the block ends.

    Args:
        folder: An empty folder for its data and its output.
        environment: The environment of its processes, with the settings to try.
    """
    made = set_up(folder, environment)
    with served(made.data, folder, environment) as address:
        yield msgspec.structs.replace(made, address=address)


@contextmanager
def served(data: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve a data folder that is set up, and give the address, until the block ends."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    pid = launch(
        [program("beleef"), "serve", "--host", "127.0.0.1", "--port", str(port), "--data", data],
        folder=folder,
        answers=lambda: _is_ready(address),
        environment=patient(environment),
    )
    try:
        yield address
    finally:
        terminate(pid)


def patient(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which pages wait until what was decided on them shows, on a busy machine too."""
    path = [str(Path(__file__).with_name("patient")), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=20).status_code == 200
    except httpx.HTTPError:
        return False

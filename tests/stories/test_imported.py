"""A file is imported by command: killed half-way it goes on where it was, and the same file twice changes nothing."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.services.beleef import Installation, run
from tests.services.programs import program
from tests.stories.running import at, installation_in, serving, settled, status

ROWS = 20_000
MAPPING = """
name: orders
key: [order]
facts:
  - type: track
    event: Order Completed
    user_id: "{customer}"
    timestamp: "{when}"
    properties: {order_id: "{order}", revenue: {number: "{price}"}, currency: EUR}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with orders, three of which cannot be used."""
    lines = ["order,customer,when,price"]
    lines += [f"o{n},c{n % 500},2025-{1 + n % 12:02d}-03T10:00:00Z,{n % 90}.50" for n in range(ROWS)]
    for bad in (10, 5_000, 19_999):
        lines[bad] = f"x{bad},c1,someday,1"
    (tmp_path / "map.yaml").write_text(MAPPING)
    made = tmp_path / "orders.csv"
    made.write_text("\n".join(lines))
    return made


def import_(here: Installation, file: Path) -> dict[str, int]:
    printed = run(
        "import", file, "--map", file.with_name("map.yaml"), "--source", "web", "--json", data=here.data, environment=here.environment
    )  # fmt: skip
    return dict(json.loads(printed))


def test_an_import_that_is_killed_goes_on_and_counts_each_row_once(tmp_path: Path, file: Path) -> None:
    here = installation_in(tmp_path / "beleef")
    chance = random.Random(11)
    command = [
        str(program("beleef")),
        "import",
        str(file),
        "--map",
        str(file.with_name("map.yaml")),
        "--source",
        "web",
    ]
    for _ in range(5):
        process = subprocess.Popen(
            [*command, "--data", str(here.data)], env=dict(here.environment), stdout=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(1, 3))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = import_(here, file)
    assert done["rejected"] == 3
    figures = status(here)
    assert (figures["processed"], figures["lag_facts"], figures["people"]) == (ROWS - 3, 0, 500)
    again = import_(here, file)
    assert again == {"read": ROWS, "accepted": 0, "repeated": ROWS - 3, "rejected": 3}
    assert status(here)["processed"] == ROWS - 3


def test_an_import_into_a_running_beleef_is_worked_on_by_it(tmp_path: Path, file: Path) -> None:
    installation = installation_in(tmp_path / "beleef")
    with serving(installation) as server:
        here = at(installation, server)
        assert import_(here, file)["accepted"] == ROWS - 3
        assert settled(here)["processed"] == ROWS - 3
        assert here.ask("/v1/facts/count", group="type")["total"] == ROWS - 3
        assert here.ask("/v1/people/user_id:c7")["facts"] == ROWS // 500

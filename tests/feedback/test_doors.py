"""The doors of feedback for programs and operators: routes, `beleef apply`, `beleef surveys`, imports."""

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from rich.console import Console
from typer.testing import CliRunner

from beleef import commands, file_commands
from beleef.access import api as access
from beleef.cli import app
from beleef.feedback.links import SurveyLinks
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.web import WebApp
from tests.feedback.panels import ORDER, Panel, csat, panel
from tests.feedback.test_anonymity import WORK, tell

# Litestar 2 announces how version 3 will want parameters declared; what is installed knows both ways.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def client(asking: Panel) -> Iterator[TestClient[Litestar]]:
    made = WebApp(asking.world.stores)
    with TestClient(made.litestar) as opened:
        yield opened
    made.intake.close()


def _as(client: TestClient[Litestar], asking: Panel, role: str) -> None:
    with asking.database.write() as connection:
        secret = access.add_token(connection, name=role, role=role, now=asking.now)
    client.headers["Authorization"] = f"Bearer {secret}"


def test_a_survey_is_written_published_paused_and_closed(client: TestClient[Litestar], asking: Panel) -> None:
    _as(client, asking, "editor")
    saved = client.put("/v1/surveys/order", json=ORDER)
    assert (saved.status_code, saved.json()["state"]) == (200, "draft")
    for what, state in (
        ("publish", "active"),
        ("pause", "paused"),
        ("resume", "active"),
        ("close", "closed"),
    ):
        answer = client.post(f"/v1/surveys/order/{what}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert client.post("/v1/surveys/order/pause").status_code == 409
    assert client.get("/v1/surveys").json()["surveys"][0]["definition"]["name"] == "order"
    assert client.delete("/v1/surveys/order").json() == {"success": True}
    assert client.get("/v1/surveys/order").status_code == 404


def test_only_who_may_writes_and_reads(client: TestClient[Litestar], asking: Panel) -> None:
    asking.publish(ORDER)
    assert client.get("/v1/surveys").status_code == 401
    _as(client, asking, "reader")
    assert client.get("/v1/surveys/order/asked").json()["eligible"] == 0
    for address in ("/v1/surveys/order/answers.csv", "/v1/surveys/order/invitations"):
        assert client.get(address).status_code == 403
    assert client.put("/v1/surveys/order", json=ORDER).status_code == 403
    assert client.post("/v1/surveys/order/close").status_code == 403


def test_counts_and_answers_come_out_within_the_promise(client: TestClient[Litestar], asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.publish(WORK)
    asking.do("Order Completed")
    asking.hours(1)
    (invitation,) = asking.invitations()
    asking.answer(asking.sit(invitation.number), csat(4))
    tell(asking, "desk", 1)
    _as(client, asking, "editor")
    counted = client.get("/v1/surveys/order/counts", params={"question": "satisfied"}).json()
    assert counted["groups"][0]["values"] == {"4": 1}
    rows = list(csv.DictReader(client.get("/v1/surveys/order/answers.csv").text.splitlines()))
    assert [(row["question"], row["value"]) for row in rows] == [("satisfied", "4")]
    listed = client.get("/v1/surveys/order/invitations", params={"outcome": "asked"}).json()["invitations"]
    assert [one["finished"] for one in listed] == [True]
    hidden = client.get("/v1/surveys/work/counts", params={"question": "satisfied"}).json()
    assert hidden["groups"] == []
    refused = client.get("/v1/surveys/work/counts", params={"question": "satisfied", "by": "language"})
    assert (refused.status_code, refused.json()["code"]) == (400, "anonymous")


def test_the_examples_are_applied_and_come_out_again(tmp_path: Path) -> None:
    with panel(tmp_path / "shop"):
        """Set up."""
    data = tmp_path / "shop"
    first = file_commands.apply(data, [EXAMPLES / "surveys.yaml"], dry_run=True, publish=False)
    assert [(one.kind, one.what) for one in first] == [("survey", "new")] * 4
    file_commands.apply(data, [EXAMPLES / "surveys.yaml"], dry_run=False, publish=True)
    again = file_commands.apply(data, [EXAMPLES / "surveys.yaml"], dry_run=False, publish=True)
    assert {one.what for one in again} == {"same"}
    changed = tmp_path / "changed.yaml"
    changed.write_text((EXAMPLES / "surveys.yaml").read_text().replace("open_days: 14", "open_days: 10"))
    (diff,) = [
        one.diff for one in file_commands.apply(data, [changed], dry_run=True, publish=False) if one.diff
    ]
    assert "+open_days: 10" in diff
    runner = CliRunner()
    listed = runner.invoke(app, ["surveys", "list", "--data", str(data), "--json"])
    states = {one["name"]: one["state"] for one in msgspec.json.decode(listed.stdout)}
    assert states == dict.fromkeys(("relation", "order", "case-closed", "colleagues"), "active")
    shown = runner.invoke(app, ["surveys", "list", "--data", str(data)])
    assert "relation" in shown.stdout
    exported = runner.invoke(app, ["surveys", "export", "order", "--data", str(data), "--format", "yaml"])
    assert "quota: 2000" in exported.stdout
    empty = runner.invoke(app, ["surveys", "export", "order", "--data", str(data)])
    assert empty.stdout.startswith("survey,response,at")


def test_themes_come_from_files_and_go_back_into_them(tmp_path: Path) -> None:
    with panel(tmp_path / "shop"):
        """Set up."""
    data, file = tmp_path / "shop", tmp_path / "themes.yaml"
    file.write_text(
        "themes:\n"
        "- {name: tree-lights, labels: {en: Lights}, words: {en: [light*]}, parent: christmas}\n"
        "- {name: christmas, labels: {en: Christmas, nl: Kerst}, words: {en: [tree], nl: [kerstboom]}}\n"
    )
    for what in ("new", "same"):
        found = file_commands.apply(data, [file], dry_run=False, publish=False)
        assert [(one.kind, one.name, one.what) for one in found] == [
            ("theme", "christmas", what),
            ("theme", "tree-lights", what),
        ]
    given = CliRunner().invoke(app, ["surveys", "themes", "--data", str(data)]).stdout
    assert "kerstboom" in given
    file.write_text(given)
    again = file_commands.apply(data, [file], dry_run=False, publish=False)
    assert {one.what for one in again} == {"same"}
    assert {"delivery", "christmas"} < {one.name for one in again}
    file.write_text(given.replace("kerstboom", "kerstmarkt"))
    (diff,) = [one.diff for one in file_commands.apply(data, [file], dry_run=True, publish=False) if one.diff]
    assert "+  - kerstmarkt" in diff


@pytest.mark.parametrize(
    "text", ["surveys: 1", "themes: [1]", "themes: [{name: x}]", "surveys: [1]", "surveys: [", "- surveys"]
)
def test_a_file_that_holds_no_survey_is_refused(tmp_path: Path, text: str) -> None:
    with panel(tmp_path / "shop"):
        """Set up."""
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(InvalidInput):
        file_commands.apply(tmp_path / "shop", [tmp_path / "wrong.yaml"], dry_run=True, publish=False)


def test_a_token_of_one_kind_opens_nothing_of_another() -> None:
    links = SurveyLinks(b"k" * 32, "https://cx.example.nl/")
    personal, first = links.personal(7).rpartition("/")[2], links.first_answer(7, "nps", 9).rpartition("/")[2]
    assert links.invitation(personal) == 7
    clicked = links.clicked(first)
    assert (clicked.invitation, clicked.question, clicked.value) == (7, "nps", 9)
    opened = links.opened(links.open("order", "till", "qr").rpartition("/")[2])
    assert (opened.survey, opened.touchpoint, opened.delivery) == ("order", "till", "qr")
    for reading, token in (
        (links.invitation, first),
        (links.clicked, personal),
        (links.opened, personal),
        (links.invitation, personal[:-1]),
    ):
        with pytest.raises(NotFound):
            reading(token)


def test_answers_of_another_tool_are_imported_once_without_personal_data(tmp_path: Path) -> None:
    with panel(tmp_path / "shop") as asking:
        asking.publish(ORDER)
    data, file = tmp_path / "shop", tmp_path / "answers.csv"
    file.write_text(
        "response,email,answered,satisfied,comment,language\n"
        "r1,anna@example.nl,2026-02-01 10:00,4,Call 06 12345678,en\n"
        "r2,bram@example.nl,2026-02-02 10:00,2,,nl\n"
    )
    for _ in range(2):
        commands.import_file(
            data,
            file=file,
            mapping=EXAMPLES / "survey-answers.yaml",
            source="web",
            rejects=None,
            console=Console(quiet=True),
        )
    with file_commands.feedback(data) as (feedback, connection):
        (group,) = feedback.counts(connection, "order", "satisfied").groups
        texts = [one.answer.text for one in feedback.texts(connection, "order")]
        assert feedback.progress(connection, "order").finished == 2
    assert (group.histogram, texts) == ({4: 1, 2: 1}, ["Call [phone]"])

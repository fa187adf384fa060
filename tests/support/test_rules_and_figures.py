"""Rules of service as files, the command line, figures with their intervals, and messages that come in by webhook."""

from pathlib import Path

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from beleef.cli import app
from beleef.collect.hooks import to_messages
from beleef.collect.importing.mapping import read_mapping
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, InvalidInput, NotFound, TooLarge
from beleef.support.api import (
    DEFAULT,
    Closing,
    Mailbox,
    Wanted,
    from_data,
    from_yaml,
    number_of,
    reference,
    taken_out,
    to_data,
    to_yaml,
)
from beleef.support.figures import GROUPS, LEAST_PER_EMPLOYEE
from beleef.support.intake.mail import LARGEST_FILE
from tests.cast import ANNA, BRAM, NOW
from tests.support.making import RULES, ServiceDesk

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_rules_come_back_from_their_file_as_they_went() -> None:
    for rules in (DEFAULT, RULES, from_yaml((EXAMPLES / "support.yaml").read_text())):
        assert from_yaml(to_yaml(rules)) == rules


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"calendars": []}, "no calendar"),
        ({"calendars": [{"name": "a", "hours": {"mon": ["9-5"]}}]}, "no interval"),
        ({"calendars": [{"name": "a", "hours": {"mon": ["09:00-12:00", "11:00-17:00"]}}]}, "begins before"),
        ({"calendars": [{"name": "a", "hours": {"monday": ["09:00-12:00"]}}]}, "no day"),
        ({"calendars": [{"name": "a"}]}, "no hours"),
        (
            {"calendars": [{"name": "a", "zone": "Mars/Olympus", "hours": {"mon": ["09:00-12:00"]}}]},
            "no time zone",
        ),
        ({"calendars": [{"name": "a", "country": "XX", "hours": {"mon": ["09:00-12:00"]}}]}, "holidays"),
        (
            {"calendars": [{"name": "a", "closed": ["24-12-2026"], "hours": {"mon": ["09:00-12:00"]}}]},
            "no date",
        ),
        ({"promises": [{"name": "a", "resolution": {"hours": 0}}]}, "more than 0 hours"),
        ({"promises": [{"name": "a"}, {"name": "a"}]}, "same name"),
        ({"promises": [{"name": "a", "calendar": "moon"}]}, "no calendar “moon”"),
        ({"departments": [{"name": "a", "team": "nobody"}]}, "no team"),
        ({"root_causes": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]}, "part of itself"),
        ({"thresholds": {"nps": 11}}, "no score"),
        ({"thresholds": {"smiles": 1}}, "no score"),
        ({"reopen_days": -1}, "opens again"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_the_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        from_data({**to_data(DEFAULT), **change})


def test_rules_stand_beside_other_things_in_a_file_once() -> None:
    rest, found = taken_out(["audiences: []\n---\n" + to_yaml(RULES), "campaigns: []"])
    assert found == RULES
    assert [list(yaml.safe_load_all(one)) for one in rest] == [[{"audiences": []}], [{"campaigns": []}]]
    with pytest.raises(InvalidInput, match="several"):
        taken_out([to_yaml(RULES), to_yaml(RULES)])
    with pytest.raises(InvalidInput, match="no `service`"):
        from_yaml("a: 1")


def test_two_who_change_the_rules_at_once_do_not_undo_each_other(embedded: ServiceDesk) -> None:
    desk = embedded
    with desk.database.write() as connection:
        version = desk.support.rules(connection).version
        desk.support.save_rules(connection, DEFAULT, by="Gijs", now=NOW, over=version)
        with pytest.raises(Conflict, match="in the meantime"):
            desk.support.save_rules(connection, RULES, by="Hanna", now=NOW, over=version)
        assert [one.saved_by for one in desk.support.rules_history(connection)] == ["Gijs", "Fatima"]


def test_the_commands_list_verify_and_apply(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", subject="My order")
    folder = str(desk.stores.settings.data)

    def beleef(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--data", folder])
        assert done.exit_code == 0, done.output
        return done.output

    assert msgspec.json.decode(beleef("cases", "list", "--json"))[0]["case"] == "C-10001"
    assert "My order" in beleef("cases", "list")
    assert "No case" in beleef("cases", "list", "--closed")
    assert "Every case is what its facts say" in beleef("cases", "verify")
    example = str(EXAMPLES / "support.yaml")
    assert "service rules: changed" in beleef("apply", example, "--dry-run")
    assert "service rules: changed" in beleef("apply", example)
    assert "service rules: same" in beleef("apply", example)
    assert from_yaml(beleef("cases", "rules")) == from_yaml(Path(example).read_text())


def test_the_inbox_answers_what_it_is_asked(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA, BRAM)
    for number in range(7):
        desk.writes(
            ANNA if number % 2 else BRAM,
            f"Question {number} about the Café",
            kind="complaint" if number == 3 else "question",
        )
    desk.does(
        "change",
        desk.case(10_002),
        assignee="hanna@kersten.example",
        tags=["refund", "refund"],
        priority="urgent",
    )
    desk.replies(desk.case(10_005), close=Closing())

    def numbers(wanted: Wanted) -> list[int]:
        found, after = [], None
        with desk.database.read() as connection:
            while True:
                page = desk.support.inbox(connection, wanted, now=desk.stores.now(), after=after, limit=2)
                found += [one.number for one in page.cases]
                after = page.next
                if after is None:
                    assert desk.support.count(connection, wanted, now=desk.stores.now()).count == len(found)
                    return found

    assert numbers(Wanted()) == [10_005, 10_002, 10_007, 10_006, 10_004, 10_003, 10_001]
    assert numbers(Wanted(order="oldest", is_open=True))[0] == 10_001
    assert numbers(Wanted(order="due", is_open=True))[0] == 10_002
    assert numbers(Wanted(is_open=False)) == [10_005]
    assert numbers(Wanted(assignee="hanna@kersten.example")) == [10_002]
    assert len(numbers(Wanted(assignee="-", is_open=True))) == 5
    assert numbers(Wanted(tag="refund")) == [10_002]
    assert numbers(Wanted(kind="complaint")) == [10_004]
    assert numbers(Wanted(text="c-10003")) == [10_003]
    assert numbers(Wanted(text="CAFE complaint")) == []
    assert len(numbers(Wanted(text="CAFE questi"))) == 7
    assert numbers(Wanted(text="ques caf")) == []
    assert len(numbers(Wanted(text="question caf"))) == 7
    assert numbers(Wanted(text="!!!")) == []
    assert len(numbers(Wanted(subjects=desk.place.subjects(BRAM)))) == 4
    desk.wait(30)
    assert len(numbers(Wanted(overdue=True, kind="question"))) >= 5
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW, at_most=3).is_more
        assert len(desk.support.of_person(connection, desk.place.subjects(BRAM))) >= 4
        with pytest.raises(InvalidInput):
            desk.support.inbox(connection, Wanted(), now=NOW, after="x")


@pytest.mark.parametrize("row_costs", [0, 1_000_000], ids=["from the few", "along the index"])
def test_tags_and_words_are_found_by_either_way(
    desk: ServiceDesk, monkeypatch: pytest.MonkeyPatch, row_costs: int
) -> None:
    monkeypatch.setattr("beleef.support.inbox_queries._ROW_COSTS", row_costs)
    desk.place.meet(ANNA, BRAM)
    for who, text in ((ANNA, "The red lamp"), (BRAM, "A red chair"), (ANNA, "A blue lamp"), (BRAM, "Lamps")):
        desk.writes(who, text)
    for number in (10_001, 10_002, 10_004):
        desk.does("change", desk.case(number), tags=["refund"])
    asked = {
        Wanted(text="red la"): [10_001],
        Wanted(text="lamp"): [10_004, 10_001, 10_003],
        Wanted(text="lamp ", tag="refund", order="oldest"): [10_001, 10_004],
        Wanted(tag="refund", is_open=True, order="due"): [10_001, 10_002, 10_004],
        Wanted(text="red", subjects=tuple(desk.place.subjects(BRAM))): [10_002],
        Wanted(tag="nothing"): [],
    }
    with desk.database.read() as connection:
        for wanted, numbers in asked.items():
            found = desk.support.inbox(connection, wanted, now=NOW, limit=1)
            known = [one.number for one in found.cases]
            while found.next is not None:
                found = desk.support.inbox(connection, wanted, now=NOW, limit=1, after=found.next)
                known += [one.number for one in found.cases]
            assert sorted(known) == sorted(numbers)
            assert desk.support.count(connection, wanted, now=NOW).count == len(numbers)


def test_figures_have_their_n_and_count_who_still_waits(desk: ServiceDesk) -> None:
    desk.rules(broken_promises=False)
    desk.place.meet(ANNA, BRAM)
    for number in range(8):
        desk.writes(
            ANNA if number % 2 else BRAM,
            f"Question {number}?",
            kind="complaint" if number < 4 else "question",
        )
    for number in (10_001, 10_002, 10_005):
        desk.replies(desk.case(number), close=Closing(root_cause="late", action="Sent."))
    desk.wait(60)
    with desk.database.read() as connection:
        now = desk.stores.now()
        every = desk.support.figures(connection, start=NOW - DAY, end=now, now=now)[""]
        by_kind = desk.support.figures(connection, start=NOW - DAY, end=now, now=now, by="kind")
        for group in GROUPS:
            desk.support.figures(connection, start=NOW - DAY, end=now, now=now, by=group)
        with pytest.raises(InvalidInput):
            desk.support.figures(connection, start=0, end=now, now=now, by="mood")
    assert every.cases == 8
    first = every.figure("first_response")
    assert first is not None
    assert first.n == 8
    kept = every.figure("promise_kept")
    assert kept is not None
    assert 0 < (kept.value or 0) < 1
    ignored = by_kind["complaint"].figure("complaint_ignored")
    assert ignored is not None
    assert (ignored.value, ignored.n) == (0.5, 4)
    assert {name: one.cases for name, one in by_kind.items()} == {"complaint": 4, "question": 4}


def test_nothing_is_shown_of_a_colleague_with_few_cases(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    desk.does("change", desk.case(), assignee="hanna@kersten.example")
    with desk.database.read() as connection:
        now = desk.stores.now()
        found = desk.support.figures(connection, start=NOW - DAY, end=now, now=now, by="assignee")
    assert found["hanna@kersten.example"].cases < LEAST_PER_EMPLOYEE
    assert found["hanna@kersten.example"].figures == {}


def test_who_reported_a_cause_hears_what_was_done_once(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA, BRAM)
    for who in (ANNA, BRAM, ANNA):
        desk.writes(who, "It came too late.", kind="complaint")
    for number in (10_001, 10_002, 10_003):
        desk.replies(desk.case(number), close=Closing(root_cause="late", action="Sent."))
    for _ in range(2):
        with desk.database.read() as connection:
            said = desk.support.tell_improvement(
                connection, "late", text="We changed the carrier.", by="Fatima", key="i1"
            )
        assert len(said) == 2
        desk.hear(*said)
    told = [one for one in desk.outgoing() if "We changed the carrier." in one["parts"].get("text", "")]
    assert len(told) == 2
    with desk.database.read() as connection, pytest.raises(InvalidInput):
        desk.support.tell_improvement(connection, "delivery", text="Nothing.", by="Fatima", key="i2")


def test_a_social_network_writes_by_webhook(embedded: ServiceDesk) -> None:
    desk = embedded
    mapping = read_mapping((EXAMPLES / "social-webhook.yaml").read_text())
    for number, text in enumerate(("Is anybody there?", "Hello?")):
        body = {
            "messages": [
                {
                    "id": number,
                    "from": {"id": 77},
                    "conversation": 5,
                    "sent_at": "2026-03-02T09:00:00Z",
                    "text": text,
                }
            ]
        }
        desk.world.send(
            *[msgspec.to_builtins(one) for one in to_messages(mapping, msgspec.json.encode(body))]
        )
    desk.work()
    assert desk.kinds().count("message") == 2
    assert desk.case().life.channel == "social"
    assert desk.case().life.touchpoint == "social inbox"
    # Nothing leads back to that network: the case says so, and nobody waits for the customer because of it.
    desk.outgoing()
    with desk.database.read() as connection:
        told = [one.data for one in desk.support.thread(connection, 10_001) if one.kind == "undelivered"]
    assert told == [{"what": "ack", "reason": "no_channel"}]
    assert desk.case().life.status == "open"


def test_a_customer_sees_the_promise_before_they_write(embedded: ServiceDesk) -> None:
    with embedded.database.read() as connection:
        promised = embedded.support.promise_for(connection, kind="question", now=NOW)
    # It is ten o'clock in Amsterdam: seven working hours today, and one tomorrow.
    assert [one.due_at for one in promised if one.kind == "first_response"] == [NOW + DAY]


def test_mailboxes_and_files_that_cannot_be_are_refused(embedded: ServiceDesk) -> None:
    desk = embedded
    good = Mailbox(name="help", address="help@kersten.example", host="imap.example", user="help")
    with desk.database.write() as connection:
        desk.support.save_mailbox(connection, good, {"password": "geheim"}, NOW)
        desk.support.save_mailbox(connection, good, {}, NOW)
        assert desk.support.mailboxes(connection) == [good]
        for bad in ({"address": "nowhere"}, {"port": 0}, {"kind": "riddle"}):
            with pytest.raises(InvalidInput):
                desk.support.save_mailbox(connection, msgspec.structs.replace(good, **bad), {}, NOW)
        desk.support.delete_mailbox(connection, "help")
        with pytest.raises(NotFound):
            desk.support.delete_mailbox(connection, "help")
    with pytest.raises(TooLarge):
        desk.support.files.keep("a", "b", b"x" * (LARGEST_FILE + 1), key="k")


@pytest.mark.parametrize(
    ("text", "number"), [("C-10023", 10_023), (" c-1 ", 1), ("10023", 10_023), ("C-x", None), ("", None)]
)
def test_a_reference_is_read_in_any_spelling(text: str, number: int | None) -> None:
    assert number_of(text) == number
    assert number is None or number_of(reference(number)) == number

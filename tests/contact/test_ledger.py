"""From an intent to the wire and into the log: each message once, every decision kept, what facts say heeded."""

import pytest

from beleef.access import api as access
from beleef.contact.api import Cap, ChannelSetup, GateRules, Intent
from beleef.contact.rules import DEFAULT
from beleef.erasure import erase_person, lift
from beleef.kernel.clock import DAY, HOUR, MINUTE
from beleef.kernel.errors import Conflict, InvalidInput
from tests.cast import ANNA, BRAM, CHANTAL, DAAN, ELIF, NOW
from tests.contact.making import PLAIN, Place, mail


def test_a_message_goes_from_the_intent_to_the_outbox_and_into_the_log(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    assert here.intend(mail("welcome:1", anna, campaign="welcome", step="hello", variant="b")) == 1
    assert here.row("welcome:1").state == "waiting"
    here.go()
    row = here.row("welcome:1")
    assert (row.state, row.attempts, row.address) == ("sent", 1, ANNA.email)
    assert row.sent_at == here.stores.now()
    (kept,) = here.kept()
    assert kept["address"] == ANNA.email
    (sent,) = here.facts("Message Sent")
    assert sent["subject"] == anna
    assert {name: sent[name] for name in ("key", "campaign", "step", "variant", "purpose")} == {
        "key": "welcome:1",
        "campaign": "welcome",
        "step": "hello",
        "variant": "b",
        "purpose": "marketing",
    }


def test_one_key_is_one_message_however_often_it_is_meant(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    first = mail("order:7", anna, purpose="transactional")
    assert here.intend(first, first) == 1
    here.go()
    assert here.intend(mail("order:7", anna, purpose="transactional", parts={"text": "Changed"})) == 0
    here.go()
    assert len(here.kept()) == 1
    assert len(here.facts("Message Sent")) == 1


def test_what_comes_second_on_a_day_waits_for_the_next_and_says_so_once(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("a", anna, priority=10), mail("b", anna, priority=90))
    here.go()
    assert here.states("a", "b") == ["held", "sent"]
    held = here.row("a")
    assert (held.reason, held.rule) == ("cap", "marketing per day")
    assert held.due_at > here.stores.now()
    here.go()
    assert len(here.decisions("a")) == 1
    (told,) = here.facts("Message Held")
    assert (told["key"], told["reason"], told["rule"]) == ("a", "cap", "marketing per day")
    here.world.tick((held.due_at - here.stores.now()) // 1_000_000)
    here.go()
    assert here.states("a") == ["sent"]
    assert [one.outcome for one in here.decisions("a")] == ["hold", "send"]
    assert len(here.facts("Message Held")) == 1


def test_of_two_that_want_the_same_slot_the_more_valuable_goes_first(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    late_night = 13 * HOUR // 1_000_000
    here.world.tick(late_night)
    here.intend(mail("low", anna, priority=40, expires_at=here.stores.now() + 20 * HOUR))
    here.go()
    here.intend(mail("high", anna, priority=40, value=9.5))
    here.go()
    assert here.row("low").reason == here.row("high").reason == "quiet_hours"
    here.world.tick((here.row("high").due_at - here.stores.now()) // 1_000_000)
    here.go()
    assert here.states("low", "high") == ["skipped", "sent"]
    (skipped,) = here.facts("Message Skipped")
    assert (skipped["key"], skipped["reason"]) == ("low", "cap")


def test_several_subjects_of_one_person_share_one_limit(here: Place) -> None:
    here.meet(ANNA)
    device, user, *_ = here.subjects(ANNA)
    here.intend(mail("one", device), mail("two", user))
    here.go()
    assert sorted(here.states("one", "two")) == ["held", "sent"]


def test_without_consent_nothing_is_sent(here: Place) -> None:
    (elif_,) = here.meet(ELIF, consent=False)
    here.intend(mail("m", elif_), mail("t", elif_, purpose="transactional"))
    here.go()
    assert here.states("m", "t") == ["skipped", "sent"]
    assert here.row("m").reason == "no_consent"


def test_who_unsubscribes_gets_no_more_even_when_it_was_reserved_already(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna))
    here.sender.decide()
    assert here.states("m") == ["reserved"]
    here.happens(ANNA, "Unsubscribed", purpose="marketing", channel="email")
    here.sender.send()
    assert here.states("m") == ["skipped"]
    assert here.kept() == []


def test_a_topic_that_is_off_stays_off_until_it_is_wanted_again(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.happens(ANNA, "Unsubscribed", topic="offers")
    here.intend(mail("offer", anna, topic="offers"), mail("news", anna, topic="news"))
    here.go()
    assert here.states("offer", "news") == ["skipped", "sent"]
    here.happens(ANNA, "Subscribed", topic="offers")
    here.world.tick(2 * DAY // 1_000_000)
    here.intend(mail("offer2", anna, topic="offers"))
    here.go()
    assert here.states("offer2") == ["sent"]


def test_an_open_complaint_holds_and_closing_it_lets_go_at_once(here: Place) -> None:
    (daan,) = here.meet(DAAN)
    here.happens(DAAN, "Complaint Opened", complaint_id="C-1")
    here.intend(mail("m", daan), mail("service", daan, purpose="service"))
    here.go()
    assert here.states("m", "service") == ["held", "sent"]
    assert here.row("m").reason == "open_complaint"
    for _ in range(2):
        here.world.tick(3_600)
        assert here.go() == 1
    # Looking again and finding the same is no new decision.
    assert len(here.decisions("m")) == 1
    here.happens(DAAN, "Complaint Opened", complaint_id="C-2")
    here.happens(DAAN, "Complaint Closed", complaint_id="C-1")
    here.go()
    assert here.states("m") == ["held"]
    here.happens(DAAN, "Complaint Closed", complaint_id="C-2")
    here.go()
    assert here.states("m") == ["sent"]


def test_a_pause_holds_until_it_ends_or_is_taken_back(here: Place) -> None:
    anna, bram = here.meet(ANNA, BRAM)
    for one in (ANNA, BRAM):
        here.happens(one, "Contact Paused", days=30)
    here.intend(mail("a", anna), mail("b", bram))
    here.go()
    assert here.states("a", "b") == ["held", "held"]
    assert here.row("a").due_at > here.stores.now() + 29 * DAY
    here.happens(BRAM, "Contact Resumed")
    here.go()
    assert here.states("a", "b") == ["held", "sent"]


def test_a_hard_bounce_ends_all_mail_to_the_address_and_a_few_soft_ones_do_not(here: Place) -> None:
    anna, bram = here.meet(ANNA, BRAM)
    here.happens(ANNA, "Email Bounced", email=ANNA.email.upper(), bounce="hard")
    for _ in range(4):
        here.happens(BRAM, "Email Bounced", email=BRAM.email, bounce="soft")
    here.intend(mail("a", anna, purpose="transactional"), mail("b", bram, purpose="transactional"))
    here.go()
    assert here.states("a", "b") == ["skipped", "sent"]
    assert here.row("a").reason == "bounced"
    here.happens(BRAM, "Email Bounced", email=BRAM.email, bounce="soft")
    here.intend(mail("b2", bram, purpose="transactional"))
    here.go()
    assert here.row("b2").reason == "bounced"
    here.world.tick(40 * DAY // 1_000_000)
    here.intend(mail("b3", bram, purpose="transactional"))
    here.go()
    assert here.states("b3") == ["sent"]


def test_reports_are_written_into_the_ledger(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna))
    here.go()
    here.happens(ANNA, "Email Delivered", key="m")
    here.happens(ANNA, "Email Opened", key="m")
    here.happens(ANNA, "Email Link Clicked", key="m")
    row = here.row("m")
    assert row.state == "delivered"
    assert row.opened_at is not None
    assert row.clicked_at is not None
    assert row.opened_at < row.clicked_at
    here.happens(ANNA, "Email Bounced", key="m", bounce="hard")
    assert here.row("m").state == "bounced"
    here.intend(mail("t", anna, purpose="transactional"))
    here.go()
    # The report named no address: it is about the one that its message went to.
    assert here.row("t").reason == "bounced"


def test_stopping_a_campaign_takes_back_what_was_not_sent_yet(here: Place) -> None:
    anna, bram = here.meet(ANNA, BRAM)
    later = here.stores.now() + DAY
    here.intend(
        mail("a", anna, campaign="c", not_before=later), mail("b", bram, campaign="c", not_before=later)
    )
    with here.database.write() as connection:
        assert here.contact.cancel(connection, campaign="c", subjects=[anna]) == 1
        assert here.contact.cancel(connection, campaign="other") == 0
    assert here.states("a", "b") == ["cancelled", "waiting"]
    with here.database.write() as connection:
        assert here.contact.cancel(connection, campaign="c") == 1


def test_asking_changes_nothing(here: Place) -> None:
    anna, elif_ = here.meet(ANNA), here.meet(ELIF, consent=False)
    with here.database.read() as connection:
        said = here.contact.ask(
            connection, [mail("a", anna[0]), mail("b", elif_[0]), mail("c", 12345)], here.stores.now()
        )
        assert here.contact.ledger(connection, [anna[0], elif_[0]]) == []
    assert [said[key].reason for key in "abc"] == ["ok", "no_consent", "no_address"]


def test_rules_have_versions_and_hold_from_the_next_turn_on(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("a", anna), mail("b", anna))
    here.go()
    assert sorted(here.states("a", "b")) == ["held", "sent"]
    loose = GateRules(consent=DEFAULT.consent, caps=(Cap(name="many", at_most=9, days=1),))
    with here.database.write() as connection:
        assert here.contact.rules(connection).version == 0
        assert here.contact.save_rules(connection, loose, by="Gijs", now=here.stores.now()).version == 1
        assert here.contact.save_rules(connection, loose, by="Gijs", now=here.stores.now()).version == 1
        with pytest.raises(Conflict):
            here.contact.save_rules(connection, DEFAULT, by="Ivo", now=here.stores.now(), over=0)
    here.go()
    assert here.states("a", "b") == ["sent", "sent"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "k" * 201},
        {"parts": None},
        {"priority": 101},
        {"purpose": "spam"},
    ],
)
def test_an_intent_that_cannot_be_is_refused_whole(embedded: Place, wrong: dict[str, object]) -> None:
    (anna,) = embedded.meet(ANNA)
    fields = {
        "key": "k",
        "subject": anna,
        "purpose": "marketing",
        "channel": "email",
        "parts": PLAIN,
        **wrong,
    }
    with pytest.raises(InvalidInput):
        embedded.intend(mail("fine", anna), Intent(**fields))  # type: ignore[arg-type]
    with embedded.database.read() as connection:
        assert embedded.contact.by_keys(connection, ["fine"]) == {}


def test_a_channel_that_is_off_keeps_its_messages_until_it_is_on(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    off = ChannelSetup(name="post box", kind="email", driver="outbox", enabled=False)
    here.channel(off)
    here.intend(mail("m", anna))
    here.go()
    assert here.row("m").reason == "channel_off"
    here.channel(ChannelSetup(name="post box", kind="email", driver="outbox"))
    here.go()
    assert here.states("m") == ["sent"]


def test_who_was_erased_is_forgotten_but_not_written_to_again(here: Place) -> None:
    anna, bram = here.meet(ANNA, BRAM)
    here.happens(ANNA, "Unsubscribed", purpose="marketing", channel="email")
    here.intend(
        mail("secret-anna", anna, purpose="transactional"), mail("later", anna, not_before=NOW + 9 * DAY)
    )
    here.go()
    here.world.work()
    for one in (ANNA, BRAM):
        erase_person(here.stores, here.world.people, f"user_id:{one.user_id}", actor=access.COMMAND)
    assert here.kept() == []
    with here.database.read() as connection:
        rows = here.contact.listed(connection, ("sent", "cancelled"))
    assert sorted(row.state for row in rows) == ["cancelled", "sent"]
    assert all(row.address == "" and row.intent.parts is None and row.intent.subject == 0 for row in rows)
    assert all("anna" not in row.intent.key for row in rows)
    for one in (ANNA, BRAM):
        for name, value in (("user_id", one.user_id), ("email", one.email)):
            lift(here.stores, f"{name}:{value}", actor=access.COMMAND)
    (anna,), (bram,) = here.meet(ANNA, consent=False), here.meet(BRAM)
    here.intend(mail("again", anna), mail("welcome", bram))
    here.go()
    assert [here.row(key).reason for key in ("again", "welcome")] == ["opted_out", ""]
    here.happens(ANNA, "Consent Given", purpose="marketing", channel="email")
    here.intend(mail("wanted", anna))
    here.go()
    assert here.states("wanted") == ["sent"]


def test_staff_can_have_an_address_left_alone_and_used_again(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    with here.database.write() as connection:
        here.contact.suppress(connection, "email", ANNA.email, here.stores.now())
    with here.database.read() as connection:
        found = here.contact.suppressed(connection, "email", [ANNA.email, BRAM.email], here.stores.now())
    assert {address: why.reason for address, why in found.items()} == {ANNA.email: "blocked"}
    here.intend(mail("no", anna, purpose="transactional"))
    here.go()
    with here.database.write() as connection:
        here.contact.release(connection, "email", ANNA.email)
    here.intend(mail("yes", anna, purpose="transactional"))
    here.go()
    assert here.states("no", "yes") == ["skipped", "sent"]


def test_many_people_are_decided_about_in_a_few_reads(embedded: Place) -> None:
    here = embedded
    subjects = here.meet(ANNA, BRAM, CHANTAL, DAAN)
    here.intend(*(mail(f"m{number}", subject) for number, subject in enumerate(subjects * 20)))
    assert here.go() == 80
    with here.database.read() as connection:
        counts = here.contact.counts(connection)
    assert counts == {"sent": 4, "held": 76}
    with here.database.read() as connection:
        figures = here.contact.figures(connection, here.stores.now() + MINUTE)
    assert (figures.waiting, figures.held, figures.failed, figures.uncertain) == (0, 76, 0, 0)


def test_the_limit_of_a_turn_does_not_part_what_wants_the_same_slot(
    embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beleef.contact.work._AT_ONCE", 1)
    embedded.meet(ANNA)
    device, user, *_ = embedded.subjects(ANNA)
    embedded.intend(mail("older", device, priority=1))
    embedded.world.tick(1)
    embedded.intend(mail("newer", user, priority=99))
    assert embedded.go() == 2
    assert embedded.states("older", "newer") == ["held", "sent"]

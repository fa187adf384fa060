"""How much people are contacted, and what other rules would have made of last month, counted by hand on a small history."""

import msgspec

from beleef.contact.api import Cap, GateRules, PastContact
from beleef.contact.gate import Gate
from beleef.contact.model import Intent, Known
from beleef.contact.rules import DEFAULT
from beleef.contact.trial import Meant, run
from beleef.kernel.clock import DAY, HOUR, SECOND
from tests.cast import ANNA, BRAM, CHANTAL, ELIF, NOW
from tests.contact.making import Place, mail

LOOSE = GateRules(consent=DEFAULT.consent)


def test_pressure_counts_contacts_per_person_and_week(here: Place) -> None:
    here.rules(LOOSE)
    anna, bram, chantal, elif_ = (
        here.meet(one, consent=one is not ELIF)[0] for one in (ANNA, BRAM, CHANTAL, ELIF)
    )
    start = here.stores.now()
    here.intend(mail("a1", anna), mail("a2", anna), mail("b1", bram), mail("e1", elif_))
    here.go()
    here.world.tick(8 * DAY // SECOND)
    here.intend(mail("a3", anna))
    here.go()
    with here.database.read() as connection:
        found = here.contact.pressure(
            connection,
            start=start,
            end=start + 14 * DAY,
            audiences={"regulars": [anna, chantal], "nobody": []},
        )
    assert found.weeks == 2
    # Anna 2 and 1, Bram 1 and 0; Elif was skipped.
    assert found.per_week == {0: 1, 1: 2, 2: 1}
    assert (found.people, found.contacts) == (2, 4)
    assert found.by_channel == {"email": 4}
    assert found.by_audience == {"regulars": (1, 3), "nobody": (0, 0)}
    assert found.outcomes == {"skip:no_consent": 1}


def test_a_period_without_contacts_has_no_pressure(here: Place) -> None:
    with here.database.read() as connection:
        found = here.contact.pressure(connection, start=NOW, end=NOW + DAY)
    assert (found.people, found.contacts, found.per_week) == (0, 0, {0: 0})


def test_a_changed_cap_is_tried_on_what_was_meant_last_month(here: Place) -> None:
    here.rules(LOOSE)
    (anna,) = here.meet(ANNA)
    (elif_,) = here.meet(ELIF, consent=False)
    start = here.stores.now()
    for day in range(10):
        here.intend(mail(f"a{day}", anna, expires_at=here.stores.now() + DAY), mail(f"e{day}", elif_))
        here.go()
        here.world.tick(DAY // SECOND)
    strict = msgspec.structs.replace(LOOSE, caps=(Cap(name="two a week", at_most=2, days=7),))
    with here.database.read() as connection:
        found = here.contact.simulate_caps(connection, strict, start=start, end=here.stores.now())
    assert found.intents == 20
    assert found.now == {"send": 10, "skip:no_consent": 10}
    # Days 0 and 1, then 7 and 8: whatever else came expired before there was room, but for day 6, which waits one day.
    assert found.then["send"] + found.then["skip:cap"] == 10
    assert found.then["send"] == 4
    assert found.people == {0: 1, 7: 1}
    assert found.people_then == {0: 1, 2: 1}


def test_contacts_from_before_count_in_a_trial(here: Place) -> None:
    here.rules(LOOSE)
    (anna,) = here.meet(ANNA)
    here.intend(mail("before", anna))
    here.go()
    start = here.world.tick(60)
    here.intend(mail("after", anna))
    here.go()
    one_a_day = msgspec.structs.replace(LOOSE, caps=(Cap(name="one", at_most=1, days=1),))
    with here.database.read() as connection:
        found = here.contact.simulate_caps(connection, one_a_day, start=start, end=start + HOUR)
    assert found.now == {"send": 1}
    assert found.then == {"hold:cap": 1, "send": 1}


def test_in_a_trial_the_more_important_message_goes_first() -> None:
    known = Known(zone="UTC")
    meant = [
        Meant(
            intent=Intent(
                key=key, subject=1, purpose="service", channel="email", message="m", priority=priority,
                expires_at=NOW + HOUR,
            ),
            at=NOW,
            known=known,
        )
        for key, priority in (("low", 1), ("high", 99))
    ]  # fmt: skip
    rules = GateRules(caps=(Cap(name="one", at_most=1, days=1),))
    tried = run(Gate(rules), meant, [PastContact(at=NOW - 2 * DAY, channel="email", purpose="service")])
    assert tried.outcomes == {"send": 1, "skip:cap": 1}
    assert [one.at for one in tried.sent] == [NOW]


def test_a_trial_ends_where_only_people_could_go_on() -> None:
    known = Known(zone="UTC", has_open_complaint=True)
    intent = Intent(key="k", subject=1, purpose="survey", channel="email", message="m")
    rules = GateRules(hold_during_complaint=("survey",))
    assert run(Gate(rules), [Meant(intent=intent, at=NOW, known=known)], ()).outcomes == {
        "hold:open_complaint": 1
    }

"""Lists of people, accounts, and forgetting."""

from beleef.kernel.clock import DAY
from beleef.profiles.api import Profiles
from beleef.profiles.model import Recent
from beleef.store.records.database import Database
from tests.cast import ANNA, BAKERY
from tests.conftest import NOW
from tests.profiles.making import ZONE, fact, identify, work

api = Profiles(zone=ZONE)


def test_the_list_of_people_pages_through_everybody_once_latest_first(database: Database) -> None:
    facts = [fact(number, "x", days_ago=number // 3 / 2) for number in range(30)]
    with database.write() as connection:
        work(connection, facts, list(range(30)))
        seen: list[Recent] = []
        after, pages = None, 0
        while pages == 0 or after:
            page = api.recent(connection, after=after, limit=7)
            seen.extend(page.rows)
            after, pages = page.next, pages + 1
    assert [(-row.last_seen, -row.subject) for row in seen] == sorted(
        (-each.occurred_at, -each.id) for each in facts
    )
    assert pages == 5


def test_the_list_of_people_filters_by_channel_time_trait_and_number_of_facts(database: Database) -> None:
    facts = [
        fact(1, "x", channel="phone"),
        fact(2, "x"),
        fact(3, "x", days_ago=2),
        identify(4, days_ago=5, traits={"vip": 1}),
        fact(5, "x"),
    ]
    with database.write() as connection:
        work(connection, facts, [1, 2, 3, 4, 2])

        def subjects(**filters: object) -> list[int]:
            return [row.subject for row in api.recent(connection, **filters).rows]  # type: ignore[arg-type]

        assert subjects() == [2, 1, 3, 4]
        assert subjects(channel="phone") == [1]
        assert subjects(since=NOW - 2 * DAY) == [2, 1, 3]
        assert subjects(trait="vip") == [4]
        assert subjects(min_facts=2) == [2]


def test_a_line_says_who_it_is(database: Database) -> None:
    traits = {"firstName": "Anna", "last_name": "de Vries", "email": ANNA.email}
    with database.write() as connection:
        work(connection, [identify(1, traits=traits)])
        (row,) = api.recent(connection).rows
    assert row == Recent(
        subject=1,
        name="Anna de Vries",
        email=ANNA.email,
        first_seen=NOW,
        last_seen=NOW,
        facts=1,
        channels=("web",),
    )


def test_an_account_has_the_latest_traits_of_all_its_people(database: Database) -> None:
    with database.write() as connection:
        for number, name, ago in ((2, "Bakkerij Smit", 1), (1, "Smit", 4)):
            group = fact(number, type="group", group_id=BAKERY.group_id, traits={"name": name}, days_ago=ago)
            work(connection, [group], number)
        found = api.account_profile(connection, BAKERY.group_id)
        assert found is not None
        assert (found.traits["name"].value, found.facts, found.first_seen) == (
            "Bakkerij Smit",
            2,
            NOW - 4 * DAY,
        )
        assert api.profile(connection, [1, 2], NOW).traits == {}
        api.forget_account(connection, BAKERY.group_id)
        assert api.account_profile(connection, BAKERY.group_id) is None


def test_nothing_is_left_of_a_forgotten_person(database: Database) -> None:
    with database.write() as connection:
        work(connection, [identify(n, user_id=f"u{n}", traits={"name": ANNA.name}) for n in (1, 2)], [1, 2])
        api.forget(connection, [1])
        assert api.profile(connection, [1], NOW).facts == 0
        assert api.consents(connection, [1]) == ()
        assert api.search(connection, "anna", 5) == [2]

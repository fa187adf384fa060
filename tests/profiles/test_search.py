"""Finding people by what staff type: beginnings of names, addresses and numbers, with or without accents and signs."""

import sqlalchemy as sa

from beleef.profiles.api import Profiles
from beleef.store.records.database import Database
from tests.cast import ANNA, BRAM, CUSTOMERS, DAAN, ELIF, Customer
from tests.profiles.making import ZONE, fact, identify, work

api = Profiles(zone=ZONE)


def everybody(connection: sa.Connection) -> None:
    facts = [
        identify(
            number, user_id=each.user_id, traits={"name": each.name, "email": each.email, "phone": each.phone}
        )
        for number, each in enumerate(CUSTOMERS)
    ]
    work(connection, facts, [int(each.user_id) for each in CUSTOMERS])


FOUND: dict[str, list[Customer]] = {
    "anna": [ANNA],
    "VRIES": [ANNA, BRAM],
    "de vries bram": [BRAM],
    "ozdemir": [DAAN],
    "O'Neill": [DAAN],
    "yilm": [ELIF],
    ELIF.name: [ELIF],
    "anna.de.vries@example.nl": [ANNA],
    "ANNA.de.v": [ANNA],
    "bram@exa": [BRAM],
    "1004": [DAAN],
    "06-1234 5678": [ANNA],
    "+31 6 2345": [BRAM],
    "06 2345 67": [BRAM],
    "0031 6 3456": [DAAN],
    "annas": [],
    "anna bram": [],
    "' OR 1=1 --": [],
    "%": [],
    "": [],
    "\ud800\x00": [],
}


def test_people_are_found_by_the_beginnings_of_their_words(database: Database) -> None:
    with database.write() as connection:
        everybody(connection)
        found = {asked: sorted(api.search(connection, asked, 10)) for asked in FOUND}
    assert found == {asked: [int(each.user_id) for each in expected] for asked, expected in FOUND.items()}


def test_no_more_are_found_than_asked_for(database: Database) -> None:
    with database.write() as connection:
        everybody(connection)
        assert len(api.search(connection, "example", 3)) == 3


def test_a_new_name_replaces_the_old_one_and_the_number_stays(database: Database) -> None:
    with database.write() as connection:
        everybody(connection)
        work(
            connection,
            [identify(90, user_id=ANNA.user_id, traits={"name": "Anna Jansen"}, days_ago=-0.01)],
            1001,
        )
        assert api.search(connection, "jansen", 5) == [1001]
        assert api.search(connection, "anna vries", 5) == [1001]  # Her e-mail address still says so.
        work(connection, [identify(91, traits={"email": None}, days_ago=-0.02)], 1001)
        assert api.search(connection, "anna vries", 5) == []
        assert api.search(connection, "1001", 5) == [1001]


def test_search_terms_are_written_only_when_they_change(sqlite_database: Database) -> None:
    statements: list[str] = []
    with sqlite_database.write() as connection:
        everybody(connection)
        sa.event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        work(
            connection,
            [identify(90, user_id=ANNA.user_id, traits={"name": ANNA.name, "city": "Delft"}, days_ago=-0.01)],
            1001,
        )
        work(connection, [fact(91, "x", user_id=BRAM.user_id)], 1002)
    assert statements
    assert not [statement for statement in statements if "search_terms" in statement]

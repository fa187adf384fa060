"""Comments: read as they come in, replaced by a later word, shown within the promise of their survey, and read anew with other themes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beleef.app import Stores
from beleef.facts.fact import Batch, Fact
from beleef.feedback.tables import survey_answers
from beleef.feedback.voices import keeping, learning, queries, theme_queries
from beleef.feedback.voices.model import LEAST_SHOWN, Label, Suggested, Theme, Wanted
from beleef.feedback.voices.work import Rereading, VoicesStep
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.settings import load
from beleef.store.records.database import Database
from beleef.store.records.migrate import migrate
from tests.cast import NOW
from tests.feedback.panels import ORDER, panel, rebuilt_state

BY_NAME: keeping.Kept = {"order": "none", "staff": "anonymous"}
LATE = "De bezorging was veel te laat en niemand liet iets weten."
QUICK = "Snel bezorgd, heel blij mee!"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty state."""
    opened = Database(f"sqlite:///{tmp_path / 'records.db'}")
    migrate(opened)
    yield opened
    opened.close()


def fact(number: int, text: str, **given: Any) -> Fact:
    event = given.pop("event", "Survey Answered")
    at = given.pop("at", NOW)
    properties = {
        "survey": "order",
        "version": 1,
        "response": f"r{number}",
        "question": "why",
        "kind": "open",
        "text": text,
        "language": "nl",
        "delivery": "email",
        **given,
    }
    return Fact(
        id=number,
        message_id=f"m{number}",
        type="track",
        name=event,
        source="beleef",
        channel="email",
        occurred_at=at,
        received_at=at,
        properties=properties,
    )


def take_in(database: Database, *facts: Fact, subject: int = 7) -> None:
    step = VoicesStep()
    with database.write() as connection:
        step(Batch(facts=list(facts), subjects=[subject] * len(facts), now=NOW), connection)


def take_in_nobodys(database: Database, *facts: Fact) -> None:
    with database.write() as connection:
        VoicesStep()(Batch(facts=[], anonymous=list(facts), now=NOW), connection)


def shown(database: Database, **wanted: Any) -> list[str]:
    with database.read() as connection:
        found = keeping.comments(connection, Wanted(**wanted), BY_NAME, limit=100)
    return [one.said.text for one in found]


def test_a_comment_is_read_with_the_words_that_made_its_tone(database: Database) -> None:
    take_in(database, fact(1, LATE))
    with database.read() as connection:
        comment = keeping.comment(connection, 1, BY_NAME)
    assert comment.reading.tone == "negative"
    assert {"delivery"} <= {mention.theme for mention in comment.reading.mentions}
    assert comment.reading.words
    assert all(LATE[word.start : word.end] == word.word for word in comment.reading.words)


def test_personal_data_is_not_kept_where_it_can_be_searched(database: Database) -> None:
    take_in(database, fact(1, "Mail mij op anna@example.nl, de bezorging was te laat."))
    assert shown(database) == ["Mail mij op [e-mail], de bezorging was te laat."]


def test_the_same_batch_again_changes_nothing(database: Database) -> None:
    take_in(database, fact(1, LATE), fact(2, QUICK))
    before = shown(database)
    take_in(database, fact(1, LATE), fact(2, QUICK))
    assert shown(database) == before


def test_a_later_word_takes_the_place_of_the_first(database: Database) -> None:
    take_in(database, fact(1, LATE, response="same"))
    take_in(database, fact(2, QUICK, response="same", at=NOW + 1))
    assert shown(database) == [QUICK]


def test_a_first_word_that_comes_late_does_not_replace_the_last(database: Database) -> None:
    take_in(database, fact(2, QUICK, response="same", at=NOW + 1))
    take_in(database, fact(3, LATE, response="same", at=NOW))
    assert shown(database) == [QUICK]


def test_an_answer_that_was_taken_back_is_gone(database: Database) -> None:
    take_in(database, fact(1, LATE, response="same"))
    take_in(database, fact(2, "", response="same", at=NOW + 1, event="Survey Answer Withdrawn"))
    assert shown(database) == []


def test_what_somebody_wrote_is_forgotten_with_them(database: Database) -> None:
    take_in(database, fact(1, LATE), subject=7)
    take_in(database, fact(2, QUICK), subject=8)
    with database.write() as connection:
        queries.forget(connection, [7])
    assert shown(database) == [QUICK]


def test_what_is_nobodys_has_no_moment_but_its_month(database: Database) -> None:
    take_in_nobodys(database, *(fact(one, QUICK, at=NOW + one) for one in range(1, 4)))
    with database.read() as connection:
        moments = {one.said.at for one in keeping.comments(connection, Wanted(), BY_NAME)}
    assert len(moments) == 1
    assert moments.pop() <= NOW - DAY + DAY


@pytest.mark.parametrize(("count", "seen"), [(LEAST_SHOWN - 1, 0), (LEAST_SHOWN, LEAST_SHOWN)])
def test_comments_of_a_survey_that_nobody_knows_show_only_among_enough_others(
    database: Database, count: int, seen: int
) -> None:
    take_in_nobodys(database, *(fact(one, QUICK, survey="elsewhere") for one in range(1, count + 1)))
    assert len(shown(database)) == seen


def test_a_filter_that_leaves_out_too_few_of_them_shows_none(database: Database) -> None:
    quick = [fact(one, QUICK, survey="elsewhere") for one in range(1, 15)]
    take_in_nobodys(database, *quick, fact(99, LATE, survey="elsewhere"))
    assert len(shown(database)) == 15
    # Fourteen would be shown, and so the fifteenth would be known.
    assert shown(database, tone="positive") == []


def test_an_anonymous_comment_is_never_seen_by_itself(database: Database) -> None:
    take_in_nobodys(database, *(fact(one, QUICK, survey="staff") for one in range(1, 20)))
    with database.read() as connection, pytest.raises(NotFound):
        keeping.comment(connection, 1, BY_NAME)


def test_a_survey_that_nobody_knows_is_taken_for_anonymous(database: Database) -> None:
    take_in(database, fact(1, LATE, survey="elsewhere"))
    assert shown(database) == []


def test_themes_are_counted_once_a_comment(database: Database) -> None:
    take_in(database, fact(1, "Te laat bezorgd. De bezorging kan beter. Slechte bezorging!"), fact(2, QUICK))
    with database.read() as connection:
        found = keeping.summary(connection, Wanted(), BY_NAME)
    delivery = next(one for one in found.themes if one.theme == "delivery")
    assert (found.comments, delivery.comments, delivery.positive, delivery.negative) == (2, 2, 1, 1)


def test_comments_are_read_anew_when_a_theme_changes(database: Database) -> None:
    take_in(database, fact(1, "De kerstboom op de poster was mooi."))
    made = Theme(name="christmas", labels={"nl": "Kerst"}, words={"nl": ("kerstboom",)})
    with database.write() as connection:
        keeping.save_theme(connection, made, NOW)
    assert shown(database, theme="christmas") == []
    rereading = Rereading(database)
    assert rereading()
    assert not rereading()
    assert shown(database, theme="christmas") == ["De kerstboom op de poster was mooi."]


def test_a_theme_that_is_switched_off_is_found_no_more(database: Database) -> None:
    take_in(database, fact(1, LATE))
    with database.write() as connection:
        known = keeping.theme(connection, "delivery")
        off = Theme(name=known.name, labels=known.labels, words=known.words, is_used=False)
        keeping.save_theme(connection, off, NOW)
    Rereading(database)()
    assert shown(database, theme="delivery") == []


def test_a_theme_without_words_is_refused(database: Database) -> None:
    empty = Theme(name="nothing", labels={"en": "Nothing"}, words={})
    with database.write() as connection, pytest.raises(InvalidInput, match="at least one word"):
        keeping.save_theme(connection, empty, NOW)


def test_reviewers_say_what_they_see_and_may_change_their_mind(database: Database) -> None:
    take_in(database, fact(1, LATE))
    for verdict in ("positive", "negative"):
        with database.write() as connection:
            keeping.label(
                connection, Label(fact=1, about="tone", verdict=verdict, by="Gijs", at=NOW), BY_NAME
            )
    with database.read() as connection:
        assert keeping.comment(connection, 1, BY_NAME).labels == {"tone": "negative"}
        found = learning.agreement(connection, "nl", BY_NAME)
    assert (found.n, found.right) == (1, 1)


def test_a_reviewer_cannot_say_what_no_button_says(database: Database) -> None:
    take_in(database, fact(1, LATE))
    with database.write() as connection, pytest.raises(InvalidInput):
        keeping.label(connection, Label(fact=1, about="tone", verdict="unsure", by="Gijs", at=NOW), BY_NAME)


def test_a_model_needs_enough_labels(database: Database) -> None:
    with database.read() as connection, pytest.raises(InvalidInput):
        learning.learn(connection, "nl", BY_NAME)


def readings(database: Database) -> dict[str, tuple[str, bool]]:
    """Read anew what has to be, and return by text its tone and whether a model said it."""
    again = Rereading(database)
    while again():
        """As long as there is anything to read."""
    with database.read() as connection:
        found = keeping.comments(connection, Wanted(), {"order": "none"}, limit=200)
    return {one.said.text: (one.reading.tone, one.reading.by_model) for one in found}


def test_what_reviewers_say_is_learned_shown_used_and_there_after_a_rebuild(tmp_path: Path) -> None:
    kinds = {"positive": ("flurp", "wimpel"), "negative": ("knorf", "zwadder")}
    with panel(tmp_path / "shop") as asking:
        asking.publish(ORDER)
        for tone, (first, second) in kinds.items():
            for number in range(24):
                words = f"{first} de {second} met {tone[:3]}{number}"
                asking.do("Survey Answered", survey="order", response=f"{tone}{number}", question="why", kind="open", text=words, language="nl")  # fmt: skip
        asking.do("Survey Answered", survey="order", response="odd", question="why", kind="open", text="Kwibus op dinsdag", language="nl")  # fmt: skip
        asking.work()
        database = asking.database
        with database.write() as connection:
            for one in keeping.comments(connection, Wanted(), BY_NAME, limit=200):
                verdict = next((tone for tone, words in kinds.items() if words[0] in one.said.text), "")
                if verdict:
                    label = Label(fact=one.said.fact, about="tone", verdict=verdict, by="Gijs", at=NOW)
                    keeping.label(connection, label, BY_NAME)
        with database.read() as connection:
            model = learning.learn(connection, "nl", BY_NAME)
        assert (model.quality.n, model.quality.macro_f1) == (48, 1)
        with database.write() as connection:
            learning.keep(connection, "nl", model, NOW)
        assert {by_model for _, by_model in readings(database).values()} == {False}, "nobody said to use it"
        with database.write() as connection:
            learning.use(connection, "nl", NOW, is_used=True)
        read = readings(database)
    for text, (tone, by_model) in read.items():
        expected = next((kind for kind, words in kinds.items() if words[0] in text), None)
        assert by_model == (expected is not None), "of what it does not know it says nothing"
        assert expected in {None, tone}
    rebuilt_state(tmp_path / "shop")
    stores = Stores(load(tmp_path / "shop", {}))
    assert readings(stores.database) == read
    stores.close()


def test_angry_words_with_a_high_score_stand_out(database: Database) -> None:
    take_in(database, fact(1, LATE), fact(2, QUICK))
    with database.write() as connection:
        for number in (1, 2):
            connection.execute(survey_answers.insert().values(_score(number)))
    with database.read() as connection:
        found = keeping.contradicting(connection, Wanted(), BY_NAME)
    assert [(one.said.fact, one.metric, one.value) for one in found] == [(1, "nps", 10)]


def test_a_suggestion_becomes_a_theme_or_is_dismissed_once(database: Database) -> None:
    with database.write() as connection:
        suggested = [
            Suggested(id=0, language="nl", words=(word,), examples=(), comments=9)
            for word in ("kerstboom", "paasei")
        ]
        assert keeping.keep_suggestions(connection, {"nl": suggested}, NOW) == 2
        first, second = keeping.suggestions(connection)
        made = Theme(name="christmas", labels={"nl": "Kerst"}, words={"nl": ("kerstboom",)})
        keeping.accept(connection, first.id, made, NOW)
        keeping.dismiss(connection, second.id)
        assert keeping.suggestions(connection) == []
        assert "christmas" in {theme.name for theme in theme_queries.themes(connection)}
        with pytest.raises(NotFound):
            keeping.dismiss(connection, second.id)


def _score(number: int) -> dict[str, Any]:
    texts = {
        column.name: ""
        for column in survey_answers.columns
        if not column.nullable and column.type.python_type is str
    }
    return {
        **texts,
        "number": number,
        "response": f"r{number}",
        "survey": "order",
        "version": 1,
        "question": "nps",
        "kind": "nps",
        "value": 10,
        "subject": 7,
        "flagged": False,
        "at": NOW,
        "fact": number,
        "atom": -1,
    }

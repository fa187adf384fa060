"""Articles: how a body is read, which articles fit some words, versions, and how their use is counted from facts."""

import pytest
import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.support.knowledge import Article, ArticleText, Knowledge, KnowledgeStep
from beleef.support.knowledge.model import parts, ranked, weights
from tests.cast import GIJS, NOW
from tests.support.making import ServiceDesk


def article(name: str, title: str, body: str = "", **more: bool) -> Article:
    return Article(name=name, texts={"en": ArticleText(title=title, body=body)}, **more)  # type: ignore[arg-type]  # because the only further field is a flag


def keep(knowledge: Knowledge, connection: sa.Connection, *articles: Article) -> None:
    for one in articles:
        knowledge.save(connection, one, by=GIJS.name, now=NOW)
        knowledge.publish(connection, one.name, by=GIJS.name, now=NOW)


def test_a_body_is_read_as_headings_paragraphs_and_lists() -> None:
    found = parts("## First\nOne line\nand the next.\n\n- a\n- b\n\n1. do\n2. so")
    assert [one.kind for one in found] == ["heading", "paragraph", "list", "steps"]
    assert "".join(run.text for run in found[1].lines[0]) == "One line and the next."
    assert len(found[2].lines) == 2


def test_markup_of_others_stays_text_and_addresses_become_links() -> None:
    (part,) = parts("<b>See</b> https://example.nl/a. Now.")
    assert [run.href for run in part.lines[0]] == ["", "https://example.nl/a", ""]
    assert part.lines[0][0].text == "<b>See</b> "


def test_a_word_that_few_articles_have_counts_more() -> None:
    hits = [("a", "parcel", 1), ("b", "parcel", 1), ("b", "refund", 1)]
    assert [name for name, _ in ranked(hits, 2)] == ["b", "a"]


def test_the_title_counts_more_than_the_body() -> None:
    found = weights(["parcel"], [], ["late", "late", "late", "late", "late"])
    assert found["parcel"] > found["late"] > 1


def test_what_fits_is_found_and_what_is_for_staff_only_is_not(desk: ServiceDesk) -> None:
    knowledge = Knowledge()
    with desk.stores.database.write() as connection:
        keep(
            knowledge,
            connection,
            article("parcel", "Where is my parcel?"),
            article("refund", "When do I get my money back?", "A refund takes five days."),
            article("secret", "Parcel rules for colleagues", internal=True),
        )
    with desk.stores.database.read() as connection:
        found = knowledge.search(connection, "my refund", "en", limit=5)
        assert [one.name for one in found] == ["refund"]
        everybody = knowledge.search(connection, "parcels", "en", limit=5)
        assert [one.name for one in everybody] == ["parcel"]
        staff = knowledge.search(connection, "parcels", "en", limit=5, internal=True)
        assert {one.name for one in staff} == {"parcel", "secret"}
        typing = knowledge.search(connection, "the par", "en", limit=5, unfinished=True)
        assert [one.name for one in typing] == ["parcel"]


def test_a_publication_stays_while_the_draft_changes(embedded: ServiceDesk) -> None:
    knowledge = Knowledge()
    with embedded.stores.database.write() as connection:
        keep(knowledge, connection, article("parcel", "Where is it?", "Old."))
        knowledge.save(connection, article("parcel", "Where is it?", "New."), by=GIJS.name, now=NOW)
        assert knowledge.article(connection, "parcel").is_changed
        assert knowledge.published(connection, "parcel").article.texts["en"].body == "Old."
        assert knowledge.publish(connection, "parcel", by=GIJS.name, now=NOW + HOUR) == 2
        assert knowledge.published(connection, "parcel").article.texts["en"].body == "New."
        knowledge.restore(connection, "parcel", 1, by=GIJS.name, now=NOW + HOUR)
        assert knowledge.article(connection, "parcel").article.texts["en"].body == "Old."
        assert [one.version for one in knowledge.versions(connection, "parcel")] == [2, 1]


def test_an_article_that_is_withdrawn_is_neither_read_nor_found(embedded: ServiceDesk) -> None:
    knowledge = Knowledge()
    with embedded.stores.database.write() as connection:
        keep(knowledge, connection, article("parcel", "Where is my parcel?"))
        knowledge.withdraw(connection, "parcel")
        with pytest.raises(NotFound):
            knowledge.published(connection, "parcel")
        assert knowledge.search(connection, "parcel", "en", limit=5) == []


def test_a_new_article_takes_no_name_that_is_taken_or_is_an_address(embedded: ServiceDesk) -> None:
    knowledge = Knowledge()
    with embedded.stores.database.write() as connection:
        keep(knowledge, connection, article("parcel", "Where is it?"))
        with pytest.raises(Conflict):
            knowledge.save(connection, article("parcel", "Another"), by="", now=NOW, new=True)
        with pytest.raises(InvalidInput):
            knowledge.save(connection, article("contact", "Another"), by="", now=NOW)
        with pytest.raises(InvalidInput):
            knowledge.save(connection, article("empty", " "), by="", now=NOW)


def told(number: int, what: str, visit: str, **more: object) -> Fact:
    return Fact(
        id=number,
        message_id=f"m{number}",
        type="track",
        source="beleef",
        channel="web",
        occurred_at=NOW + number,
        received_at=NOW + number,
        name=what,
        properties={"visit": visit, **more},
    )


FACTS = [
    told(1, "Article Viewed", "v1", article="parcel", place="help"),
    told(2, "Article Helpful", "v1", article="parcel", helpful=True),
    told(3, "Article Viewed", "v2", article="parcel", place="form"),
    told(4, "Help Asked", "v2"),
    told(5, "Article Helpful", "v3", article="parcel", helpful=False),
    told(6, "Article Helpful", "v1", article="parcel", helpful=False),
    told(7, "Article Viewed", "v1", article="parcel", place="help"),
    # What is asked a day after it was read did not follow from it.
    told(DAY + 5, "Help Asked", "v3"),
]


@pytest.mark.parametrize("cut", range(len(FACTS) + 1))
def test_use_is_counted_the_same_however_the_facts_are_cut(embedded: ServiceDesk, cut: int) -> None:
    step, knowledge = KnowledgeStep(), Knowledge()
    with embedded.stores.database.write() as connection:
        for some in (FACTS[:cut], FACTS[cut:], FACTS[:cut]):
            step(Batch(facts=[], anonymous=list(some), now=NOW), connection)
        used = knowledge.usage(connection, since=NOW)["parcel"]
        assert (used.visits, used.helped, used.did_not_help, used.asked) == (3, 1, 1, 2)
        assert knowledge.deflection(connection, since=NOW, now=NOW + DAY + 100) == (3, 2)
        # Of those who read a moment ago nobody knows yet whether they will ask.
        assert knowledge.deflection(connection, since=NOW, now=NOW + DAY + 4) == (2, 1)
        assert knowledge.deflection(connection, since=NOW, now=NOW + 100) == (0, 0)

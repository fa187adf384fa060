"""Messages, blocks and a kept library to test content with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from beleef.content.api import Content
from beleef.content.model import Block, Message, Organisation
from beleef.content.rendering import Composer
from beleef.store.records.database import Database
from beleef.store.records.migrate import migrate
from tests.cast import NOW

LINKS = {
    "unsubscribe": "https://shop.example/unsubscribe/t1",
    "preferences": "https://shop.example/preferences/t1",
    "view_in_browser": "https://shop.example/message/t1",
}
SHOP = Organisation(name="Kersten & Co")
SECTION = "<mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section>"


def section(text: str) -> str:
    return SECTION.format(text=text)


def mail(
    body: str = section("Dag"), *, language: str = "nl", purpose: str = "service", **parts: str
) -> Message:
    given = {"subject": "Bericht", "preheader": "Kort", "body": body, **parts}
    return Message(
        name="bericht",
        label="Bericht",
        channel="email",
        purpose=purpose,  # type: ignore[arg-type]  # a word of the test's own is what some tests are about
        texts={language: given},
    )


def sms(text: str, purpose: str = "service") -> Message:
    return Message(
        name="kort",
        label="Kort",
        channel="sms",
        purpose=purpose,  # type: ignore[arg-type]  # as above
        texts={"nl": {"text": text}, "en": {"text": text}},
    )


def composer(blocks: dict[str, str] | None = None, *, language: str = "nl") -> Composer:
    made = {
        name: Block(name=name, label=name, texts={"nl": {"mail": text, "text": text}})
        for name, text in (blocks or {}).items()
    }
    return Composer(made, organisation=SHOP, language=language, zone="Europe/Amsterdam")


def variables(**person: Any) -> dict[str, Any]:
    return {"person": person, "links": LINKS, "now": NOW}


@contextmanager
def library(place: Path | str, *, moment: list[int] | None = None) -> Iterator[tuple[Content, sa.Connection]]:
    """Give a library that is prepared, and a connection to write to; what is written is kept when the block ends.

    Args:
        place: A folder for a SQLite database, or the address of a database.
        moment: Holds the present moment; a test may change it.
    """
    database = Database(place if isinstance(place, str) else f"sqlite:///{place}/records.db")
    migrate(database)
    ticking = moment if moment is not None else [NOW]
    content = Content(
        organisation="Kersten & Co",
        language="nl",
        zone="Europe/Amsterdam",
        now=lambda: ticking[0],
        address="https://beleef.kersten.example",
    )
    try:
        with database.write() as connection:
            content.prepare(connection)
        with database.write() as connection:
            yield content, connection
    finally:
        database.close()

"""Knowledge's step in the pipeline: which visits read which article, whether it helped, and whether they asked after all.

Its facts are about nobody: a visit is a number by chance that is kept nowhere else.
"""

from typing import Any, Final

import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.support.knowledge import queries
from beleef.support.knowledge.model import NAME, PLACES

VIEWED: Final = "Article Viewed"
HELPFUL: Final = "Article Helpful"
ASKED: Final = "Help Asked"
_USES: Final[frozenset[str | None]] = frozenset({VIEWED, HELPFUL, ASKED})
_LONGEST_VISIT = 40


class KnowledgeStep:
    """Takes from facts how articles are used."""

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch as a set, within the caller's transaction. The same batch again changes nothing."""
        viewed: dict[tuple[str, str], dict[str, Any]] = {}
        helpful: dict[tuple[str, str], dict[str, Any]] = {}
        asked: dict[str, dict[str, Any]] = {}
        facts = [*(fact for _, fact in batch.named(_USES)), *batch.anonymous]
        for fact in facts:
            if fact.type != "track" or fact.name not in _USES:
                continue
            said = fact.properties or {}
            visit = str(said.get("visit") or "")[:_LONGEST_VISIT]
            article = str(said.get("article") or "")
            if visit and fact.name == ASKED:
                asked.setdefault(visit, {"visit": visit, "at": fact.occurred_at})
            elif visit and NAME.fullmatch(article):
                # What comes first says where and when, however the facts are cut into batches.
                row = viewed.setdefault((visit, article), _row(fact, visit, article))
                if fact.name == HELPFUL:
                    helpful.setdefault((visit, article), {**row, "helpful": bool(said.get("helpful"))})
        queries.note_viewed(connection, list(viewed.values()))
        queries.note_helpful(connection, list(helpful.values()))
        queries.note_asked(connection, list(asked.values()))

    def forget(self) -> None:
        """Nothing is kept in memory."""


def message(what: str, visit: str, article: str = "", **more: object) -> dict[str, Any]:
    """Return the message that says what a visit did: of type ``track`` and about nobody, the same whenever it is made again."""
    word = what.rpartition(" ")[2].lower()
    said = {"visit": visit, **({"article": article} if article else {}), **more}
    return {
        "messageId": f"help:{visit}:{word}:{article}",
        "type": "track",
        "event": what,
        "channel": "web",
        "properties": said,
    }


def _row(fact: Fact, visit: str, article: str) -> dict[str, Any]:
    place = (fact.properties or {}).get("place")
    return {
        "visit": visit,
        "article": article,
        "at": fact.occurred_at,
        "place": place if place in PLACES else PLACES[0],
        "helpful": None,
    }

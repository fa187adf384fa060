"""A shop that asks its customers: a Beleef in the test's own process, with surveys, and short words for asking and answering."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from rich.progress import Progress

from beleef import settings
from beleef.app import Stores, build_contact, build_feedback
from beleef.contact.api import STATES, Intent
from beleef.contact.tables import contacts
from beleef.facts.fact import Fact
from beleef.feedback.api import (
    Answer,
    Feedback,
    Filter,
    Invitation,
    Respondent,
    StoredSurvey,
    from_data,
    newcomer,
)
from beleef.feedback.tables import (
    survey_answers,
    survey_counts,
    survey_invitations,
    survey_remains,
    survey_responses,
)
from beleef.kernel.clock import DAY, HOUR, SECOND, to_text
from beleef.rebuilding import rebuild
from beleef.store.log.port import Entry
from beleef.store.records.database import Database
from tests.cast import ANNA, Customer
from tests.stories.worlds import World, world

ORDER: dict[str, Any] = {
    "name": "order",
    "label": "After an order",
    "kind": "transactional",
    "title": "Your order",
    "trigger": {"event": "Order Completed", "delay_hours": 24},
    "reminder_days": 5,
    "blocks": [
        {
            "id": "first",
            "questions": [
                {"id": "satisfied", "kind": "csat", "text": "How satisfied are you?"},
                {"id": "why", "kind": "open", "text": "Why?"},
            ],
        }
    ],
}
"""Asks a day after an order."""


class Panel:
    """A world with surveys.

    Args:
        inside: The world.
    """

    def __init__(self, inside: World) -> None:
        self.world = inside
        self.database = inside.stores.database
        self.feedback: Feedback = build_feedback(inside.stores)
        self.contact = build_contact(inside.stores)
        self._sent = 0

    @property
    def now(self) -> int:
        """The moment the clock shows."""
        return self.world.stores.now()

    def publish(self, data: Mapping[str, Any], **changes: Any) -> StoredSurvey:
        """Save a survey and put it in force."""
        survey = from_data({**data, **changes})
        with self.database.write() as connection:
            self.feedback.save(connection, survey, self.now)
            return self.feedback.publish(connection, survey.name, self.now)

    def do(self, event: str, who: Customer = ANNA, **properties: Any) -> None:
        """Let a customer do something now, known by number and e-mail; the worker has not yet worked on it."""
        self._sent += 1
        self.world.send(
            {
                "messageId": f"m{self._sent}",
                "type": "track",
                "event": event,
                "userId": who.user_id,
                "timestamp": to_text(self.now),
                "properties": properties,
                "context": {"traits": {"email": who.email}},
            }
        )

    def work(self) -> None:
        """Let the worker work on everything."""
        self.world.tick(1)
        self.world.work()

    def wait(self, days: float = 0) -> None:
        """Let days pass, and the worker work."""
        self.world.tick(round(days * DAY / SECOND))
        self.work()

    def hours(self, hours: float) -> None:
        """Let hours pass, and the worker work."""
        self.wait(hours * HOUR / DAY)

    def invitations(self, name: str = "order") -> list[Invitation]:
        """Return all occasions of a survey, the first due first."""
        with self.database.read() as connection:
            return self.feedback.invitations(connection, name, limit=100_000)[::-1]

    def intents(self) -> list[Intent]:
        """Return the invitations that were handed to the gate."""
        with self.database.read() as connection:
            return [one.intent for one in self.contact.listed(connection, STATES, limit=1_000)]

    def messages(self) -> list[str]:
        """Return their keys."""
        return [one.key for one in self.intents()]

    def sit(self, invitation: int, language: str = "en") -> Respondent:
        """Return an invited person who sits down to answer."""
        with self.database.read() as connection:
            return self.feedback.respondent(connection, invitation, "email", language, self.now)

    def come(self, name: str, **more: Any) -> Respondent:
        """Return somebody who came to a survey by an open link."""
        with self.database.read() as connection:
            return newcomer(self.feedback.survey(connection, name), "link", "en", **more)

    def answer(
        self, respondent: Respondent, *answers: Answer, revision: int = 0, done: bool = True, **more: Any
    ) -> None:
        """Tell answers, and let the worker work on them."""
        if done:
            said = self.feedback.completed(
                respondent, now=self.now, answers=answers, revision=revision, **more
            )
            if respondent.sitting.came_by:
                with self.database.write() as connection:
                    is_first = self.feedback.note_finished(connection, [respondent], self.now)
                said = said if is_first else []
        else:
            said = self.feedback.messages(respondent, answers, now=self.now, revision=revision, **more)
        self.tell(said)
        self.work()

    def tell(self, messages: Sequence[dict[str, Any]]) -> None:
        """Bring in messages of Beleef's own."""
        body = msgspec.json.encode({"batch": list(messages)})
        if messages:
            self.world.put(
                Entry(received_at=self.world.tick(), source=0, kind="own", messages=len(messages), body=body)
            )

    def histogram(self, name: str, question: str, **where: Any) -> dict[int, int]:
        """Return how often each number was answered."""
        with self.database.read() as connection:
            counted = self.feedback.counts(connection, name, question, where=Filter(**where))
        found: dict[int, int] = {}
        for group in counted.groups:
            for value, count in group.histogram.items():
                found[value] = found.get(value, 0) + count
        return found

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Return all rows of a table in an order that is always the same."""
        return rows_of(self.database, table)

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Return all that feedback keeps of people and answers."""
        return state_of(self.database)

    def facts(self, name: str) -> list[Fact]:
        """Return the facts of a name, oldest first."""
        found = [fact for _, fact in self.world.stores.warehouse.scan() if fact.name == name]
        return sorted(found, key=lambda fact: fact.id)


def rows_of(database: Database, table: sa.Table) -> list[dict[str, Any]]:
    """Return all rows of a table in an order that is always the same."""
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    return sorted(rows, key=repr)


def state_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return all that feedback keeps of people and answers, and what was meant to be sent."""
    tables = (survey_answers, survey_responses, survey_counts, survey_remains, survey_invitations, contacts)
    return {table.name: rows_of(database, table) for table in tables}


def rebuilt_state(data: Path) -> dict[str, list[dict[str, Any]]]:
    """Rebuild a closed shop in place, and return what feedback keeps then."""
    with Progress(disable=True) as bar:
        rebuild(data, into=None, bar=bar)
    stores = Stores(settings.load(data, {}))
    try:
        return state_of(stores.database)
    finally:
        stores.close()


def csat(value: float) -> Answer:
    """Return an answer to the first question of the order survey."""
    return Answer(question="satisfied", kind="csat", value=value)


def why(text: str) -> Answer:
    """Return an answer to its second."""
    return Answer(question="why", kind="open", text=text)


@contextmanager
def panel(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[Panel]:
    """Give a shop that was just opened."""
    with world(data, environment or {}) as inside:
        yield Panel(inside)

"""The demo's customers answer: what they said in the past, and how they react to the invitations of the weeks that are lived through."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa

from beleef.app import Stores, build_feedback, build_profiles, build_survey_links
from beleef.contact.api import Contacted
from beleef.demo.api import (
    OWN_THEMES,
    Occasion,
    answers,
    chance,
    eagerness,
    feeling,
    given,
    language_of,
    survey_file,
)
from beleef.feedback.api import Answer, Survey, surveys_from_yaml
from beleef.feedback.voices.keeping import save_theme
from beleef.feedback.voices.model import Theme
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import DAY, HOUR
from beleef.kernel.errors import BeleefError
from beleef.store.log.port import Entry
from beleef.store.warehouse.model import Selection

_OWN_SOURCE = 0
_AT_ONCE = 500
_LOOKED_BACK = 365 * DAY
_KINDS: Final[Mapping[str, Literal["delivery", "question", "purchase"]]] = {
    "Order Delivered": "delivery",
    "Question Answered": "question",
    "Order Completed": "purchase",
}
_VISITS = ("Products Searched",)
_VISITS_ASKED = 0.08
_REPLIES = 0.34


def install_surveys(stores: Stores, now: int) -> None:
    """Put the demo's surveys in force, and the shop's own themes."""
    feedback = build_feedback(stores)
    with stores.database.write() as connection:
        for survey in surveys_from_yaml(survey_file()):
            feedback.save(connection, survey, now)
            feedback.publish(connection, survey.name, now)
        for theme in OWN_THEMES:
            save_theme(connection, msgspec.convert(theme, Theme), now)


def past_answers(stores: Stores, end: int, seed: int) -> Iterator[Entry]:
    """Yield what customers answered in the year before ``end``, as entries of the log that come in at ``end``."""
    batch: list[dict[str, Any]] = []
    for message in answers(_occasions(stores, end, seed), seed, end):
        batch.append(message)
        if len(batch) == _AT_ONCE:
            yield _entry(batch, end)
            batch = []
    if batch:
        yield _entry(batch, end)


def _entry(messages: list[dict[str, Any]], at: int) -> Entry:
    body = msgspec.json.encode({"batch": messages})
    return Entry(received_at=at, source=_OWN_SOURCE, kind="own", messages=len(messages), body=body)


def _occasions(stores: Stores, end: int, seed: int) -> Iterator[Occasion]:
    found = [
        (subject, fact)
        for subject, fact in stores.warehouse.scan(Selection(types=("track",), names=(*_KINDS, *_VISITS)))
        if end - _LOOKED_BACK < fact.occurred_at < end
    ]
    with stores.database.read() as connection:
        persons = identity.persons_of(connection, {subject for subject, _ in found})
        people = identity.people(connection, set(persons.values()))
        groups = _groups(stores, connection, people, end)
    for subject, fact in found:
        told = fact.properties or {}
        person = people.get(persons[subject])
        if fact.name in _VISITS:
            if chance(seed, "visit", fact.message_id) < _VISITS_ASKED:
                yield Occasion(user="", kind="visit", at=fact.occurred_at)
        elif person is not None and (kind := _KINDS.get(fact.name or "")):
            yield Occasion(
                user=ids.to_text(person.number),
                naming=identity.naming(person),
                group=groups[person.number],
                kind=kind,
                at=fact.occurred_at,
                late_days=int(told.get("late_days") or 0),
                solved=bool(told.get("solved", True)),
            )


def _groups(
    stores: Stores, connection: sa.Connection, people: Mapping[int, identity.Person], now: int
) -> dict[int, str]:
    """Return what kind of customer each person is; empty where nobody knows."""
    subjects = {number: person.subjects for number, person in people.items()}
    found = {}
    for number, profile in build_profiles(stores).profiles(connection, subjects, now).items():
        trait = profile.traits.get("customer_group")
        found[number] = "" if trait is None else str(trait.value)
    return found


class Respondents:
    """Customers who get invitations, and answer some of them.

    Args:
        stores: The open stores, on the simulated clock.
        seed: Decides all that chance decides.
    """

    def __init__(self, stores: Stores, seed: int) -> None:
        self._stores = stores
        self._seed = seed
        self._feedback = build_feedback(stores)
        self._links = build_survey_links(stores)

    def reply(self, row: Contacted, who: str) -> tuple[int, list[dict[str, Any]]]:
        """Return when somebody answers an invitation, and the messages that say what; none where they do not."""
        asked = row.intent.variables.get("survey")
        if row.sent_at is None or not isinstance(asked, dict) or "link" not in asked:
            return 0, []
        at = row.sent_at + round((0.2 + 40 * chance(self._seed, "replies-at", row.intent.key) ** 3) * HOUR)
        token = str(asked["link"]).rpartition("/")[2]
        try:
            number = self._links.invitation(token)
            with self._stores.database.write() as connection:
                group = self._feedback.invitation(connection, number).stratum
                if chance(self._seed, "replies", row.intent.key) > _REPLIES * eagerness(group):
                    return 0, []
                return at, self._messages(connection, number, who, at)
        except BeleefError:
            # Answered before, or closed since: nobody answers twice.
            return 0, []

    def _messages(self, connection: sa.Connection, number: int, who: str, at: int) -> list[dict[str, Any]]:
        language = language_of(who, self._seed)
        respondent = self._feedback.respondent(connection, number, "email", language, at)
        survey = respondent.survey
        occasion = self._occasion(connection, number, survey, who, at)
        felt = feeling(occasion, self._seed, slow_refunds=True)
        said = list(_answers(survey, given(survey.name, felt, (who, number), self._seed, language)))
        self._feedback.note_finished(connection, [respondent], at)
        return [
            *self._feedback.messages(respondent, said, now=at),
            *self._feedback.completed(respondent, now=at),
        ]

    def _occasion(
        self, connection: sa.Connection, number: int, survey: Survey, who: str, at: int
    ) -> Occasion:
        invitation = self._feedback.invitation(connection, number)
        fact = self._stores.warehouse.fact(invitation.fact) if invitation.fact else None
        told = (fact.properties if fact else None) or {}
        return Occasion(
            user=who,
            kind="question" if survey.name == "after-question" else "delivery",
            at=at,
            group=invitation.stratum,
            late_days=int(told.get("late_days") or 0),
            solved=bool(told.get("solved", True)),
        )


def _answers(survey: Survey, found: dict[str, Any]) -> Iterator[Answer]:
    for name, value in found.items():
        question = survey.questions.get(name)
        if question is None:
            continue
        match value:
            case list():
                yield Answer(question=name, kind=question.kind, options=tuple(value))
            case str() if question.kind == "open":
                yield Answer(question=name, kind=question.kind, text=value)
            case str() if question.kind == "one":
                yield Answer(question=name, kind=question.kind, option=value)
            case str():
                yield Answer(question=name, kind=question.kind, value=1)
            case _:
                yield Answer(question=name, kind=question.kind, value=float(value))

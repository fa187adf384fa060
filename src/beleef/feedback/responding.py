"""The answers' part of the step: what a batch's facts say about responses, brought together with what is kept, as sets.

The same facts in any cut of batches give the same rows: a later answer to a field replaces an earlier one, an anonymous one stays.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import OWN_SOURCE, Fact
from beleef.feedback import answer_queries, count_queries
from beleef.feedback.model import Survey
from beleef.feedback.sealing import seal
from beleef.feedback.telling import (
    ANSWERED,
    COMPLETED,
    SCANNED,
    SCANNER,
    WITHDRAWN,
    Told,
    apart,
    number_of,
    told,
)
from beleef.kernel.clock import DAY, SECOND

SAID: Final = frozenset({ANSWERED, COMPLETED, WITHDRAWN, SCANNED})
_SCANNING: Final = 10 * SECOND
"""First answers that differ within so long are a program's, which follows every link of a mail: the window of mail platforms."""
_UNCONFIRMED: Final = "unconfirmed"
_ABOUT: Final = ("delivery", "touchpoint", "product", "language", "stratum", "campaign")
_PROMISED: Final = frozenset({"pseudonymous", "anonymous"})

Row = dict[str, Any]
Looks = dict[int, tuple[float | None, int]]
"""Answers that somebody looked at and did not send, by number: value and moment of the latest."""


def take_in(
    connection: sa.Connection, facts: Iterable[tuple[int, Fact]], promises: Mapping[str, Survey]
) -> None:
    """Write what facts say about responses and answers.

    Args:
        connection: Inside the worker's transaction.
        facts: ``Survey Answered`` and the like with their subjects, in log order; 0 for nobody's.
        promises: By name, the surveys in force: what they promised about anonymity.
    """
    said = [
        _as_promised(one, promises.get(one.survey), is_own=fact.source == OWN_SOURCE)
        for subject, fact in facts
        if (one := told(fact, subject)) is not None
    ]
    if not said:
        return
    said = [
        msgspec.structs.replace(one, response=apart(one.response)) if one.is_apart else one for one in said
    ]
    names = {one.response for one in said} | {apart(one.response) for one in said if not one.is_apart}
    known = answer_queries.responses_by_id(connection, names)
    counted = count_queries.of_responses(connection, known) if known else Counter()
    flags = {name: row["quality"] for name, row in known.items()}
    work = _Work(known, promises, answer_queries.looked_at(connection, _looking(said, known)))
    for one in said:
        work.take(one)
    work.write(connection)
    changed = [
        name
        for name, before in flags.items()
        if name in known and bool(before) != bool(known[name]["quality"])
    ]
    answer_queries.mark(
        connection,
        flagged=[name for name in changed if known[name]["quality"]],
        cleared=[name for name in changed if not known[name]["quality"]],
    )
    now = count_queries.of_responses(connection, names)
    now.subtract(counted)
    count_queries.add(connection, now)
    _seal(connection, work.answers.values(), promises)


def _looking(said: Iterable[Told], known: Mapping[str, Row]) -> set[str]:
    """Return the known responses to which first answers come that nobody sent yet."""
    return {one.response for one in said if not one.confirmed and one.response in known}


class _Work:
    """A batch's facts about responses, fact by fact.

    Args:
        known: Responses as they are kept, by number; changed.
        promises: By name, the surveys in force.
        looked_at: By response, the answers that somebody looked at and did not send.
    """

    def __init__(
        self,
        known: dict[str, Row],
        promises: Mapping[str, Survey],
        looked_at: dict[str, Looks],
    ) -> None:
        self.answers: dict[int, Row] = {}
        self._known = known
        self._promises = promises
        self._looked_at = looked_at
        self._said: set[str] = set()
        self._gone: set[str] = set()
        self._withdrawn: set[int] = set()

    def take(self, one: Told) -> None:
        """Take one more fact."""
        if not one.is_apart:
            self._let_go(apart(one.response))
        row = self._known.setdefault(one.response, _new(one))
        self._said.add(one.response)
        _go_on(row, one)
        if not one.question:
            return
        number = number_of(one.response, one.question, one.row)
        if not one.confirmed:
            looks = self._looked_at.setdefault(one.response, {})
            if _is_scanning(looks.get(number), one):
                row["quality"] = _with(row["quality"], {SCANNER})
            looks[number] = one.value, one.at
        _note_answer(self.answers, self._withdrawn, number, one, self._promises.get(one.survey))

    def _let_go(self, response: str) -> None:
        """Forget a first answer now that the person sent theirs; what a program followed stays, set aside."""
        row = self._known.get(response)
        if row is None or SCANNER in row["quality"].split(","):
            return
        del self._known[response]
        self._gone.add(response)
        self._said.discard(response)
        self._looked_at.pop(response, None)
        for number in [number for number, one in self.answers.items() if one["response"] == response]:
            del self.answers[number]

    def write(self, connection: sa.Connection) -> None:
        """Write what came of it."""
        answer_queries.drop(connection, self._gone)
        answer_queries.save_responses(
            connection, [row for name, row in self._known.items() if name in self._said]
        )
        for row in self.answers.values():
            row["flagged"] = bool(self._known[row["response"]]["quality"])
        answer_queries.remove(connection, self._withdrawn - self.answers.keys())
        answer_queries.save_answers(connection, list(self.answers.values()))


def _is_scanning(before: tuple[float | None, int] | None, one: Told) -> bool:
    """Return whether two first answers look like those of a program that follows every link of a mail."""
    return before is not None and before[0] != one.value and abs(one.at - before[1]) <= _SCANNING


def _as_promised(one: Told, survey: Survey | None, *, is_own: bool) -> Told:
    """Return what a fact says as far as it may be kept: of a survey that promised so, not whose it is nor exactly when."""
    changes: dict[str, Any] = {}
    if one.text and not is_own and one.kind not in {"file", "date"}:
        from beleef.text.api import redact  # noqa: PLC0415 -- only imports come unredacted

        changes["text"] = redact(one.text).text
    if survey is not None and survey.anonymity in _PROMISED:
        changes |= {"subject": 0, "invitation": 0, "at": one.at // DAY * DAY}
    return msgspec.structs.replace(one, **changes) if changes else one


def _new(one: Told) -> Row:
    return {
        "id": one.response,
        "survey": one.survey,
        "version": one.version,
        "subject": one.subject,
        "invitation": one.invitation,
        **{name: getattr(one, name) for name in _ABOUT},
        "quality": "" if one.confirmed else _UNCONFIRMED,
        "month": one.month,
        "started_at": one.at,
        "completed_at": None,
        "first_fact": one.fact,
    }


def _go_on(row: Row, one: Told) -> None:
    """Bring one more fact into a response."""
    row["quality"] = _with(row["quality"], one.quality)
    if not one.question and not one.is_scan and row["completed_at"] is None:
        row["completed_at"] = one.at


def _with(quality: str, more: Iterable[str]) -> str:
    return ",".join(sorted({*quality.split(","), *more} - {""}))


def _note_answer(
    answers: dict[int, Row], withdrawn: set[int], number: int, one: Told, survey: Survey | None
) -> None:
    is_anonymous = survey is not None and survey.anonymity == "anonymous"
    if is_anonymous and number in answers:
        return
    if one.is_withdrawn:
        answers.pop(number, None)
        withdrawn.add(number)
        return
    answers[number] = {
        "number": number,
        "response": one.response,
        "survey": one.survey,
        "version": one.version,
        "question": one.question,
        "row": one.row,
        "kind": one.kind,
        "value": one.value,
        "choice": one.choice,
        "text": one.text,
        "ms": one.ms,
        "subject": one.subject,
        **{name: getattr(one, name) for name in _ABOUT},
        "month": one.month,
        "flagged": False,
        "at": one.at,
        "fact": one.fact,
        "atom": 0 if is_anonymous else answer_queries.SINGLE,
        "told_apart": getattr(one, survey.group_by) if is_anonymous and survey and survey.group_by else "",
    }


def _seal(connection: sa.Connection, answers: Iterable[Row], promises: Mapping[str, Survey]) -> None:
    """Let anonymous answers be seen that are enough together now."""
    touched: dict[str, dict[str, str]] = defaultdict(dict)
    for row in answers:
        if row["atom"] == 0:
            touched[row["survey"]][row["question"]] = row["kind"]
    for name, kinds in touched.items():
        survey = promises[name]
        for (question, _), line in answer_queries.waiting(connection, name, list(kinds)).items():
            is_written = kinds[question] in {"open", "date", "file"}
            threshold = survey.comments_threshold if is_written else survey.threshold
            sealed = seal(line, threshold)
            answer_queries.seal(connection, sealed)
            seen = [number for one in sealed for number in one.numbers]
            count_queries.add(connection, count_queries.of_answers(connection, seen))


def is_said(fact: Fact) -> bool:
    """Return whether a fact speaks of a response."""
    return fact.name in SAID and fact.type == ("beleef" if fact.name == SCANNED else "track")


def in_order(live: Sequence[tuple[int, Fact]], nobodys: Iterable[Fact]) -> list[tuple[int, Fact]]:
    """Return facts and nobody's facts together in the order of the log."""
    return sorted([*live, *((0, fact) for fact in nobodys)], key=lambda one: one[1].id)

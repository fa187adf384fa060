"""The answers' part of the step: what a batch's facts say about responses, brought together with what is kept, as sets.

The same facts in any cut of batches give the same rows: a later answer to a field replaces an earlier one, an anonymous one stays.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Fact
from beleef.feedback import answer_queries, count_queries
from beleef.feedback.model import Survey
from beleef.feedback.sealing import seal
from beleef.feedback.telling import ANSWERED, COMPLETED, OWN_SOURCE, WITHDRAWN, Told, number_of, told
from beleef.kernel.clock import DAY

SAID: Final = frozenset({ANSWERED, COMPLETED, WITHDRAWN})
_UNCONFIRMED: Final = "unconfirmed"
_ABOUT: Final = ("delivery", "touchpoint", "product", "language", "stratum", "campaign")
_PROMISED: Final = frozenset({"pseudonymous", "anonymous"})

Row = dict[str, Any]


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
    named = {one.response for one in said}
    known = answer_queries.responses_by_id(connection, named)
    counted = count_queries.of_responses(connection, known) if known else Counter()
    answers: dict[int, Row] = {}
    withdrawn: set[int] = set()
    flags = {name: row["quality"] for name, row in known.items()}
    for one in said:
        row = known.setdefault(one.response, _new(one))
        _go_on(row, one)
        if one.question:
            _note_answer(answers, withdrawn, one, promises.get(one.survey))
    answer_queries.save_responses(
        connection, [known[name] for name in dict.fromkeys(one.response for one in said)]
    )
    for row in answers.values():
        row["flagged"] = bool(known[row["response"]]["quality"])
    answer_queries.remove(connection, withdrawn - answers.keys())
    answer_queries.save_answers(connection, list(answers.values()))
    changed = [name for name, before in flags.items() if bool(before) != bool(known[name]["quality"])]
    answer_queries.mark(
        connection,
        flagged=[name for name in changed if known[name]["quality"]],
        cleared=[name for name in changed if not known[name]["quality"]],
    )
    now = count_queries.of_responses(connection, named)
    now.subtract(counted)
    count_queries.add(connection, now)
    _seal(connection, answers.values(), promises)


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
    flags = {flag for flag in row["quality"].split(",") if flag} | set(one.quality)
    if one.confirmed:
        flags.discard(_UNCONFIRMED)
    row["quality"] = ",".join(sorted(flags))
    if not one.question and row["completed_at"] is None:
        row["completed_at"] = one.at


def _note_answer(answers: dict[int, Row], withdrawn: set[int], one: Told, survey: Survey | None) -> None:
    number = number_of(one.response, one.question, one.row)
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


def in_order(live: Sequence[tuple[int, Fact]], nobodys: Iterable[Fact]) -> list[tuple[int, Fact]]:
    """Return facts and nobody's facts together in the order of the log."""
    return sorted([*live, *((0, fact) for fact in nobodys)], key=lambda one: one[1].id)

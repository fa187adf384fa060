"""What a trial of rules found, drawn: figures now and then, outcomes by reason, and how busy people's busiest week is."""

from collections.abc import Mapping

from beleef.contact.api import CapTrial
from beleef.contact.wording import reason_sentence
from beleef.ui.components import Change, Column, EmptyState, Figure, Row, Stat, Table, Text, Tone
from beleef.ui.words import Words

_BUSY = 7


def trial_figures(trial: CapTrial, words: Words) -> tuple[Stat, ...]:
    """Return how many messages are sent, held and skipped by the rules in force, and by the others."""
    groups = (
        (words.gettext("Sent"), "send", "neutral"),
        (words.gettext("Held for a while"), "hold", "neutral"),
        (words.gettext("Not sent"), "skip", "neutral"),
    )
    basis = words.gettext("n = %(count)s", count=words.number(trial.intents))
    return tuple(
        Stat(
            label=label,
            figure=words.number(_total(trial.then, outcome)),
            basis=basis,
            change=_change(_total(trial.now, outcome), _total(trial.then, outcome), words),
        )
        for label, outcome, _ in groups
    )


def outcome_table(trial: CapTrial, words: Words) -> Table:
    """Return outcomes by reason under both sets of rules."""
    keys = sorted({*trial.now, *trial.then}, key=lambda key: (key != "send", key))
    return Table(
        caption=words.gettext("What becomes of the messages"),
        columns=(
            Column(label=words.gettext("Outcome")),
            Column(label=words.gettext("Rules in force"), numeric=True),
            Column(label=words.gettext("These rules"), numeric=True),
            Column(label=words.gettext("Difference"), numeric=True),
        ),
        rows=tuple(_row(key, trial.now.get(key, 0), trial.then.get(key, 0), words) for key in keys),
        empty=EmptyState(
            title=words.gettext("No messages"), text=words.gettext("Nothing was meant for anybody.")
        ),
    )


def pressure_table(trial: CapTrial, words: Words) -> Table:
    """Return how many people have how many contacts in their busiest seven days, under both sets of rules."""
    most = max((*trial.people, *trial.people_then), default=0)
    return Table(
        caption=words.gettext("Contacts in a person's busiest seven days"),
        columns=(
            Column(label=words.gettext("Contacts")),
            Column(label=words.gettext("People, rules in force"), numeric=True),
            Column(label=words.gettext("People, these rules"), numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=_count_name(count, words)),
                    Figure(text=words.number(_people(trial.people, count))),
                    Figure(text=words.number(_people(trial.people_then, count))),
                )
            )
            for count in range(min(most, _BUSY) + 1)
        )
        if trial.intents
        else (),
        empty=EmptyState(title=words.gettext("Nobody"), text=words.gettext("Nobody was contacted.")),
    )


def outcome_name(key: str, words: Words) -> str:
    """Return ``hold:quiet_hours`` and the like in words."""
    outcome, _, reason = key.partition(":")
    names = {
        "send": words.gettext("sent"),
        "hold": words.gettext("held"),
        "skip": words.gettext("not sent"),
    }
    name = names.get(outcome, outcome)
    if reason == "cap":
        limit = words.gettext("A limit is reached.")
        return f"{name}: {limit}"
    return f"{name}: {reason_sentence(reason, words)}" if reason else name


def _row(key: str, now: int, then: int, words: Words) -> Row:
    difference = then - now
    sign = "+" if difference > 0 else ""
    return Row(
        cells=(
            Text(text=outcome_name(key, words)),
            Figure(text=words.number(now)),
            Figure(text=words.number(then)),
            Figure(text=f"{sign}{words.number(difference)}" if difference else "—"),
        )
    )


def _total(outcomes: Mapping[str, int], outcome: str) -> int:
    return sum(count for key, count in outcomes.items() if key.partition(":")[0] == outcome)


def _change(now: int, then: int, words: Words) -> Change | None:
    if now == then:
        return None
    tone: Tone = "neutral"
    text = words.gettext("from %(number)s", number=words.number(now))
    return Change(text=text, direction="up" if then > now else "down", tone=tone)


def _people(counts: Mapping[int, int], count: int) -> int:
    if count < _BUSY:
        return counts.get(count, 0)
    return sum(people for contacts, people in counts.items() if contacts >= _BUSY)


def _count_name(count: int, words: Words) -> str:
    if count >= _BUSY:
        return words.gettext("%(number)s or more", number=words.number(count))
    return words.number(count)

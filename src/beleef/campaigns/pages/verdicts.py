"""An experiment in words: what can be said and what cannot yet, following its intervals and nothing else."""

import msgspec

from beleef.campaigns.api import CONTROL, Analysis
from beleef.campaigns.experiments import Comparison, Group
from beleef.stats.proportions import Interval
from beleef.ui.components import Cell, Column, Figure, Row, Table, Text, Tone
from beleef.ui.words import Words


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence about one group, what it rests on, and how it is meant."""

    sentence: str
    basis: str
    tone: Tone


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment on a page: its name, what can be said, and its groups beside each other."""

    title: str
    verdicts: tuple[Verdict, ...]
    table: Table


def experiment(analysis: Analysis, title: str, currency: str, words: Words) -> Experiment:
    """Return an experiment as it stands on the page."""
    return Experiment(
        title=title,
        verdicts=tuple(_verdict(analysis, one, words) for one in analysis.comparisons),
        table=_table(analysis, title, currency, words),
    )


def name_of(step: str, name: str, words: Words) -> str:
    """Return what a group is called; without a step it is the campaign held against those kept out."""
    if step:
        return name
    return words.gettext("kept out") if name == CONTROL else words.gettext("the campaign")


def share_between(interval: Interval, words: Words) -> str:
    """Return a share's interval in words."""
    return words.gettext(
        "95%% between %(low)s and %(high)s",
        low=words.percent(interval.low, 1),
        high=words.percent(interval.high, 1),
    )


def amount(value: float, currency: str, words: Words, *, whole: bool = False) -> str:
    """Return an amount; without a currency as a plain number, ``whole`` without cents."""
    if not currency:
        return words.number(value, 0 if whole else 2)
    if not whole:
        return words.money(value, currency)
    symbol = words.money(0, currency).replace("0.00", "").replace("0,00", "")
    return f"{symbol}{words.number(round(value))}"


def money_between(interval: Interval, currency: str, words: Words) -> str:
    """Return an amount's interval in words."""
    return words.gettext(
        "95%% between %(low)s and %(high)s",
        low=amount(interval.low, currency, words),
        high=amount(interval.high, currency, words),
    )


def _verdict(analysis: Analysis, one: Comparison, words: Words) -> Verdict:
    name = name_of(analysis.step, one.name, words)
    interval = one.final or one.difference
    basis = _basis(analysis, one, interval, words)
    match one.verdict:
        case "better":
            said = words.gettext(
                "“%(name)s” does better: between %(low)s and %(high)s points more reach the goal.",
                name=name,
                low=_points(interval.low, words),
                high=_points(interval.high, words),
            )
            return Verdict(sentence=said, basis=basis, tone="good")
        case "worse":
            said = words.gettext(
                "“%(name)s” does worse: between %(low)s and %(high)s points fewer reach the goal.",
                name=name,
                low=_points(-interval.high, words),
                high=_points(-interval.low, words),
            )
            return Verdict(sentence=said, basis=basis, tone="bad")
        case "none":
            said = words.gettext("“%(name)s” makes no difference that could be seen.", name=name)
            return Verdict(sentence=said, basis=basis, tone="neutral")
        case "too_few":
            said = words.gettext("Too few people for a word about “%(name)s”.", name=name)
            return Verdict(sentence=said, basis=_people(analysis, words), tone="neutral")
        case "mismatch":
            said = words.gettext(
                "Something is wrong with the division of people: do not trust this comparison."
            )
            why = words.gettext(
                "So uneven a division comes about by chance once in %(n)s times.",
                n=words.number(round(1 / max(analysis.mismatch, 1e-9))),
            )
            return Verdict(sentence=said, basis=why, tone="bad")
        case "open":
            said = words.gettext("Nothing certain yet about “%(name)s”.", name=name)
            return Verdict(sentence=said, basis=basis, tone="accent")


def _basis(analysis: Analysis, one: Comparison, interval: Interval, words: Words) -> str:
    difference = words.gettext(
        "Difference %(middle)s points, 95%% between %(low)s and %(high)s.",
        middle=_points(interval.value, words),
        low=_points(interval.low, words),
        high=_points(interval.high, words),
    )
    if one.final is not None:
        return f"{difference} {_ordinary(one.p, words)}"
    if analysis.planned:
        so_far = min(group.people for group in analysis.groups)
        planned = words.gettext(
            "%(n)s of the %(planned)s people per group so far; this holds however often you look.",
            n=words.number(so_far),
            planned=words.number(analysis.planned),
        )
        return f"{difference} {planned}"
    return f"{difference} {words.gettext('This holds however often you look.')}"


def _ordinary(p: float | None, words: Words) -> str:
    if p is None:
        return words.gettext("The planned number is reached.")
    if p < 0.001:
        return words.gettext("The planned number is reached; p is below %(p)s.", p=words.number(0.001, 3))
    return words.gettext("The planned number is reached; p = %(p)s.", p=words.number(p, 3))


def _people(analysis: Analysis, words: Words) -> str:
    return words.gettext(
        "The smallest group has %(n)s.", n=words.number(min(group.people for group in analysis.groups))
    )


def _points(share: float, words: Words) -> str:
    return words.number(round(100 * share, 1), 1)


def _table(analysis: Analysis, title: str, currency: str, words: Words) -> Table:
    def row(group: Group) -> Row:
        detail = words.gettext("the others are compared with it") if group.is_control else None
        cells: tuple[Cell, ...] = (
            Text(text=name_of(analysis.step, group.name, words), detail=detail),
            Figure(text=words.number(group.people)),
            Figure(text=words.number(group.converted)),
            Figure(text=words.percent(group.rate.value, 1), detail=share_between(group.rate, words)),
            Figure(
                text=amount(group.revenue.value, currency, words),
                detail=money_between(group.revenue, currency, words) if group.people > 1 else None,
            ),
        )
        return Row(cells=cells)

    return Table(
        caption=title,
        columns=(
            Column(label=words.gettext("Group")),
            Column(label=words.gettext("People"), numeric=True),
            Column(label=words.gettext("Reached the goal"), numeric=True),
            Column(label=words.gettext("Share"), numeric=True),
            Column(label=words.gettext("Revenue per person"), numeric=True),
        ),
        rows=tuple(map(row, analysis.groups)),
    )

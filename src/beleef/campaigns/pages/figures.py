"""The figures of a campaign as its page shows them: in tiles, in each step of the flow, and by reason."""

from collections import Counter
from collections.abc import Mapping

from beleef.campaigns.api import Campaign, Results, StepResult, steps_of
from beleef.campaigns.model import Split
from beleef.campaigns.pages.flow import StepFigure
from beleef.campaigns.pages.verdicts import amount, money_between, share_between
from beleef.contact.api import reason_sentence
from beleef.ui.components import Column, EmptyState, Figure, Row, Stat, Table, Text
from beleef.ui.words import Words

_ENDINGS_IN_WORDS = 12


def currency_of(found: Results) -> str:
    """Return in which currency a campaign's money is told; empty where it has brought none yet."""
    return found.currencies[0] if found.currencies else ""


def tiles(found: Results, words: Words) -> tuple[Stat, ...]:
    """Return the figures of a campaign as a whole."""
    messages, currency = found.messages, currency_of(found)
    of_people = words.gettext("n = %(n)s", n=words.number(found.people))
    tiles_ = [
        Stat(
            label=words.gettext("Entered"),
            figure=words.number(found.entered),
            basis=words.gettext("people and rounds, those kept out included"),
        ),
        Stat(
            label=words.gettext("Under way"),
            figure=words.number(found.under_way),
            basis=words.gettext("at this moment"),
        ),
        Stat(
            label=words.gettext("Sent"),
            figure=words.number(messages.sent),
            basis=words.gettext("of %(n)s meant", n=words.number(messages.intended)),
        ),
        Stat(
            label=words.gettext("Clicked"),
            figure=_share(messages.click_rate.value, messages.sent, words),
            basis=_basis(words, share_between(messages.click_rate, words), messages.sent),
        ),
    ]
    if found.goal:
        tiles_ += [
            Stat(
                label=words.gettext("Reached “%(goal)s”", goal=found.goal),
                figure=_share(found.conversion.value, found.people, words),
                basis=_basis(words, share_between(found.conversion, words), found.people),
            ),
            Stat(
                label=words.gettext("Revenue per person"),
                figure=amount(found.revenue.value, currency, words) if found.people else "—",
                basis=money_between(found.revenue, currency, words) if found.people > 1 else of_people,
            ),
        ]
    tiles_.append(
        Stat(
            label=words.gettext("Unsubscribed after it"),
            figure=_share(messages.unsubscribe_rate.value, messages.sent, words, digits=2),
            basis=_basis(words, share_between(messages.unsubscribe_rate, words), messages.sent),
        )
    )
    return tuple(tiles_)


def _share(value: float, n: int, words: Words, *, digits: int = 1) -> str:
    return words.percent(value, digits) if n else "—"


def _basis(words: Words, interval: str, n: int) -> str:
    told = words.gettext("n = %(n)s", n=words.number(n))
    return f"{interval}, {told}" if n else told


def step_figures(found: Results, words: Words) -> dict[str, tuple[StepFigure, ...]]:
    """Return what is counted at each step, by id."""
    currency = currency_of(found)
    return {one.step: tuple(_of_step(one, found.goal, currency, words)) for one in found.steps}


def _of_step(one: StepResult, goal: str, currency: str, words: Words) -> list[StepFigure]:
    figures = [StepFigure(label=words.gettext("Came here"), figure=words.number(one.reached))]
    if one.here:
        figures.append(StepFigure(label=words.gettext("Here now"), figure=words.number(one.here)))
    messages = one.messages
    if messages is None:
        return figures
    figures.append(StepFigure(label=words.gettext("Sent"), figure=words.number(messages.sent)))
    for label, counts in (
        (words.gettext("Held"), messages.held),
        (words.gettext("Skipped"), messages.skipped),
    ):
        total = sum(counts.values())
        if total:
            figures.append(StepFigure(label=label, figure=words.number(total), tone="warn"))
    if messages.failed:
        figures.append(
            StepFigure(label=words.gettext("Failed"), figure=words.number(messages.failed), tone="bad")
        )
    if messages.sent:
        figures.append(
            StepFigure(
                label=words.gettext("Clicked"),
                figure=words.percent(messages.click_rate.value, 1),
                basis=share_between(messages.click_rate, words),
            )
        )
        if goal:
            figures += _success(one, currency, words)
    return figures


def _success(one: StepResult, currency: str, words: Words) -> list[StepFigure]:
    figures = [
        StepFigure(
            label=words.gettext("Reached the goal after it"),
            figure=words.percent(one.conversion.value, 1),
            basis=share_between(one.conversion, words),
            tone="good" if one.converted else "neutral",
        )
    ]
    if one.revenue:
        figures.append(
            StepFigure(
                label=words.gettext("Revenue after it"),
                figure=amount(one.revenue, currency, words, whole=True),
                basis=words.gettext("n = %(n)s", n=words.number(one.converted)),
            )
        )
    return figures


def way_figures(
    found: Results, campaign: Campaign, words: Words
) -> dict[tuple[str, str], tuple[StepFigure, ...]]:
    """Return how many took each way, by step id and way as the drawing names it."""
    figures: dict[tuple[str, str], tuple[StepFigure, ...]] = {}
    names = {step.id: _ways_by_name(step.does) for step in steps_of(campaign.flow)}
    for one in found.steps:
        left = sum(one.ways.values())
        for way, runs in one.ways.items():
            place = names.get(one.step, {}).get(way, way)
            share = words.percent(runs / left) if left else ""
            figures[one.step, place] = (
                StepFigure(label=words.gettext("Took this way"), figure=words.number(runs), basis=share),
            )
    return figures


def _ways_by_name(does: object) -> Mapping[str, str]:
    if isinstance(does, Split):
        return {variant.name: str(number) for number, variant in enumerate(does.variants)}
    return {}


def reasons(found: Results, words: Words) -> Table:
    """Return what the contact gate held or kept back, by reason."""
    messages = found.messages
    rows = [
        (label, reason, count)
        for label, counts in (
            (words.gettext("held"), messages.held),
            (words.gettext("skipped"), messages.skipped),
        )
        for reason, count in Counter(counts).most_common()
    ]
    return Table(
        caption=words.gettext("Held and skipped, by reason"),
        columns=(
            Column(label=words.gettext("Why")),
            Column(label=words.gettext("What")),
            Column(label=words.gettext("Messages"), numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=reason_sentence(reason, words)),
                    Text(text=label),
                    Figure(text=words.number(count)),
                )
            )
            for label, reason, count in rows
        ),
        empty=EmptyState(
            title=words.gettext("Nothing held, nothing skipped"),
            text=words.gettext("Every message that was meant went out."),
            icon="check",
        ),
    )


def endings(found: Results, words: Words) -> Table:
    """Return why people left, by how many."""
    known = ending_words(words)
    rows = Counter(found.endings).most_common(_ENDINGS_IN_WORDS)
    return Table(
        caption=words.gettext("How it ended"),
        columns=(
            Column(label=words.gettext("Reason")),
            Column(label=words.gettext("People"), numeric=True),
        ),
        rows=tuple(
            Row(cells=(Text(text=known.get(reason, reason)), Figure(text=words.number(count))))
            for reason, count in rows
        ),
        empty=EmptyState(
            title=words.gettext("Nobody has left it yet"),
            text=words.gettext("Whoever ends or leaves early is counted here by reason."),
            icon="flag",
        ),
    )


def ending_words(words: Words) -> dict[str, str]:
    """Return the reasons that Beleef itself gives for an end, in the reader's words."""
    return {
        "finished": words.gettext("came to the end"),
        "exit": words.gettext("left early"),
        "control": words.gettext("kept out, to compare with"),
        "stopped": words.gettext("the campaign was stopped"),
        "step_removed": words.gettext("its step was taken out"),
        "again": words.gettext("began anew"),
        "merged": words.gettext("turned out to be the same person"),
    }

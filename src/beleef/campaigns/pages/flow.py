"""A flow as it is drawn: steps below each other, the ways of a step side by side, with what is counted in each of them.

In the editor the same drawing carries the buttons; on the campaign's page it carries the figures.
"""

from collections.abc import Mapping, Sequence

import msgspec

from beleef.campaigns.model import Branch, Flow, Split, Step, WaitFor
from beleef.campaigns.pages.wording import (
    KIND_LABELS,
    TellRule,
    detail_of,
    icon_of,
    kind_of,
    length,
    title_of,
)
from beleef.ui.components import Icon, Link, Tone
from beleef.ui.words import Words


class StepFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Something counted at a step, with what it rests on: an interval or an n."""

    label: str
    figure: str
    basis: str = ""
    tone: Tone = "neutral"


class StepNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a step that cannot work, or that deserves a second look."""

    text: str
    tone: Tone


class StepTools(msgspec.Struct, frozen=True, kw_only=True):
    """What an editor can do with a step.

    Attributes:
        edit: Where its form is.
        remove: Where taking it out is asked about.
        shift: Where moving it up or down is posted to.
        is_first: Whether nothing stands before it in its way.
        is_last: Whether nothing stands behind it in its way.
        add_after: Where a step behind it is chosen.
    """

    edit: str
    remove: str
    shift: str
    is_first: bool
    is_last: bool
    add_after: str


class WayView(msgspec.Struct, frozen=True, kw_only=True):
    """One way that begins at a step.

    Attributes:
        label: Who takes it.
        detail: The rule, or the share, in words.
        figures: What is counted in it.
        steps: What follows.
        add_first: Where its first step is chosen; None outside of the editor.
    """

    label: str
    detail: str
    steps: tuple["StepView", ...]
    figures: tuple[StepFigure, ...] = ()
    add_first: str | None = None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it is drawn."""

    id: str
    icon: Icon
    kind: str
    title: str
    detail: str
    ways: tuple[WayView, ...] = ()
    figures: tuple[StepFigure, ...] = ()
    notes: tuple[StepNote, ...] = ()
    link: Link | None = None
    tools: StepTools | None = None


class FlowView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole flow as it is drawn.

    Attributes:
        label: What it is, for those who hear it.
        entry: Who comes in, in one sentence.
        steps: The steps.
        figures: What is counted at the entry.
        notes: What is wrong with the entry.
        change_entry: Where the entry is changed; None outside of the editor.
        add_first: Where the first step is chosen; None outside of the editor.
        end: What it means to reach the end.
    """

    label: str
    entry: str
    steps: tuple[StepView, ...]
    end: str
    figures: tuple[StepFigure, ...] = ()
    notes: tuple[StepNote, ...] = ()
    change_entry: str | None = None
    add_first: str | None = None


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow is drawn with.

    Attributes:
        words: The reader's language.
        tell: Gives a rule as a sentence.
        figures: What is counted, by step id.
        way_figures: What is counted, by step id and way.
        notes: What is wrong, by step id.
        messages: What messages are called, by name.
        campaign: Name of the campaign that is being edited; empty outside of the editor.
    """

    words: Words
    tell: TellRule
    figures: Mapping[str, Sequence[StepFigure]] = {}
    way_figures: Mapping[tuple[str, str], Sequence[StepFigure]] = {}
    notes: Mapping[str, Sequence[StepNote]] = {}
    messages: Mapping[str, str] = {}
    campaign: str = ""


def steps_view(flow: Flow, drawn: Drawn, owner: str = "", way: str = "") -> tuple[StepView, ...]:
    """Return the steps of a way as they are drawn."""
    return tuple(_step(flow, index, drawn, owner, way) for index in range(len(flow)))


def add_href(drawn: Drawn, owner: str, way: str, after: str = "") -> str | None:
    """Return where a step at a place is chosen; None outside of the editor."""
    if not drawn.campaign:
        return None
    return f"/campaigns/{drawn.campaign}/steps/new?place={owner}~{way}~{after}"


def _step(flow: Flow, index: int, drawn: Drawn, owner: str, way: str) -> StepView:
    step, words = flow[index], drawn.words
    title = title_of(step, words)
    return StepView(
        id=step.id,
        icon=icon_of(step),
        kind=words.gettext(KIND_LABELS[kind_of(step)]),
        title=drawn.messages.get(title, title),
        detail=detail_of(step, words),
        ways=_ways(step, drawn),
        figures=tuple(drawn.figures.get(step.id, ())),
        notes=tuple(drawn.notes.get(step.id, ())),
        tools=_tools(flow, index, drawn, owner, way),
    )


def _tools(flow: Flow, index: int, drawn: Drawn, owner: str, way: str) -> StepTools | None:
    step = flow[index]
    after = add_href(drawn, owner, way, step.id)
    if after is None:
        return None
    here = f"/campaigns/{drawn.campaign}/steps/{step.id}"
    return StepTools(
        edit=here,
        remove=f"{here}/remove",
        shift=f"{here}/shift",
        is_first=index == 0,
        is_last=index == len(flow) - 1,
        add_after=after,
    )


def _ways(step: Step, drawn: Drawn) -> tuple[WayView, ...]:
    words = drawn.words

    def way(name: str, label: str, detail: str, flow: Flow) -> WayView:
        return WayView(
            label=label,
            detail=detail,
            steps=steps_view(flow, drawn, step.id, name),
            figures=tuple(drawn.way_figures.get((step.id, name), ())),
            add_first=add_href(drawn, step.id, name),
        )

    match step.does:
        case WaitFor() as one:
            late = words.gettext("Not within %(time)s", time=length(one.at_most, words))
            return (
                way("then", words.gettext("It happened"), "", one.then),
                way("otherwise", late, "", one.otherwise),
            )
        case Branch() as one:
            paths = [
                way(
                    str(number),
                    path.label or words.gettext("Way %(number)s", number=number + 1),
                    drawn.tell(path.when),
                    path.flow,
                )
                for number, path in enumerate(one.paths)
            ]
            return (*paths, way("otherwise", words.gettext("Everybody else"), "", one.otherwise))
        case Split() as one:
            whole = sum(variant.share for variant in one.variants) or 1.0
            return tuple(
                way(
                    str(number),
                    variant.name,
                    _share(variant.share / whole, variant.control, words),
                    variant.flow,
                )
                for number, variant in enumerate(one.variants)
            )
        case _:
            return ()


def _share(share: float, is_control: bool, words: Words) -> str:
    said = words.percent(share, 1 if round(share * 100, 1) % 1 else 0)
    return words.gettext("%(share)s, the others are compared with it", share=said) if is_control else said

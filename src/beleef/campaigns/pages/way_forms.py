"""The forms of steps with ways of their own making: a branch with its rules, a split with its variants.

A row remembers which way it was, so that what followed in it still follows when rows are added or taken away.
"""

from typing import Any

from beleef.access.desk import Answers
from beleef.campaigns.pages.fields import (
    Choosable,
    Data,
    Pairs,
    filled,
    row_editor,
    row_pairs,
    rows,
)
from beleef.campaigns.pages.selecting import read_rule, rule_fields, rule_pairs
from beleef.kernel.errors import InvalidInput
from beleef.ui.forms import Checkbox, DefinitionEditor, Field, Fieldset, Hidden, Input, Option, Select
from beleef.ui.words import N_, Words


def branch_pairs(data: Data) -> Pairs:
    """Return the answers of a branch."""
    return row_pairs(
        "paths",
        [
            [("was", str(number)), ("label", path.get("label", "")), *rule_pairs("", path.get("when"))]
            for number, path in enumerate(data["paths"])
        ],
    )


def draw_branch(
    given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[DefinitionEditor, ...]:
    """Return the form of a branch."""

    def draw(start: str, number: int) -> tuple[Field, ...]:
        return (
            Hidden(name=f"{start}was", value=given.get(f"{start}was", "")),
            Input(
                name=f"{start}label",
                label=words.gettext("What to call this way"),
                value=given.get(f"{start}label", ""),
                required=False,
            ),
            *rule_fields(
                given,
                start,
                words,
                choosable,
                label=words.gettext("Who takes it"),
                lead=words.gettext("Who takes it:"),
                nobody=words.gettext("(not an audience)"),
                error=error if number == 0 else None,
                tried=error is not None,
            ),
        )

    return (
        row_editor(
            given,
            "paths",
            draw,
            legend=words.gettext("Ways"),
            help=words.gettext("The first way whose rule holds is taken; everybody else takes the last one."),
            row_label=words.gettext("Way"),
            add_label=words.gettext("Add a way"),
            empty=words.gettext("No ways yet."),
            least=1,
        ),
    )


def read_branch(given: Answers, before: Any) -> Data:
    """Return the branch that was filled in.

    Raises:
        InvalidInput: a rule is missing or is none.
    """
    kept = before if isinstance(before, dict) else {}
    paths = []
    for number in range(rows(given, "paths")):
        start = f"paths-{number}-"
        rule = read_rule(given, start)
        if rule is None:
            raise InvalidInput(
                f"Way {number + 1} does not say who takes it.",
                hint=N_("Choose an audience, or add a condition."),
            )
        path: Data = {"when": rule, "flow": _flow_of(kept.get("paths", []), given.get(f"{start}was", ""))}
        if filled(given, f"{start}label"):
            path["label"] = filled(given, f"{start}label")
        paths.append(path)
    return {"paths": paths, "otherwise": kept.get("otherwise", [])}


def two_halves() -> Pairs:
    """Return the answers that a new split begins with."""
    return row_pairs(
        "variants", [[("name", "a"), ("share", "50"), ("control", "yes")], [("name", "b"), ("share", "50")]]
    )


def split_pairs(data: Data) -> Pairs:
    """Return the answers of a split."""
    variants = [
        [
            ("was", str(number)),
            ("name", one.get("name", "")),
            ("share", f"{one.get('share', 1.0):g}"),
            ("control", "yes" if one.get("control") else ""),
        ]
        for number, one in enumerate(data["variants"])
    ]
    return [
        ("goal", data.get("goal") or ""),
        ("covariate", data.get("covariate") or ""),
        ("planned", str(data.get("planned") or "")),
        *row_pairs("variants", variants),
    ]


def draw_split(
    given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[Fieldset | DefinitionEditor, ...]:
    """Return the form of a split."""

    def draw(start: str, number: int) -> tuple[Field, ...]:
        return (
            Hidden(name=f"{start}was", value=given.get(f"{start}was", "")),
            Input(
                name=f"{start}name",
                label=words.gettext("Name"),
                value=given.get(f"{start}name", ""),
                error=error if number == 0 else None,
            ),
            Input(
                name=f"{start}share",
                label=words.gettext("Share"),
                type="number",
                value=given.get(f"{start}share", ""),
            ),
            Checkbox(
                name=f"{start}control",
                label=words.gettext("The others are compared with it"),
                checked=given.get(f"{start}control") == "yes",
            ),
        )

    variants = row_editor(
        given,
        "variants",
        draw,
        legend=words.gettext("Variants"),
        help=words.gettext(
            "Chance decides, always the same for a person. Shares count in relation to each other."
        ),
        row_label=words.gettext("Variant"),
        add_label=words.gettext("Add a variant"),
        empty=words.gettext("No variants yet."),
        least=2,
    )
    return (variants, _experiment(given, words, choosable))


def _experiment(given: Answers, words: Words, choosable: Choosable) -> Fieldset:
    def options(found: tuple[Any, ...], nothing: str) -> tuple[Option, ...]:
        return (
            Option(value="", label=nothing),
            *(Option(value=one.name, label=one.label) for one in found),
        )

    goal = Select(
        name="goal",
        label=words.gettext("Which goal decides"),
        options=options(choosable.goals, words.gettext("None: it is no experiment")),
        value=given.get("goal", ""),
        required=False,
    )
    covariate = Select(
        name="covariate",
        label=words.gettext("What explains part of the differences"),
        options=options(choosable.computed, words.gettext("Nothing")),
        value=given.get("covariate", ""),
        help=words.gettext(
            "A computed trait as it was before, for example revenue in a year: intervals become narrower."
        ),
        required=False,
    )
    planned = Input(
        name="planned",
        label=words.gettext("Planned number of people per variant"),
        type="number",
        value=given.get("planned", ""),
        help=words.gettext("From then on the result is final. The page “Plan an experiment” works it out."),
        required=False,
    )
    return Fieldset(
        legend=words.gettext("As an experiment"),
        fields=(goal, covariate, planned),
    )


def read_split(given: Answers, before: Any) -> Data:
    """Return the split that was filled in.

    Raises:
        InvalidInput: a number is none.
    """
    kept = before.get("variants", []) if isinstance(before, dict) else []
    variants = []
    for number in range(rows(given, "variants")):
        start = f"variants-{number}-"
        variant: Data = {
            "name": filled(given, f"{start}name"),
            "share": _number(filled(given, f"{start}share")),
            "flow": _flow_of(kept, given.get(f"{start}was", "")),
        }
        if given.get(f"{start}control") == "yes":
            variant["control"] = True
        variants.append(variant)
    data: Data = {"variants": variants}
    for name in ("goal", "covariate"):
        if filled(given, name):
            data[name] = filled(given, name)
    if filled(given, "planned"):
        data["planned"] = int(_number(filled(given, "planned")))
    return data


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no number.", hint="Fill in a number.") from error


def _flow_of(ways: list[Data], was: str) -> list[Data]:
    if was.isascii() and was.isdigit() and int(was[:4]) < len(ways):
        flow: list[Data] = ways[int(was)].get("flow", [])
        return flow
    return []

"""A question as the answers of its form, and back: what stands in the draft is what the fields show."""

from typing import Any, Final

from beleef.access.desk import Answers
from beleef.feedback.pages import conditions, drafting
from beleef.feedback.pages.rows import (
    Pairs,
    count_of,
    filled,
    number_of,
    put,
    read_texts,
    row_pairs,
    text_pairs,
)
from beleef.ui.words import N_

Data = dict[str, Any]

NUMBERS: Final = {
    "rating": (("lowest", N_("Lowest")), ("highest", N_("Highest"))),
    "number": (("lowest", N_("Lowest")), ("highest", N_("Highest"))),
    "many": (("at_least", N_("At least so many")), ("at_most", N_("At most so many"))),
    "ranking": (("at_most", N_("At most so many")),),
    "open": (("longest", N_("At most so many letters")),),
}
"""Numbers that belong to a kind of question, and how their fields are called."""


def to_answers(data: Data) -> Answers:
    """Return a question of a draft as its form is filled in with it."""
    pairs: Pairs = [("id", data["id"])]
    for name in ("text", "help", "low_label", "high_label"):
        pairs += text_pairs(name, data.get(name))
    for name in ("is_required", "is_shuffled", "is_driver"):
        if data.get(name):
            pairs.append((name, "yes"))
    for name, _ in NUMBERS.get(data["kind"], ()):
        if data.get(name) is not None:
            pairs.append((name, f"{data[name]:g}"))
    pairs += [("shape", data.get("shape", "numbers")), ("accepts", ", ".join(data.get("accepts", ())))]
    pairs += [(name, data.get(name, "")) for name in ("earliest", "latest")]
    for name in ("options", "rows"):
        pairs += row_pairs(name, [_option_pairs(one) for one in data.get(name, ())])
    pairs += row_pairs("show_if", conditions.pairs_of(data.get("show_if", [])))
    return Answers(pairs)


def _option_pairs(one: Data) -> Pairs:
    other: Pairs = [("is_other", "yes")] if one.get("is_other") else []
    return [("id", one["id"]), *text_pairs("label", one.get("label")), *other]


def read(data: Data, given: Answers) -> None:
    """Change a question of a draft by what was filled in.

    Raises:
        ValueError: one of the numbers is none.
        InvalidInput: no lasting name can be made of an option's text.
    """
    for name in ("text", "help", "low_label", "high_label"):
        found = read_texts(given, name)
        if name == "text":
            data["text"] = found
        else:
            put(data, name, found)
    for name in ("is_required", "is_shuffled", "is_driver"):
        put(data, name, given.get(name) == "yes")
    for name, _ in NUMBERS.get(data["kind"], ()):
        put(data, name, number_of(given, name))
    if data["kind"] == "rating":
        put(data, "shape", "" if given.get("shape") == "numbers" else given.get("shape", ""))
    if data["kind"] == "date":
        put(data, "earliest", filled(given, "earliest"))
        put(data, "latest", filled(given, "latest"))
    if data["kind"] == "file":
        put(data, "accepts", [one.strip() for one in given.get("accepts", "").split(",") if one.strip()])
    for name in ("options", "rows"):
        put(data, name, _read_options(given, name))
    put(data, "show_if", conditions.read(given, "show_if"))


def _read_options(given: Answers, name: str) -> list[Data]:
    found: list[Data] = []
    for number in range(count_of(given, name)):
        start = f"{name}-{number}-"
        label = read_texts(given, f"{start}label")
        wanted = filled(given, f"{start}id")
        if not label and not wanted:
            continue
        made = wanted or drafting.name_of(next(iter(label.values())))
        one: Data = {"id": made if wanted else drafting.free(made, {o["id"] for o in found}), "label": label}
        put(one, "is_other", given.get(f"{start}is_other") == "yes")
        found.append(one)
    return found

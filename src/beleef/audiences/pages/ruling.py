"""A rule as a form on other slices' pages: the same fields, buttons and refusals as on an audience's own page.

The form stands among other fields: all of its own begin with a prefix that ends in ``rule``, as ``paths-0-rule``.
"""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from beleef.access.desk import Answers
from beleef.audiences.model import Rule
from beleef.audiences.pages import draft as drafts
from beleef.audiences.pages.draft import Draft, Place, field
from beleef.audiences.pages.rule_fields import RuleForm, RuleNode
from beleef.audiences.pages.seen import Seen, suggestions
from beleef.audiences.pages.translation import to_draft, translate
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import N_, Words

__all__ = [
    "Rule",
    "RuleNode",
    "Seen",
    "changed",
    "draw",
    "fields_of",
    "is_begun",
    "is_change",
    "prefixes",
    "rule_of",
    "suggestions",
]

_ROOT = re.compile(r"((?:.+-)?rule)-kind")
_CHANGE = re.compile(r"((?:.+-)?rule):(add|step|where|remove|up|down):([0-9-]*)")
_FOCUS = "focus"


def prefixes(given: Answers) -> list[str]:
    """Return the prefixes of the rules that a form holds."""
    return [found[1] for found in map(_ROOT.fullmatch, given) if found]


def fields_of(rule: Rule, prefix: str, zone: str) -> list[tuple[str, str]]:
    """Return the fields of a form that is filled in with a rule; its days are those of ``zone``, an IANA name."""
    return list(drafts.pairs(to_draft(rule, ZoneInfo(zone)), prefix))


def is_begun(given: Answers, prefix: str) -> bool:
    """Return whether the form of a rule holds a condition, complete or not."""
    return bool(drafts.read(given, prefix).parts)


def rule_of(given: Answers, prefix: str, zone: str) -> Rule | None:
    """Return the rule that was filled in; None where there is no condition.

    Raises:
        InvalidInput: a condition is not complete; the form says at which, and why, when it is drawn again.
    """
    draft = drafts.read(given, prefix)
    if not draft.parts:
        return None
    found = translate(draft, zone)
    if found.rule is None:
        raise InvalidInput(
            N_("A condition of the rule is not complete."), hint=N_("Look at the condition that is marked.")
        )
    return found.rule


def is_change(change: str) -> bool:
    """Return whether a button ``change`` of a form is one of a rule's."""
    return _CHANGE.fullmatch(change) is not None


def changed(given: Answers) -> Answers:
    """Return the form as a rule's button ``change`` leaves it; everything else stays as it was filled in."""
    found = _CHANGE.fullmatch(given.get("change", ""))
    if found is None:
        return given
    prefix, action, written = found.groups()
    chosen = given.get("-".join(filter(None, (prefix, written, "new"))), "")
    draft, place = drafts.changed(drafts.read(given, prefix), f"{action}:{written}", chosen)
    focus = [] if place is None else [(_FOCUS, field(prefix, place))]
    return Answers([("change", ""), *_others(given, prefix), *drafts.pairs(draft, prefix), *focus])


def draw(
    given: Answers, prefix: str, *, lead: str, seen: Seen, words: Words, zone: str, tried: bool
) -> RuleNode:
    """Return the rule as it is drawn by ``audiences/rule.html``.

    Args:
        given: What the form is filled in with.
        prefix: What the fields of the rule begin with.
        lead: What the rule decides, before its first choice: ``Who takes it:``.
        seen: What to offer.
        words: The reader's language.
        zone: The zone of its days.
        tried: Whether somebody tried to keep it, so that what is not complete is marked.
    """
    draft = drafts.read(given, prefix)
    wrong = translate(draft, zone).wrong if tried and draft.parts else {}
    form = RuleForm(
        prefix=prefix, seen=seen, words=words, wrong=wrong, focus=_focus(given, prefix, draft), lead=lead
    )
    return form.draw(draft)


def _focus(given: Answers, prefix: str, draft: Draft) -> Place | None:
    where = given.get(_FOCUS, "")
    if where == prefix:
        return ()
    if not where.startswith(f"{prefix}-"):
        return None
    numbers = where.removeprefix(f"{prefix}-").split("-")
    place = tuple(int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 5)
    return place if drafts.part_at(draft, place) is not None else None


def _others(given: Answers, prefix: str) -> Iterator[tuple[str, str]]:
    for key in given:
        if key not in {"change", _FOCUS} and not key.startswith(f"{prefix}-"):
            yield from ((key, value) for value in given.every(key))

"""The gate's rules as the answers of a form, and what was filled in as rules again."""

from collections.abc import Mapping
from typing import Final

from beleef.access.desk import Answers
from beleef.contact.model import (
    EVERYWHERE,
    PURPOSES,
    Cap,
    ConsentRule,
    Distance,
    GateRules,
    Needs,
    Purpose,
    QuietHours,
)
from beleef.contact.pages.parts import KINDS, filled
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import N_

NEEDS: Final[Mapping[Needs, str]] = {
    "nothing": N_("nothing: it always passes"),
    "no_objection": N_("that the person did not say no"),
    "consent_or_relation": N_("a yes, or that the person is a customer"),
    "consent": N_("a yes"),
}
"""What a purpose can need, in words."""

LISTS: Final = ("cap", "quiet", "distance", "exception")
_MOST_ROWS = 50


def to_answers(rules: GateRules) -> Answers:
    """Return rules as the form would be sent with them."""
    pairs: list[tuple[str, str]] = []
    for index, cap in enumerate(rules.caps):
        own = f"cap-{index}"
        pairs += [
            (f"{own}-name", cap.name),
            (f"{own}-at_most", str(cap.at_most)),
            (f"{own}-days", str(cap.days)),
        ]
        pairs += [(f"{own}-window", "calendar" if cap.calendar else "rolling")]
        pairs += _several(own, cap.purposes, cap.channels)
        pairs += [(f"{own}-topics", ", ".join(cap.topics))]
        pairs += [(f"{own}-each_topic", "yes" if cap.each_topic else "")]
    for index, quiet in enumerate(rules.quiet):
        own = f"quiet-{index}"
        pairs += [(f"{own}-start", quiet.start), (f"{own}-end", quiet.end)]
        pairs += _several(own, quiet.purposes, quiet.channels)
    for index, distance in enumerate(rules.distances):
        own = f"distance-{index}"
        pairs += [
            (f"{own}-hours", f"{distance.hours:g}"),
            *_several(own, distance.purposes, distance.channels),
        ]
    for one in rules.consent:
        if one.channel == EVERYWHERE:
            pairs.append((f"needs-{one.purpose}", one.needs))
    exceptions = [one for one in rules.consent if one.channel != EVERYWHERE]
    for index, one in enumerate(exceptions):
        own = f"exception-{index}"
        pairs += [
            (f"{own}-purpose", one.purpose),
            (f"{own}-channel", one.channel),
            (f"{own}-needs", one.needs),
        ]
    pairs += [("hold_during_complaint", one) for one in rules.hold_during_complaint]
    pairs += [("pausable", one) for one in rules.pausable]
    pairs += [("hold_out_purposes", one) for one in rules.hold_out_purposes]
    pairs += [
        ("hold_out", f"{100 * rules.hold_out:g}"),
        ("transactional_counts", "yes" if rules.transactional_counts else ""),
        ("days_after_complaint", str(rules.days_after_complaint)),
        ("soft_bounces", str(rules.soft_bounces)),
        ("soft_bounce_days", str(rules.soft_bounce_days)),
    ]
    return Answers(pairs)


def from_answers(given: Answers) -> GateRules:
    """Return the rules that were filled in.

    Raises:
        InvalidInput: a number or a choice cannot be; code ``invalid_gate_rules``. ``rules.check`` looks at the rest.
    """
    consent = [
        ConsentRule(purpose=one, needs=_needs(given.get(f"needs-{one}", "nothing"))) for one in PURPOSES
    ]
    consent += [
        ConsentRule(
            purpose=_purpose(filled(given, f"{own}-purpose")),
            channel=_channel(filled(given, f"{own}-channel")),
            needs=_needs(filled(given, f"{own}-needs")),
        )
        for own in rows(given, "exception")
    ]
    return GateRules(
        consent=tuple(consent),
        caps=tuple(_cap(given, own) for own in rows(given, "cap")),
        quiet=tuple(
            QuietHours(
                start=filled(given, f"{own}-start"),
                end=filled(given, f"{own}-end"),
                purposes=_purposes(given, f"{own}-purposes"),
                channels=_channels(given, own),
            )
            for own in rows(given, "quiet")
        ),
        distances=tuple(
            Distance(
                hours=_number(given, f"{own}-hours"),
                purposes=_purposes(given, f"{own}-purposes"),
                channels=_channels(given, own),
            )
            for own in rows(given, "distance")
        ),
        hold_during_complaint=_purposes(given, "hold_during_complaint"),
        days_after_complaint=round(_number(given, "days_after_complaint")),
        pausable=_purposes(given, "pausable"),
        hold_out=round(_number(given, "hold_out") / 100, 6),
        hold_out_purposes=_purposes(given, "hold_out_purposes"),
        transactional_counts=bool(filled(given, "transactional_counts")),
        soft_bounces=round(_number(given, "soft_bounces")),
        soft_bounce_days=round(_number(given, "soft_bounce_days")),
    )


def rows(given: Answers, kind: str) -> list[str]:
    """Return the beginnings of the names of a list's rows (``cap-0``), in their order."""
    found = {
        int(parts[1])
        for name in given
        if (parts := name.split("-", 2))[0] == kind and len(parts) == 3 and parts[1].isdecimal()
    }
    return [f"{kind}-{index}" for index in sorted(found)[:_MOST_ROWS]]


def changed(given: Answers, change: str) -> Answers:
    """Return what was filled in with a row more (``add-cap``) or less (``remove-cap-2``)."""
    pairs = [(name, value) for name in given for value in given.every(name) if name != "change"]
    what, _, rest = change.partition("-")
    if what == "remove":
        return Answers([pair for pair in pairs if not pair[0].startswith(f"{rest}-")])
    if what == "add" and rest in LISTS and len(rows(given, rest)) < _MOST_ROWS:
        last = rows(given, rest)
        index = int(last[-1].rpartition("-")[2]) + 1 if last else 0
        return Answers([*pairs, *((f"{rest}-{index}-{name}", value) for name, value in _NEW[rest])])
    return Answers(pairs)


_NEW: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "cap": (("name", ""), ("at_most", "1"), ("days", "7"), ("window", "rolling"), ("purposes", "marketing")),
    "quiet": (("start", "21:00"), ("end", "08:00"), ("purposes", "marketing")),
    "distance": (("hours", "4"), ("purposes", "marketing")),
    "exception": (("purpose", "marketing"), ("channel", "email"), ("needs", "consent")),
}


def _several(own: str, purposes: tuple[Purpose, ...], channels: tuple[str, ...]) -> list[tuple[str, str]]:
    return [*((f"{own}-purposes", one) for one in purposes), (f"{own}-channels", ", ".join(channels))]


def _cap(given: Answers, own: str) -> Cap:
    return Cap(
        name=filled(given, f"{own}-name"),
        at_most=round(_number(given, f"{own}-at_most")),
        days=round(_number(given, f"{own}-days")),
        calendar=filled(given, f"{own}-window") == "calendar",
        purposes=_purposes(given, f"{own}-purposes"),
        channels=_channels(given, own),
        topics=tuple(_listed(given.get(f"{own}-topics", ""))),
        each_topic=bool(given.get(f"{own}-each_topic")),
    )


def _purposes(given: Answers, name: str) -> tuple[Purpose, ...]:
    chosen = given.every(name)
    return tuple(one for one in PURPOSES if one in chosen)


def _channels(given: Answers, own: str) -> tuple[str, ...]:
    return tuple(_channel(one) for one in _listed(given.get(f"{own}-channels", "")))


def _channel(text: str) -> str:
    if text not in KINDS:
        raise _invalid(f"“{text}” is no channel.", f"Use {', '.join(KINDS)}.")
    return text


def _purpose(text: str) -> Purpose:
    for one in PURPOSES:
        if one == text:
            return one
    raise _invalid(f"“{text}” is no purpose.", "Choose one of the list.")


def _needs(text: str) -> Needs:
    for one in NEEDS:
        if one == text:
            return one
    raise _invalid(f"“{text}” is no need.", "Choose one of the list.")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(given: Answers, name: str) -> float:
    text = filled(given, name).replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1_000_000:
        raise _invalid(f"“{text}” is no number.", "Write it in digits, from 0 on.")
    return number


def _invalid(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_gate_rules")

"""The form of who is asked and when: the trigger or the rhythm, the sample, and how long people are left in peace."""

from typing import Any, Final

from beleef.access.desk import Answers
from beleef.feedback.api import StoredSurvey
from beleef.feedback.pages.parts import KINDS, options
from beleef.feedback.pages.rows import Pairs, filled, number_of, put
from beleef.ui.forms import Choices, DefinitionEditor, Field, Fieldset, Input, Option, Select
from beleef.ui.words import N_, Words

Data = dict[str, Any]

_PEACE: Final = (
    ("same_survey_days", N_("Since this survey"), ""),
    ("same_kind_days", N_("Since a survey of the same kind"), ""),
    ("any_days", N_("Since any survey"), "30"),
    ("after_complaint_days", N_("Since a complaint was closed"), "14"),
    ("a_year", N_("Most surveys a year"), "4"),
)


def to_answers(data: Data) -> Pairs:
    """Return the asking part of a draft as its form is filled in with it."""
    pairs: Pairs = [("kind", data["kind"]), ("channel", data.get("channel", "email"))]
    trigger, spread = data.get("trigger") or {}, data.get("spread") or {}
    pairs += [("event", trigger.get("event", ""))]
    pairs += [("delay_hours", f"{trigger.get('delay_hours', 0):g}")]
    pairs += [("every_days", f"{spread['every_days']:g}" if "every_days" in spread else "")]
    if spread and "every_days" not in spread:
        pairs = [*pairs[:-1], ("every_days", "180")]
    pairs += [("hour", f"{spread.get('hour', 10)}")]
    sampling = data.get("sampling") or {}
    strata = sampling.get("strata") or {}
    pairs += [
        ("share", f"{100 * sampling.get('share', 1):g}"),
        ("hold_out", f"{100 * sampling.get('hold_out', 0):g}"),
        ("quota", f"{sampling.get('quota', 0)}"),
        ("strata_by", strata.get("by", "")),
        ("strata_least", f"{strata.get('least', '')}"),
    ]
    eligibility = data.get("eligibility") or {}
    pairs += [(name, f"{eligibility.get(name, usual)}") for name, _, usual in _PEACE]
    return [*pairs, ("audience", eligibility.get("audience", ""))]


def sections(
    given: Answers, stored: StoredSurvey, words: Words, audiences: list[tuple[str, str]], error: str | None
) -> tuple[Fieldset | DefinitionEditor, ...]:
    """Return the sections of the form."""
    kind = Choices(
        name="kind",
        label=words.gettext("When it asks"),
        options=options(KINDS, words),
        values=(given.get("kind", stored.survey.kind),),
        error=error,
    )
    return (
        Fieldset(fields=(kind, *_occasion(given, words))),
        Fieldset(legend=words.gettext("The sample"), fields=_sample(given, words)),
        Fieldset(
            legend=words.gettext("Left in peace"),
            help=words.gettext("In days; empty for the usual of this kind of survey."),
            fields=_peace(given, words, audiences),
        ),
    )


def _occasion(given: Answers, words: Words) -> tuple[Field, ...]:
    return (
        Input(
            name="event",
            label=words.gettext("After which fact"),
            value=given.get("event", ""),
            help=words.gettext("For example Order Completed; empty where campaigns ask."),
            required=False,
        ),
        _number(given, "delay_hours", words.gettext("How many hours after it")),
        _number(
            given,
            "every_days",
            words.gettext("Everybody once in so many days"),
            words.gettext("For a survey about the whole relation."),
        ),
        _number(given, "hour", words.gettext("At which hour")),
        Input(name="channel", label=words.gettext("Over which channel"), value=given.get("channel", "email")),
    )


def _sample(given: Answers, words: Words) -> tuple[Field, ...]:
    return (
        _number(given, "share", words.gettext("Share that is asked, in percent")),
        _number(
            given,
            "hold_out",
            words.gettext("Share that is never asked, in percent"),
            words.gettext("To see whether asking itself changes anything."),
        ),
        _number(
            given, "quota", words.gettext("Most invitations in 30 days"), words.gettext("0 for no limit.")
        ),
        Input(
            name="strata_by",
            label=words.gettext("Hear every group: told apart by"),
            value=given.get("strata_by", ""),
            help=words.gettext("A trait of the person, or $touchpoint, $channel or $product."),
            required=False,
        ),
        _number(given, "strata_least", words.gettext("Answers that each group is to have")),
    )


def _peace(given: Answers, words: Words, audiences: list[tuple[str, str]]) -> tuple[Field, ...]:
    everybody = Option(value="", label=words.gettext("Everybody"))
    audience = Select(
        name="audience",
        label=words.gettext("Only members of"),
        options=(everybody, *(Option(value=name, label=label) for name, label in audiences)),
        value=given.get("audience", ""),
        required=False,
    )
    return (*(_number(given, name, words.gettext(label)) for name, label, _ in _PEACE), audience)


def _number(given: Answers, name: str, label: str, help: str | None = None) -> Input:  # noqa: A002
    return Input(name=name, label=label, type="number", value=given.get(name, ""), help=help, required=False)


def read(data: Data, given: Answers) -> None:
    """Change the draft by what was filled in; what the form does not show stays.

    Raises:
        ValueError: a number is none.
    """
    kind = given.get("kind", data["kind"])
    data["kind"] = kind
    data["channel"] = filled(given, "channel") or "email"
    trigger = dict(data.get("trigger") or {})
    trigger["event"] = filled(given, "event")
    put(trigger, "delay_hours", number_of(given, "delay_hours"))
    put(data, "trigger", trigger if kind == "transactional" and trigger["event"] else None)
    every = number_of(given, "every_days")
    spread = {"every_days": every, "hour": number_of(given, "hour") or 0}
    put(data, "spread", spread if kind == "relation" and every else None)
    _read_sampling(data, given)
    eligibility = dict(data.get("eligibility") or {})
    for name, _, _ in _PEACE:
        value = number_of(given, name)
        eligibility.pop(name, None)
        if value is not None:
            eligibility[name] = value
    put(eligibility, "audience", given.get("audience", ""))
    put(data, "eligibility", eligibility)


def _read_sampling(data: Data, given: Answers) -> None:
    sampling = dict(data.get("sampling") or {})
    share, hold_out = number_of(given, "share"), number_of(given, "hold_out")
    sampling["share"] = 1 if share is None else share / 100
    put(sampling, "hold_out", (hold_out or 0) / 100)
    put(sampling, "quota", number_of(given, "quota"))
    by = filled(given, "strata_by")
    strata = dict(sampling.get("strata") or {})
    strata |= {"by": by, "least": number_of(given, "strata_least") or 0}
    put(sampling, "strata", strata if by else None)
    put(data, "sampling", sampling)

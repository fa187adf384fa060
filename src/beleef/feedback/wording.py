"""Why somebody was not asked, in words."""

from typing import Final

from beleef.contact.api import reason_sentence as gate_sentence
from beleef.ui.words import N_, Words

_REASONS: Final = {
    "not_in_audience": N_("They are not in the audience of this survey."),
    "hold_out": N_("They are in the group that is never asked, to compare with."),
    "complaint_open": N_("A complaint of theirs is open: first that is settled."),
    "complaint_closed_lately": N_("A complaint of theirs was settled not long ago."),
    "same_survey_lately": N_("They were asked this survey not long ago."),
    "same_kind_lately": N_("They were asked a survey of this kind not long ago."),
    "asked_lately": N_("They were asked another survey not long ago."),
    "asked_often": N_("They were asked often enough this year."),
    "not_sampled": N_("Chance did not choose them."),
    "quota_full": N_("Enough people were asked already."),
    "too_late": N_("It was heard of too late to ask about."),
    "not_active": N_("The survey did not ask anybody at that moment."),
    "unknown_person": N_("Nobody is known by that any more."),
    "gate_bounced": N_("The invitation came back: nobody reads mail at their address."),
    "erased": N_("Their data was erased."),
}


def reason_text(reason: str, words: Words) -> str:
    """Return in words why somebody was not asked."""
    known = _REASONS.get(reason)
    if known is None and reason.startswith("gate_"):
        return gate_sentence(reason.removeprefix("gate_"), words)
    return reason if known is None else words.gettext(known)

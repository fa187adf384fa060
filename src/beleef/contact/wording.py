"""Why the gate decided as it did, in words: every reason code has a sentence, in English and in Dutch."""

from typing import Final

from beleef.ui.words import N_, Words

_SENTENCES: Final[dict[str, str]] = {
    "ok": N_("Nothing stands in the way."),
    "expired": N_("It came too late to be of use."),
    "no_channel": N_("This channel is not set up."),
    "channel_off": N_("This channel does not send at present."),
    "no_address": N_("This channel cannot reach the person: no address is known."),
    "bounced": N_("Messages to this address came back."),
    "complained": N_("The person marked an earlier message as spam."),
    "opted_out": N_("The person does not want these messages."),
    "blocked": N_("Staff said that this address is to be left alone."),
    "no_consent": N_("The person did not say that they want these messages."),
    "topic_off": N_("The person does not want messages about this topic."),
    "hold_out": N_("The person is in the group that gets nothing, to compare with."),
    "too_early": N_("It is meant for later."),
    "paused": N_("The person asked for a pause."),
    "open_complaint": N_("A complaint of the person is still open."),
    "after_complaint": N_("A complaint of the person was closed a short while ago."),
    "cap": N_("The limit “%(rule)s” is reached."),
    "distance": N_("The last contact was too short ago."),
    "quiet_hours": N_("It is quiet time where the person lives."),
    "sender_died": N_("The sender stopped half-way: it may have gone out, and may not."),
    "line_died": N_("The line went dead before the other side answered: it may have gone out, and may not."),
    "refused": N_("The other side refused it."),
    "given_up": N_("It was tried too often."),
    "retry": N_("The other side asked to try again later."),
    "not_rendered": N_("The message could not be made for this person."),
    "put_away": N_("Staff looked at it and let it rest."),
    "sent_again": N_("Staff sent it again."),
    "campaign_stopped": N_("The campaign was stopped."),
    "campaign_paused": N_("The campaign is paused."),
    "campaign_left": N_("The person left the campaign before it went out."),
    "erased": N_("The person was erased."),
}
"""By code: what the gate and the sender give as a reason."""

REASONS: Final = frozenset(_SENTENCES)


def reason_sentence(reason: str, words: Words, rule: str = "") -> str:
    """Return why something is as it is in the reader's words; a code that has no sentence stands for itself.

    Args:
        reason: The code.
        words: The reader's language.
        rule: Name of the rule that decided, for reasons that name one.
    """
    sentence = _SENTENCES.get(reason)
    if sentence is None:
        return reason
    return words.gettext(sentence, rule=rule) if "%(rule)s" in sentence else words.gettext(sentence)

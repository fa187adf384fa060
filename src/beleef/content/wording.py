"""Says findings, channels, purposes and parts in the reader's language."""

from typing import Final

from beleef.content.model import Finding
from beleef.ui.words import N_, Words

_SENTENCES: Final = {
    "no_text": N_("There is no complete text in any language."),
    "no_language": N_("This language has no text; its readers get the other one."),
    "no_part": N_("This part is empty, and the message cannot do without it."),
    "no_preheader": N_(
        "There is no preheader: mail programs show the first words of the mail behind the subject."
    ),
    "no_words": N_("The mail has no words: readers without pictures get an empty mail."),
    "broken": N_("%(message)s"),
    "unknown_value": N_("There is no value “%(path)s” for messages."),
    "unknown_feed": N_("There is no feed “%(feed)s”."),
    "no_default": N_("People without “%(path)s” do not get this message; give it a default to reach them."),
    "promotion": N_("“%(word)s” is promotion, and this is no marketing message."),
    "no_way_out": N_("Marketing needs a link to unsubscribe or to the preferences."),
    "long_subject": N_("The subject has %(letters)s letters; phones show about 40."),
    "too_large": N_("The mail is %(size)s KB; Gmail hides everything beyond 102 KB."),
    "faint": N_(
        "“%(text)s” is hard to read: %(colour)s on %(background)s has a contrast of %(contrast)s, 4.5 is needed."
    ),
    "empty_link": N_("A link leads nowhere: “%(link)s”."),
    "broken_link": N_("This address cannot work: “%(link)s”."),
    "relative_link": N_("“%(link)s” leads nowhere from a mail; write the whole address with https://."),
    "insecure_link": N_("“%(link)s” is not secure; write https:// where the site can do that."),
    "no_alt": N_("The picture “%(picture)s” has no text for those who do not see it."),
    "empty_picture": N_("A picture has no address: “%(picture)s”."),
    "remote_picture": N_("The picture “%(picture)s” is loaded from elsewhere; keep it under Pictures."),
    "long_sms": N_("%(letters)s letters are sent, and paid, as %(parts)s messages."),
}

CHANNEL_NAMES: Final = {
    "email": N_("E-mail"),
    "sms": N_("SMS"),
    "whatsapp": N_("WhatsApp"),
    "push": N_("Push message"),
    "inbox": N_("Inbox on site and app"),
    "webhook": N_("Webhook"),
    "letter": N_("Letter"),
    "call": N_("Call by an employee"),
    "staff": N_("Alert to staff"),
}
PURPOSE_NAMES: Final = {
    "marketing": N_("Marketing"),
    "service": N_("Service"),
    "survey": N_("Survey"),
    "transactional": N_("Transactional"),
}
PURPOSE_HELP: Final = {
    "marketing": N_("Wants to sell or to please; needs consent and a way out."),
    "service": N_("Helps with what they have; no promotion in it."),
    "survey": N_("Asks for their opinion; no promotion in it."),
    "transactional": N_("Belongs to what they just did: a receipt, a password."),
}
PART_NAMES: Final = {
    "subject": N_("Subject"),
    "preheader": N_("Preheader"),
    "body": N_("Body"),
    "text": N_("Text"),
    "title": N_("Title"),
    "url": N_("Address it leads to"),
    "label": N_("Words on the button"),
    "mail": N_("For e-mail (MJML or HTML)"),
}
LANGUAGE_NAMES: Final = {"nl": N_("Dutch"), "en": N_("English")}


def sentence(finding: Finding, words: Words) -> str:
    """Return what a finding says."""
    return words.gettext(_SENTENCES[finding.code]) % finding.values


def place(finding: Finding, words: Words) -> str:
    """Return where a finding is: language and part; empty for the whole message."""
    names = (LANGUAGE_NAMES.get(finding.language), PART_NAMES.get(finding.part))
    return ", ".join(words.gettext(name) for name in names if name)

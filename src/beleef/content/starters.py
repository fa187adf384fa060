"""What a new message begins with, so that nobody faces an empty page: a short text in both languages that passes the checks."""

from typing import Final

_MAIL: Final = """{{% render 'header' %}}
{{% render 'greeting' %}}
<mj-section>
  <mj-column>
    <mj-text>
      <p>{text}</p>
    </mj-text>
  </mj-column>
</mj-section>
{{% render 'footer' %}}
"""

_TEXTS: Final = {
    "nl": ("Een bericht van {{ organisation.name }}", "Schrijf hier wat je te zeggen hebt.", "Voorkeuren"),
    "en": ("A message from {{ organisation.name }}", "Write here what you have to say.", "Preferences"),
}


def starter(channel: str) -> dict[str, dict[str, str]]:
    """Return the texts of a new message, per language; for a channel that is none, no texts."""
    return {language: _parts(channel, *said) for language, said in _TEXTS.items()}


def _parts(channel: str, title: str, text: str, preferences: str) -> dict[str, str]:
    match channel:
        case "email":
            return {"subject": title, "preheader": text, "body": _MAIL.format(text=text)}
        case "sms" | "whatsapp":
            return {"text": f"{text} {preferences}: {{{{ links.preferences }}}}"}
        case "push" | "inbox":
            return {"title": title, "body": text}
        case "webhook":
            return {"body": '{"person": {{ person.id | json }}, "fact": {{ fact | json }}}'}
        case "letter" | "call" | "staff":
            return {"body": text}
        case _:
            return {}

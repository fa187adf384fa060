"""Names in the reader's language what Beleef itself put into the library; what staff named stays as they named it.

The library keeps one label per message or block, whatever languages it is written in, and Beleef's own are in Dutch.
"""

from typing import Final

from beleef.content.model import Block, Message
from beleef.ui.words import N_, Words

_LABELS: Final = {
    "Aanhef": N_("Greeting"),
    "Knop": N_("Button"),
    "Kop met logo of naam": N_("Header with logo or name"),
    "Lijst van producten": N_("List of products"),
    "Uitnodiging voor een vragenlijst (e-mail)": N_("Invitation to a survey (e-mail)"),
    "Uitnodiging voor een vragenlijst (inbox)": N_("Invitation to a survey (inbox)"),
    "Uitnodiging voor een vragenlijst (melding)": N_("Invitation to a survey (notification)"),
    "Uitnodiging voor een vragenlijst (sms)": N_("Invitation to a survey (text message)"),
    "Voet met voorkeuren": N_("Footer with preferences"),
    "Welkom": N_("A first message"),
}
_DESCRIPTIONS: Final = {
    "Boven elke mail; toont het logo van de organisatie, of anders de naam.": N_(
        "Above each mail; shows the organisation's logo, or else its name."
    ),
    "Een knop met een link: render 'button', text: 'Bekijk', url: 'https://…'.": N_(
        "A button with a link: render 'button', text: 'Look', url: 'https://…'."
    ),
    "Een voorbeeld om mee te beginnen; pas het aan.": N_("An example to begin with; make it your own."),
    "Onder elke mail: wie de afzender is, en hoe iemand zelf kiest wat hij krijgt.": N_(
        "Below each mail: who sends it, and how people choose for themselves what they get."
    ),
    "Spreekt iemand met de voornaam aan, en zonder voornaam ook vriendelijk.": N_(
        "Greets people by their first name, and kindly where it is not known."
    ),
    "Toont producten met naam, aantal en prijs: render 'products', products: fact.products.": N_(
        "Shows products with name, number and price: render 'products', products: fact.products."
    ),
}


def label_of(one: Message | Block, words: Words) -> str:
    """Return what a message or block is called."""
    return words.gettext(_LABELS.get(one.label, "")) or one.label


def description_of(one: Message | Block, words: Words) -> str:
    """Return what a message or block is for; empty where nothing is said."""
    return words.gettext(_DESCRIPTIONS.get(one.description, "")) or one.description

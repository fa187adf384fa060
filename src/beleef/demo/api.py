"""What others may call of the demo: its history, its life after that, and its sources."""

from beleef.demo.audiences import AUDIENCES
from beleef.demo.campaigns import BROADCAST, TOPICS, CampaignFile, campaign_file
from beleef.demo.feedback import (
    OWN_THEMES,
    Occasion,
    answers,
    eagerness,
    feeling,
    given,
    language_of,
    survey_file,
)
from beleef.demo.generate import FACTS_PER_PERSON, generate, trickle
from beleef.demo.model import CAMPAIGN_DAYS, DEMO_EMAIL, ORGANISATION, DemoSource, Request
from beleef.demo.reactions import Reaction, chance, order, reactions
from beleef.demo.sources import sources
from beleef.demo.support import AGENTS, Asked, Step, articles_data, asked, rules_data
from beleef.demo.window import FEED, pictures, product_rows

__all__ = [
    "AGENTS",
    "AUDIENCES",
    "BROADCAST",
    "CAMPAIGN_DAYS",
    "DEMO_EMAIL",
    "FACTS_PER_PERSON",
    "FEED",
    "ORGANISATION",
    "OWN_THEMES",
    "TOPICS",
    "Asked",
    "CampaignFile",
    "DemoSource",
    "Occasion",
    "Reaction",
    "Request",
    "Step",
    "answers",
    "articles_data",
    "asked",
    "campaign_file",
    "chance",
    "eagerness",
    "feeling",
    "generate",
    "given",
    "language_of",
    "order",
    "pictures",
    "product_rows",
    "reactions",
    "rules_data",
    "sources",
    "survey_file",
    "trickle",
]

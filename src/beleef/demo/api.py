"""What others may call of the demo: its history, its life after that, and its sources."""

from beleef.demo.audiences import AUDIENCES
from beleef.demo.campaigns import BROADCAST, CampaignFile, campaign_file
from beleef.demo.generate import FACTS_PER_PERSON, generate, trickle
from beleef.demo.model import CAMPAIGN_DAYS, DEMO_EMAIL, DemoSource, Request
from beleef.demo.reactions import Reaction, chance, order, reactions
from beleef.demo.sources import sources

__all__ = [
    "AUDIENCES",
    "BROADCAST",
    "CAMPAIGN_DAYS",
    "DEMO_EMAIL",
    "FACTS_PER_PERSON",
    "CampaignFile",
    "DemoSource",
    "Reaction",
    "Request",
    "campaign_file",
    "chance",
    "generate",
    "order",
    "reactions",
    "sources",
    "trickle",
]

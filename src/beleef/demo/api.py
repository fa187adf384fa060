"""What others may call of the demo: its history, its life after that, and its sources."""

from beleef.demo.audiences import AUDIENCES
from beleef.demo.generate import FACTS_PER_PERSON, generate, trickle
from beleef.demo.model import DEMO_EMAIL, DemoSource, Request
from beleef.demo.sources import sources

__all__ = [
    "AUDIENCES",
    "DEMO_EMAIL",
    "FACTS_PER_PERSON",
    "DemoSource",
    "Request",
    "generate",
    "sources",
    "trickle",
]

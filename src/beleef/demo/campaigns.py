"""The campaigns of the demo's shop, with the messages and audiences that they need, as the file that ``beleef apply`` takes too."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

_FILE: Final = Path(__file__).parent / "campaigns.yaml"

TOPICS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "newsletter",
        "labels": {"nl": "Nieuwsbrief", "en": "Newsletter"},
        "helps": {"nl": "Wat er nieuw is in de winkel.", "en": "What is new in the shop."},
        "position": 10,
    },
    {
        "name": "offers",
        "labels": {"nl": "Aanbiedingen", "en": "Offers"},
        "helps": {"nl": "Ook herinneringen aan een mandje.", "en": "Reminders of a cart as well."},
        "position": 20,
    },
    {
        "name": "workshops",
        "labels": {"nl": "Workshops en proeverijen", "en": "Workshops and tastings"},
        "helps": {
            "nl": "Eens per maand, met wat er te leren valt.",
            "en": "Once a month, with what there is to learn.",
        },
        "position": 30,
    },
)
"""What customers of the shop choose between, as plain data."""

BROADCAST: Final = "plan_notice"
"""The campaign that goes out once, some time after the others began."""


class CampaignFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds, as plain data."""

    audiences: tuple[dict[str, Any], ...]
    messages: tuple[dict[str, Any], ...]
    campaigns: tuple[dict[str, Any], ...]


@cache
def campaign_file() -> CampaignFile:
    """Return the demo's campaigns, messages and audiences."""
    return msgspec.convert(yaml.safe_load(_FILE.read_text(encoding="utf-8")), CampaignFile)

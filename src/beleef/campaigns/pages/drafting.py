"""Changing a draft: read, changed and kept in one transaction, so that two colleagues who edit different steps both keep their work."""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from beleef.access.model import Actor
from beleef.campaigns.api import StoredCampaign, to_data
from beleef.campaigns.pages.fields import Data
from beleef.campaigns.pages.parts import CampaignRoom
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import Words

_PLACE = re.compile(r"^[a-z_]+(\.[a-z0-9_]+)*: ")


def stored(room: CampaignRoom, name: str) -> StoredCampaign:
    """Return a campaign.

    Raises:
        NotFound: there is no such campaign.
    """
    with room.database.read() as connection:
        return room.campaigns.campaign(connection, name)


def draft(found: StoredCampaign) -> Data:
    """Return a campaign's draft as plain data, with a flow."""
    data = to_data(found.campaign)
    data.setdefault("flow", [])
    return data


def change(room: CampaignRoom, actor: Actor, name: str, edit: Callable[[Data], Any]) -> None:
    """Change a draft and keep it.

    Args:
        room: What the pages work with.
        actor: Who changes it.
        name: The campaign.
        edit: Changes the data in place.

    Raises:
        NotFound: there is no such campaign, step or place.
        InvalidInput: the changed draft cannot be kept; nothing is.
    """
    with room.database.write() as connection:
        data = draft(room.campaigns.campaign(connection, name))
        edit(data)
        save(room, connection, data)
    room.record(actor, "campaign.save", name, {})


def save(room: CampaignRoom, connection: sa.Connection, data: Data) -> StoredCampaign:
    """Keep a draft.

    Raises:
        InvalidInput: it cannot be kept.
    """
    return room.campaigns.save(connection, data, room.now())


def told(error: InvalidInput, words: Words) -> str:
    """Return what is wrong without the place where it stands in a file: it is shown at the place itself."""
    message = _PLACE.sub("", error.message)
    return f"{words.refused(message)} {words.refused(error.hint)}".strip()

"""Forgetting somebody who is erased: what the channels keep of them beside the ledger."""

from collections.abc import Collection

import sqlalchemy as sa

from beleef.contact.channels.call import queries as calls
from beleef.contact.channels.inbox import queries as inbox
from beleef.contact.channels.letter import queries as letters
from beleef.contact.channels.push import queries as push


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Remove browsers, the inbox, letters and calls of somebody, given by all their subjects, in the caller's transaction."""
    push.forget(connection, subjects)
    inbox.forget(connection, subjects)
    letters.forget(connection, subjects)
    calls.forget(connection, subjects)

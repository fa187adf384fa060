"""The audiences of a person, for the person's own page, which knows nothing of audiences otherwise."""

from beleef.audiences import queries
from beleef.audiences.api import Audiences
from beleef.audiences.pages.parts import audience_href
from beleef.kernel import ids
from beleef.store.records.database import Database
from beleef.ui.components import Known, Link
from beleef.ui.words import Words


class AudiencesOf:
    """Gives the audiences that a person is in.

    Args:
        database: Where audiences are kept.
        audiences: Keeps them.
    """

    def __init__(self, database: Database, audiences: Audiences) -> None:
        self._database = database
        self._audiences = audiences

    def __call__(self, person: int, words: Words) -> tuple[Known, ...]:
        """Return them by label, each with since when and the way to why."""
        with self._database.read() as connection:
            found = self._audiences.audiences(connection)
            standing = queries.standings(connection, [person]).get(person)
        since = {} if standing is None else standing.members
        mine = sorted(
            (one for one in found if one.number in since), key=lambda one: one.audience.label.casefold()
        )
        return tuple(
            Known(
                name=one.audience.label,
                value=Link(
                    text=words.gettext("Why?"),
                    href=audience_href(one.audience.name, "/why", person=ids.to_text(person)),
                ),
                moment=since[one.number],
            )
            for one in mine
        )

"""JSON routes about computed traits: which there are, adding or changing one, and deleting one."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Router, delete, get, put

from beleef.access import api as access
from beleef.access.door import Door
from beleef.access.model import Role
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Definition, Profiles, StoredDefinition
from beleef.store.records.database import Database

AnyRequest = Request[Any, Any, Any]


class DefinitionView(msgspec.Struct, frozen=True, kw_only=True):
    """A computed trait; ``filled`` says whether past facts are counted, so that its values are exact."""

    definition: Definition
    filled: bool


class DefinitionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All computed traits, by name."""

    computed_traits: list[DefinitionView]


class DeletedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """It is gone."""

    success: bool = True


def routes(
    database: Database,
    profiles: Profiles,
    door: Door,
    now: Clock,
    users: Callable[[sa.Connection, str], Sequence[str]],
) -> Router:
    """Return the routes below ``/v1/computed-traits``.

    Args:
        database: Where definitions are kept.
        profiles: Reads and keeps them.
        door: Who may.
        now: The clock, for the audit log.
        users: Tells in words what asks for a computed trait.
    """

    @get("/", sync_to_thread=True, summary="All computed traits")
    def definitions(request: AnyRequest) -> DefinitionsAnswer:
        door(request, Role.reader)
        with database.read() as connection:
            found = profiles.definitions(connection)
        return DefinitionsAnswer(computed_traits=[_view(one) for one in found])

    @put(
        "/{name:str}",
        sync_to_thread=True,
        summary="Add or change a computed trait; past facts are counted soon",
    )
    def save(request: AnyRequest, name: str, data: Definition) -> DefinitionView:
        actor = door(request, Role.editor)
        if data.name != name:
            raise InvalidInput(
                "The address and the definition name different traits.", hint="Give the same name in both."
            )
        with database.write() as connection:
            saved = profiles.save_definition(connection, data)
            access.record(connection, actor, "computed_trait.save", name, now=now())
        return _view(saved)

    @delete("/{name:str}", sync_to_thread=True, status_code=200, summary="Delete a computed trait")
    def remove(request: AnyRequest, name: str) -> DeletedAnswer:
        actor = door(request, Role.editor)
        with database.write() as connection:
            profiles.delete_definition(connection, name, users)
            access.record(connection, actor, "computed_trait.delete", name, now=now())
        return DeletedAnswer()

    return Router(path="/v1/computed-traits", route_handlers=[definitions, save, remove], tags=["People"])


def _view(stored: StoredDefinition) -> DefinitionView:
    return DefinitionView(definition=stored.definition, filled=stored.filled)

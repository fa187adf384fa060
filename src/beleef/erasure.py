"""Erasing a person everywhere: state, quarantine, log and lake. What statistics need stays, and belongs to nobody.

First the tombstones, so that nothing new about the person comes in; then the log and the lake. Each part may be repeated, so an erasure
that was cut short is finished by asking for it again.
"""

from typing import TYPE_CHECKING

import msgspec

from beleef.access import api as access
from beleef.collect import api as collect
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.profiles.people import People

if TYPE_CHECKING:
    from beleef.app import Stores


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased: how many facts are anonymous now, and how many request bodies were rewritten."""

    facts: int
    requests: int


def erase_person(stores: "Stores", people: People, who: str, *, actor: access.Actor) -> Erased:
    """Erase a person named as ``namespace:value``.

    Raises:
        NotFound: nobody is known by that.
        NotAllowed: the actor is no administrator.
    """
    from beleef.store.warehouse.erasing import Eraser  # noqa: PLC0415 -- loads Arrow
    from beleef.store.warehouse.lake import Lake  # noqa: PLC0415

    actor.must_be(access.Role.administrator)
    now = stores.now()
    with stores.database.read() as connection:
        person = people.find(connection, who)
    facts = [fact.id for fact in stores.warehouse.facts_of(person.subjects)]
    with stores.database.write() as connection:
        collect.hold_progress(connection)
        subjects = identity.forget(connection, person.number, erased_at=now)
        people.profiles.forget(connection, subjects)
        collect.forget_quarantined(connection, [one.value for one in person.identifiers])
        access.record(
            connection, actor, "person.erase", ids.to_text(person.number), now=now, facts=len(facts)
        )
    # What came in between the first look and the tombstones is in the history as well by now.
    facts = list({*facts, *(fact.id for fact in stores.warehouse.facts_of(subjects))})
    with stores.database.read() as connection:
        requests = collect.redact(stores.log, facts, connection)
    anonymous = Eraser(stores.database, Lake(stores.settings.lake), now=stores.now).erase(subjects)
    return Erased(facts=anonymous, requests=requests)

"""Erasing a person everywhere: log, lake, quarantine and state. What statistics need stays, and belongs to nobody.

First the tombstones, so that nothing new about the person comes in; the person's own state last, so that an erasure that was
cut short is finished by asking for it again.
"""

from typing import TYPE_CHECKING

import msgspec

from beleef.access import api as access
from beleef.app import build_audiences, build_campaigns, build_contact, build_feedback, build_support
from beleef.audiences.handing_over.queries import look_again
from beleef.collect import api as collect
from beleef.facts.fact import Fact
from beleef.feedback.api import erase_uploads
from beleef.feedback.voices.queries import forget as forget_comments
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.profiles.people import People
from beleef.store.files import Files

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
    with stores.database.write() as connection:
        until = collect.hold_progress(connection).position
        person = people.find(connection, who)
        last_fact = ids.fact_id(until + 1, 0) - 1
        identity.tombstone(connection, person.subjects, erased_at=stores.now(), last_fact=last_fact)
        access.record(connection, actor, "person.erase", ids.to_text(person.number), now=stores.now())
    facts = list(stores.warehouse.facts_of(person.subjects))
    erase_uploads(Files(stores.settings.exports), facts)
    mention = collect.Mention((one.namespace, one.value) for one in person.identifiers)
    outcomes, quarantined = _traces(stores, person, facts, mention, until)
    with stores.database.read() as connection:
        requests = collect.redact(stores.log, outcomes, connection)
    with stores.database.write() as connection:
        collect.hold_progress(connection)
        collect.note_erased(connection, facts)
        collect.forget_quarantined(connection, quarantined)
    anonymous = Eraser(stores.database, Lake(stores.settings.lake), now=stores.now).erase(person.subjects)
    with stores.database.write() as connection:
        collect.hold_progress(connection)
        build_contact(stores).forget(connection, person, people.profiles, stores.now())
        forgotten = identity.forget(connection, person.number, erased_at=stores.now(), last_fact=last_fact)
        build_campaigns(stores).forget(connection, forgotten.subjects)
        build_feedback(stores).forget(connection, {*person.subjects, *forgotten.subjects})
        forget_comments(connection, {*person.subjects, *forgotten.subjects})
        build_support(stores).forget(connection, {*person.subjects, *forgotten.subjects})
        people.profiles.forget(connection, forgotten.subjects)
        build_audiences(stores).forget(connection, forgotten.subjects)
        # Systems that were told of the person are told that they left.
        look_again(connection, forgotten.subjects, stores.now())
        collect.count_people(connection, forgotten.persons)
    return Erased(facts=anonymous, requests=requests)


def _traces(
    stores: "Stores", person: identity.Person, facts: list[Fact], mention: collect.Mention, until: int
) -> tuple[dict[int, collect.Outcome], list[int]]:
    """Return what became of every message about a person, by the number of its fact, and which are in the quarantine."""
    processed = {fact.id for fact in facts}
    subjects = frozenset(person.subjects)
    with stores.database.read() as connection:
        subject_of = identity.subject_reader(
            connection, stores.installation().key, default_region=stores.settings.region
        )
        quarantined = collect.quarantined_about(connection, mention, processed)
        copies = collect.copies_in_log(
            stores.log, mention, lambda fact: subject_of(fact) in subjects, connection, until=until
        )
        outcomes: dict[int, collect.Outcome] = dict(copies)
    outcomes.update(dict.fromkeys(quarantined, "quarantined"))
    outcomes.update(dict.fromkeys(processed, "processed"))
    return outcomes, quarantined


def lift(stores: "Stores", who: str, *, actor: access.Actor) -> None:
    """Let facts about an identifier (``namespace:value``) in again, because the customer came back.

    Raises:
        InvalidInput: there is no colon in it.
        NotFound: it was not erased.
        NotAllowed: the actor is no administrator.
    """
    actor.must_be(access.Role.administrator)
    namespace, colon, value = who.partition(":")
    if not colon:
        raise InvalidInput(
            "Name an identifier as namespace:value.", hint="For example email:jan@example.nl or user_id:42."
        )
    key, region = stores.installation().key, stores.settings.region
    with stores.database.write() as connection:
        if not identity.lift_erasure(connection, key, namespace, value, default_region=region):
            raise NotFound("Nobody was erased under that.", hint="Check the namespace and the value.")
        access.record(connection, actor, "erasure.lift", namespace, now=stores.now())

"""What a rule selects: how many people, and some of them, beside the form of an audience and beside what is kept of it."""

import msgspec

from beleef.access.desk import Visit
from beleef.audiences.api import Estimate, Rule, StoredAudience
from beleef.audiences.pages.parts import AudienceRoom
from beleef.audiences.pages.sentence import sentence_of
from beleef.kernel.errors import BeleefError
from beleef.profiles.pages.parts import person_href, title_of
from beleef.ui.components import Link
from beleef.ui.page import Page

_EXAMPLES = 10


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule selects.

    Attributes:
        sentence: The rule as a sentence; empty where it is not complete.
        figure: How many people; empty where they were not counted.
        basis: Of how many.
        note: What there is to know or to do.
        examples: Some of them.
    """

    sentence: str = ""
    figure: str = ""
    basis: str = ""
    note: str = ""
    examples: tuple[Link, ...] = ()


class CountedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/counted.html``: the count by itself, for the script."""

    page: Page
    count: Count


def as_kept(visit: Visit, room: AudienceRoom, found: StoredAudience) -> Count:
    """Return who is in an audience as it is kept: its rule is not changed yet, so that nothing has to be counted anew."""
    rule = found.audience.rule
    if found.filled < 1:
        return counted(visit, room, rule)
    with room.database.read() as connection:
        members = room.audiences.members(connection, found.audience.name, limit=_EXAMPLES).members
        people = room.audiences.people(connection)
    estimate = Estimate(
        count=found.size, people=max(people, found.size), examples=tuple(one.person for one in members)
    )
    return _shown(visit, room, sentence_of(rule, room.seen(), visit.words), estimate)


def counted(visit: Visit, room: AudienceRoom, rule: Rule) -> Count:
    """Return what a rule selects at this moment: how many people, and some of them."""
    words = visit.words
    sentence = sentence_of(rule, room.seen(), words)
    try:
        with room.database.read() as connection:
            room.audiences.check(connection, rule)
        found = room.estimate(rule)
    except BeleefError as error:
        return Count(sentence=sentence, note=words.refusal(error))
    return _shown(visit, room, sentence, found)


def _shown(visit: Visit, room: AudienceRoom, sentence: str, found: Estimate) -> Count:
    words = visit.words
    lines = room.customers.lines(found.examples)
    share = found.count / found.people if found.people else 0.0
    return Count(
        sentence=sentence,
        figure=words.number(found.count),
        basis=words.ngettext(
            "of %(num)s person (%(share)s)",
            "of %(num)s people (%(share)s)",
            found.people,
            share=words.percent(share, 1 if 0 < share < 0.1 else 0),
        ),
        examples=tuple(
            Link(
                text=title_of(line, words),
                href=person_href(line.number),
                detail=line.identifier if line.called else None,
            )
            for line in lines.values()
        ),
    )

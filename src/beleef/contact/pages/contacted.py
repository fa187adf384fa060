"""One message of a person: what became of it, and each decision about it."""

from collections.abc import Sequence

import msgspec

from beleef.access.desk import Visit
from beleef.contact.api import Contacted, StoredDecision
from beleef.contact.pages.parts import (
    ContactRoom,
    PersonHead,
    kind_name,
    outcome_badge,
    person_href,
    purpose_name,
    state_badge,
    why,
)
from beleef.contact.wording import reason_sentence
from beleef.kernel.errors import NotFound
from beleef.ui.components import (
    Code,
    Column,
    EmptyState,
    Known,
    Link,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.page import Page
from beleef.ui.words import Words


class ContactedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/contacted.html``: one message of a person, and each decision about it in the order of time."""

    page: Page
    tab_links: tuple[TabLink, ...]
    known: tuple[Known, ...]
    decisions: Table


def contacted_page(room: ContactRoom, visit: Visit, head: PersonHead, number: int) -> ContactedPage:
    """Return the page of one message.

    Raises:
        NotFound: the person has no such message.
    """
    words = visit.words
    with room.database.read() as connection:
        row = room.contact.contacted(connection, [number]).get(number)
        if row is None or row.intent.subject not in _subjects(head):
            raise NotFound("There is no such message of this person.", hint="Look at the list again.")
        taken = room.contact.decisions(connection, [number]).get(number, [])
    title = row.intent.message or row.intent.campaign or row.intent.key
    page = msgspec.structs.replace(
        head.page,
        title=title,
        lead=None,
        actions=(),
        breadcrumbs=(
            *head.page.breadcrumbs,
            Link(text=head.name, href=person_href(head.person.number)),
            Link(text=words.gettext("Contact"), href=person_href(head.person.number, "/messages")),
        ),
    )
    return ContactedPage(
        page=page,
        tab_links=head.tab_links,
        known=_known(row, words),
        decisions=_decisions(taken, words),
    )


def _subjects(head: PersonHead) -> set[int]:
    return {*head.person.subjects, *(one.subject for one in head.person.identifiers)}


def _known(row: Contacted, words: Words) -> tuple[Known, ...]:
    intent = row.intent
    found = [
        Known(name=words.gettext("State"), value=state_badge(row.state, words)),
        Known(name=words.gettext("Channel"), value=Text(text=kind_name(intent.channel, words))),
        Known(name=words.gettext("What for"), value=Text(text=purpose_name(intent.purpose, words))),
    ]
    said = why(row, words)
    texts = (
        (words.gettext("Why"), said),
        (words.gettext("Topic"), intent.topic),
        (words.gettext("Campaign"), intent.campaign),
        (words.gettext("Step"), intent.step),
        (words.gettext("Variant"), intent.variant),
        (words.gettext("Address"), row.address.replace("\n", ", ")),
    )
    found += [Known(name=name, value=Text(text=text)) for name, text in texts if text]
    if row.attempts > 1:
        found.append(Known(name=words.gettext("Tries"), value=Text(text=words.number(row.attempts))))
    moments = (
        (words.gettext("Meant"), row.created_at),
        (words.gettext("Sent"), row.sent_at),
        (words.gettext("Delivered"), row.delivered_at),
        (words.gettext("Came back"), row.bounced_at),
        (words.gettext("Opened"), row.opened_at),
        (words.gettext("Link followed"), row.clicked_at),
    )
    found += [Known(name=name, value=Time(moment=at, exact=True)) for name, at in moments if at is not None]
    found.append(Known(name=words.gettext("Key"), value=Code(text=intent.key)))
    return tuple(found)


def _decisions(taken: Sequence[StoredDecision], words: Words) -> Table:
    def row(one: StoredDecision) -> Row:
        until = one.decision.until
        shown = until is not None and one.decision.outcome == "hold"
        return Row(
            cells=(
                Time(moment=one.at, exact=True),
                outcome_badge(one.decision, words),
                Text(text=reason_sentence(one.decision.reason, words, one.decision.rule)),
                Time(moment=until, exact=True) if shown and until is not None else Text(text="—"),
            )
        )

    return Table(
        caption=words.gettext("What the gate decided"),
        columns=(
            Column(label=words.gettext("When")),
            Column(label=words.gettext("Decision")),
            Column(label=words.gettext("Why")),
            Column(label=words.gettext("Until")),
        ),
        rows=tuple(map(row, taken)),
        empty=EmptyState(
            title=words.gettext("Not decided yet"),
            text=words.gettext("The gate looks at it when it is due."),
            icon="clock",
        ),
    )

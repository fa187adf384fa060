"""What staff decide about a person: taking evidence back, putting it back, and erasing. Each asks first and says what will happen."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.profiles.customers import Sheet
from beleef.profiles.pages import evidence
from beleef.profiles.pages.parts import CustomerRoom, filled, person_href, read_number
from beleef.profiles.pages.person import frame, name_of
from beleef.ui.components import Link
from beleef.ui.forms import Fieldset, Form, Hidden, Input
from beleef.ui.page import Confirm
from beleef.ui.words import Words

_LONGEST_REASON = 500


class _Pair:
    """A piece of evidence that is decided about: its two identifiers, and whether it counts now."""

    def __init__(self, explanation: identity.Explanation, a: str, b: str) -> None:
        wanted = {read_number(a), read_number(b)}
        pieces: list[identity.Joined | identity.Undone] = [*explanation.joined, *explanation.undone]
        for piece in pieces:
            if {piece.a.subject, piece.b.subject} == wanted:
                self.a, self.b = piece.a, piece.b
                return
        raise NotFound(
            "There is no such evidence any more.", hint="Look at the page Identity of this person again."
        )


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the pages that ask, and what takes the answers."""
    return [*_evidence_routes(room), *_erase_routes(room)]


def _evidence_routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    @get("/people/{who:str}/identity/undo", sync_to_thread=True)
    def ask_undo(request: AnyRequest, who: str, a: str = "", b: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        sheet = room.customers.sheet(read_number(who))
        return room.desk.html(
            "ui/confirm.html", _undo_page(room, visit, sheet, Answers([("a", a), ("b", b)]))
        )

    @post("/people/{who:str}/identity/undo")
    async def undo(request: AnyRequest, who: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        sheet = await asyncio.to_thread(room.customers.sheet, read_number(who))
        reason = filled(given, "reason")
        if not reason or len(reason) > _LONGEST_REASON:
            error = visit.words.gettext("Say in a few words why, for those who read it later.")
            page = await asyncio.to_thread(_undo_page, room, visit, sheet, given, error)
            return room.desk.html("ui/confirm.html", page, status=400)
        return await _decide(room, visit, sheet, given, reason)

    @get("/people/{who:str}/identity/restore", sync_to_thread=True)
    def ask_restore(request: AnyRequest, who: str, a: str = "", b: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        sheet = room.customers.sheet(read_number(who))
        given = Answers([("a", a), ("b", b)])
        return room.desk.html("ui/confirm.html", _restore_page(room, visit, sheet, given))

    @post("/people/{who:str}/identity/restore")
    async def restore(request: AnyRequest, who: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        sheet = await asyncio.to_thread(room.customers.sheet, read_number(who))
        return await _decide(room, visit, sheet, given, filled(given, "reason"), restore=True)

    return [ask_undo, undo, ask_restore, restore]


async def _decide(
    room: CustomerRoom, visit: Visit, sheet: Sheet, given: Answers, reason: str, *, restore: bool = False
) -> Response[str]:
    """Bring the decision into the log, and lead back with what came of it."""
    explanation = await asyncio.to_thread(room.customers.explain, sheet.person.number)
    pair = _Pair(explanation, given.get("a", ""), given.get("b", ""))
    a, b = (pair.a.namespace, pair.a.value), (pair.b.namespace, pair.b.value)
    says = identity.restore_message if restore else identity.undo_message
    passed = await room.own.say([says(a, b, reason=reason, by=visit.actor.name)])
    action = "evidence.restore" if restore else "evidence.undo"
    number = ids.to_text(sheet.person.number)
    await asyncio.to_thread(room.record, visit.actor, action, number, {})
    same = await asyncio.to_thread(room.customers.same_person, pair.a.subject, pair.b.subject)
    href = person_href(pair.a.subject, "/identity")
    if not passed:
        flash = visit.words.gettext("The decision is kept; it shows as soon as the worker has read it.")
        return room.desk.redirect(href, flash=flash, tone="warn")
    return room.desk.redirect(href, flash=_outcome(visit.words, restored=restore, same=same))


def _outcome(words: Words, *, restored: bool, same: bool) -> str:
    if restored:
        return (
            words.gettext("Restored: they are one person again.")
            if same
            else words.gettext("Restored. They are still two people, because other rules keep them apart.")
        )
    return (
        words.gettext("Taken back. Other evidence still says that they are one person.")
        if same
        else words.gettext("Taken back: they are two people now.")
    )


def _undo_page(
    room: CustomerRoom, visit: Visit, sheet: Sheet, given: Answers, error: str | None = None
) -> Confirm:
    words = visit.words
    explanation = room.customers.explain(sheet.person.number)
    pair = _Pair(explanation, given.get("a", ""), given.get("b", ""))
    parted = evidence.sides(explanation, pair.a.subject, pair.b.subject)
    if parted.b:
        consequences = [
            words.gettext("One person becomes two."),
            words.gettext("One keeps: %(list)s", list=_listed(parted.a, words)),
            words.gettext("The other keeps: %(list)s", list=_listed(parted.b, words)),
            words.gettext("Facts, traits, consents and products go along with their identifiers."),
        ]
    else:
        consequences = [
            words.gettext(
                "This stays one person: other evidence says the same. Take that back too if it is wrong."
            )
        ]
    consequences.append(words.gettext("It can be restored at any time; nothing is lost."))
    reason = Input(
        name="reason",
        label=words.gettext("Why"),
        value=given.get("reason", ""),
        help=words.gettext("Stands in the explanation, with your name."),
        error=error,
    )
    title = words.gettext("Take this evidence back?")
    return _asked(visit, sheet, pair, "undo", title, consequences, (reason,))


def _restore_page(room: CustomerRoom, visit: Visit, sheet: Sheet, given: Answers) -> Confirm:
    words = visit.words
    pair = _Pair(room.customers.explain(sheet.person.number), given.get("a", ""), given.get("b", ""))
    a, b = evidence.named(pair.a, words), evidence.named(pair.b, words)
    consequences = [
        words.gettext("%(a)s and %(b)s count as one person's again.", a=a, b=b),
        words.gettext("Both histories are shown as one."),
    ]
    reason = Input(name="reason", label=words.gettext("Why"), required=False)
    return _asked(
        visit, sheet, pair, "restore", words.gettext("Restore this evidence?"), consequences, (reason,)
    )


def _asked(
    visit: Visit,
    sheet: Sheet,
    pair: _Pair,
    decision: str,
    title: str,
    consequences: list[str],
    fields: tuple[Input, ...],
) -> Confirm:
    words, number = visit.words, sheet.person.number
    hidden = (
        Hidden(name="a", value=ids.to_text(pair.a.subject)),
        Hidden(name="b", value=ids.to_text(pair.b.subject)),
    )
    submit = words.gettext("Take it back") if decision == "undo" else words.gettext("Restore it")
    return Confirm(
        page=frame(visit, sheet, title),
        consequences=tuple(consequences),
        form=Form(
            name=decision,
            action=person_href(number, f"/identity/{decision}"),
            sections=(Fieldset(fields=(*hidden, *fields)),),
            submit=submit,
            cancel=Link(text=words.gettext("Cancel"), href=person_href(number, "/identity")),
        ),
    )


def _listed(identifiers: tuple[identity.PersonIdentifier, ...], words: Words) -> str:
    shown = ", ".join(evidence.named(one, words) for one in identifiers[:6])
    more = len(identifiers) - 6
    return shown + words.ngettext(" and %(num)s more", " and %(num)s more", more) if more > 0 else shown


def _erase_routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    @get("/people/{who:str}/erase", sync_to_thread=True)
    def ask_erase(request: AnyRequest, who: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        sheet = room.customers.sheet(read_number(who))
        return room.desk.html("ui/confirm.html", _erase_page(visit, sheet))

    @post("/people/{who:str}/erase")
    async def erase(request: AnyRequest, who: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        sheet = await asyncio.to_thread(room.customers.sheet, read_number(who))
        if filled(given, "name") != name_of(sheet, visit.words):
            error = visit.words.gettext("This is not the name; type it as it stands above.")
            return room.desk.html("ui/confirm.html", _erase_page(visit, sheet, error), status=400)
        number = ids.to_text(sheet.person.number)
        await asyncio.to_thread(room.erase, f"id:{number}", actor=visit.actor)
        return room.desk.redirect("/people", flash=visit.words.gettext("The person is erased."))

    return [ask_erase, erase]


def _erase_page(visit: Visit, sheet: Sheet, error: str | None = None) -> Confirm:
    words, name, number = visit.words, name_of(sheet, visit.words), sheet.person.number
    facts = sheet.profile.facts
    typed = Input(
        name="name",
        label=words.gettext("Type “%(name)s” to go on", name=name),
        help=words.gettext("So that nobody is erased by a slip of the hand."),
        error=error,
        autocomplete="off",
    )
    return Confirm(
        page=frame(visit, sheet, words.gettext("Erase %(name)s?", name=name)),
        consequences=(
            words.ngettext(
                "The %(num)s fact of this person is erased from the log, the profiles and the history.",
                "All %(num)s facts of this person are erased from the log, the profiles and the history.",
                facts,
            ),
            words.gettext(
                "A sign without personal data stays for each identifier, so that a later import does not bring the person back."
            ),
            words.gettext("Totals per day and channel stay as they are. This cannot be undone."),
        ),
        form=Form(
            name="erase",
            action=person_href(number, "/erase"),
            sections=(Fieldset(fields=(typed,)),),
            submit=words.gettext("Erase this person"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep this person"), href=person_href(number)),
        ),
    )

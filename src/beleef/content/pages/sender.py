"""What messages say about the sender: name, address, logo and colour, the same in all of them."""

import asyncio
import re

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.mail import contrast
from beleef.content.model import Organisation
from beleef.content.pages.files import ImportPage
from beleef.content.pages.parts import ContentRoom, filled
from beleef.ui.components import Link
from beleef.ui.forms import Fieldset, Form, Input, InputType
from beleef.ui.words import Words

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_WEB = re.compile(r"https?://\S+\.\S+")
_PICTURE = re.compile(r"(https://\S+|/media/[0-9a-f]+\.[a-z]+)")
_LONGEST = 300
_LEAST_CONTRAST = 3.0


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the form and what takes it."""

    @get("/sender", sync_to_thread=True)
    def sender(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            known = room.content.organisation(connection)
        given = Answers([(name, getattr(known, name)) for name in known.__struct_fields__])
        return room.desk.html("content/form.html", _page(visit, given, {}))

    @post("/sender")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        errors = _errors(given, visit.words)
        if errors:
            return room.desk.html("content/form.html", _page(visit, given, errors), status=400)
        await asyncio.to_thread(_keep, room, _read(given))
        await asyncio.to_thread(room.record, visit.actor, "sender.save", "organisation", {})
        return room.desk.redirect(
            "/blocks", flash=visit.words.gettext("Saved; all messages say so from now on.")
        )

    return [sender, save]


def _keep(room: ContentRoom, organisation: Organisation) -> None:
    with room.database.write() as connection:
        room.content.shelf.save_organisation(connection, organisation)


def _read(given: Answers) -> Organisation:
    return Organisation(
        name=filled(given, "name"),
        address=filled(given, "address"),
        email=filled(given, "email"),
        phone=filled(given, "phone"),
        website=filled(given, "website"),
        logo=filled(given, "logo"),
        colour=filled(given, "colour"),
    )


def _errors(given: Answers, words: Words) -> dict[str, str]:
    errors = {
        name: words.gettext("Keep this below 300 letters.")
        for name in Organisation.__struct_fields__
        if len(filled(given, name)) > _LONGEST
    }
    if not filled(given, "name"):
        errors["name"] = words.gettext("Messages need a sender.")
    colour = filled(given, "colour")
    if not _COLOUR.fullmatch(colour):
        errors["colour"] = words.gettext("Write the colour like #1d4ed8.")
    elif contrast(colour, "#ffffff") < _LEAST_CONTRAST:
        errors["colour"] = words.gettext("This is too light for links on white; take a darker one.")
    if filled(given, "email") and "@" not in filled(given, "email"):
        errors["email"] = words.gettext("This is no e-mail address.")
    if filled(given, "website") and not _WEB.fullmatch(filled(given, "website")):
        errors["website"] = words.gettext("Write the whole address, with https://.")
    if filled(given, "logo") and not _PICTURE.fullmatch(filled(given, "logo")):
        errors["logo"] = words.gettext("Take the address of a picture under Pictures, like /media/….png.")
    return errors


def _page(visit: Visit, given: Answers, errors: dict[str, str]) -> ImportPage:
    words = visit.words

    return ImportPage(
        page=visit.page(
            words.gettext("The sender"),
            active="blocks",
            crumbs=(Link(text=words.gettext("Blocks"), href="/blocks"),),
            lead=words.gettext("What all messages say about the organisation."),
        ),
        form=Form(
            name="sender",
            action="/sender",
            sections=(Fieldset(fields=_fields(given, errors, words)),),
            submit=words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href="/blocks"),
        ),
    )


def _fields(given: Answers, errors: dict[str, str], words: Words) -> tuple[Input, ...]:
    def line(name: str, label: str, kind: InputType = "text", note: str | None = None) -> Input:
        return Input(
            name=name,
            label=label,
            type=kind,
            value=given.get(name, ""),
            help=note,
            error=errors.get(name),
            required=name in {"name", "colour"},
        )

    return (
        line("name", words.gettext("Name")),
        line(
            "address",
            words.gettext("Postal address"),
            note=words.gettext("Below every mail; the law asks for it in many countries."),
        ),
        line("email", words.gettext("E-mail address for questions"), "email"),
        line("phone", words.gettext("Phone number"), "tel"),
        line("website", words.gettext("Website"), "url"),
        line(
            "logo",
            words.gettext("Logo"),
            note=words.gettext(
                "Address of a picture under Pictures; without it the name stands above mails."
            ),
        ),
        line("colour", words.gettext("Colour"), note=words.gettext("Of buttons and links, like #1d4ed8.")),
    )

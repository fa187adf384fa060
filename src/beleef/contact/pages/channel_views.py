"""What the pages about channels show: the list with how each stands, the ways to choose from, the form, the test, the last question."""

from beleef.access.desk import Answers, Visit
from beleef.access.model import Role
from beleef.contact.api import ChannelSetup, Opened
from beleef.contact.pages.channel_ways import WAYS, Way, fields, way_of
from beleef.contact.pages.parts import filled, frame, kind_name, tabs
from beleef.contact.pages.views import FormPage, TabbedPage
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Badge, Callout, CodeBlock, Column, Link, Row, Table, Text, refusal_note
from beleef.ui.forms import Checkbox, Fieldset, Form, Hidden, Input, TextArea
from beleef.ui.page import Confirm
from beleef.ui.words import Words


def listing(visit: Visit, opened: list[Opened], failed: int, *, secret: str = "") -> TabbedPage:
    """Return the list of channels.

    Args:
        visit: Who looks.
        opened: The channels.
        failed: How many messages did not arrive.
        secret: What was just made and must be known on the other side: shown here, and never again.
    """
    words = visit.words
    new = Link(text=words.gettext("New channel"), href="/contact/channels/new")
    may = visit.may(Role.administrator)
    built_in = {
        "outbox": words.gettext("Kept here, as no mail server is set"),
        "inbox": words.gettext("Fetched by your site, app or portal"),
        "list": words.gettext("On the call list of staff"),
    }

    def row(one: Opened) -> Row:
        setup = one.setup
        way = way_of(setup.kind, setup.driver)
        how = words.gettext(way.label) if way else built_in.get(setup.driver, setup.driver)
        name = (
            Link(text=setup.name, href=f"/contact/channels/{setup.name}", detail=how)
            if way and may
            else Text(text=setup.name, detail=how)
        )
        rate = (
            words.gettext("%(number)s a second", number=words.number(setup.per_second))
            if setup.per_second
            else "—"
        )
        test = Link(text=words.gettext("Try it"), href=f"/contact/channels/{setup.name}/test")
        cells = (name, Text(text=kind_name(setup.kind, words)), _state(one, words), Text(text=rate))
        return Row(cells=(*cells, test) if visit.may(Role.editor) else cells)

    columns = [
        Column(label=words.gettext("Channel")),
        Column(label=words.gettext("Kind")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Limit")),
    ]
    if visit.may(Role.editor):
        columns.append(Column(label=words.gettext("Test")))
    table = Table(caption=words.gettext("Channels"), columns=tuple(columns), rows=tuple(map(row, opened)))
    return TabbedPage(
        page=frame(
            visit,
            words.gettext("Channels"),
            actions=(new,) if may else (),
            lead=words.gettext("What messages go out by. One that is dead delays no other."),
        ),
        tab_links=tabs(visit, "channels", attention=failed),
        note=Callout(
            title=words.gettext("The channel is saved."),
            text=words.gettext("Put the secret below in the system that receives its messages."),
            tone="good",
        )
        if secret
        else None,
        secret=CodeBlock(
            name="secret",
            label=words.gettext("The new secret. Copy it now: it is not shown again."),
            code=secret,
        )
        if secret
        else None,
        tables=(table,),
    )


def _state(one: Opened, words: Words) -> Badge:
    if one.channel is None:
        return Badge(text=words.gettext("does not work: %(why)s", why=one.fault), tone="bad")
    if not one.setup.enabled:
        return Badge(text=words.gettext("switched off; what is meant for it waits"), tone="warn")
    if one.setup.driver == "outbox":
        return Badge(text=words.gettext("keeps mail here"), tone="warn")
    return Badge(text=words.gettext("sends"), tone="good")


def choice(visit: Visit) -> TabbedPage:
    """Return the ways to send that can be set up."""
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    table = Table(
        caption=words.gettext("Ways to send"),
        columns=(Column(label=words.gettext("Way")), Column(label=words.gettext("What it does"))),
        rows=tuple(
            Row(
                cells=(
                    Link(text=words.gettext(way.label), href=f"/contact/channels/new/{way.name}"),
                    Text(text=words.gettext(way.about)),
                )
            )
            for way in WAYS
        ),
    )
    return TabbedPage(
        page=frame(visit, words.gettext("New channel"), up=up),
        tab_links=tabs(visit, "channels"),
        tables=(table,),
    )


def form_page(
    visit: Visit, way: Way, given: Answers, known: frozenset[str], error: InvalidInput | None = None
) -> FormPage:
    """Return the form of a channel; ``known`` names the secrets that are set already."""
    words, was = visit.words, filled(given, "was")
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    name: Input | Hidden = (
        Hidden(name="name", value=was)
        if was
        else Input(
            name="name",
            label=words.gettext("Name"),
            help=words.gettext("Small letters, digits, - and _; it stands in addresses and does not change."),
            value=given.get("name", ""),
            autocomplete="off",
        )
    )
    general = (
        Hidden(name="way", value=way.name),
        Hidden(name="was", value=was),
        name,
        Checkbox(name="enabled", label=words.gettext("It sends"), checked=bool(given.get("enabled"))),
        Input(
            name="per_second",
            label=words.gettext("Messages a second at most"),
            type="number",
            value=given.get("per_second", "0"),
            help=words.gettext("0 is for no limit."),
        ),
    )
    actions: tuple[Link, ...] = ()
    if was:
        actions = (Link(text=words.gettext("Remove"), href=f"/contact/channels/{was}/remove"),)
    return FormPage(
        page=frame(
            visit, was or words.gettext(way.label), up=up, lead=words.gettext(way.about), actions=actions
        ),
        note=refusal_note(error, visit.words),
        form=Form(
            name="channel",
            action="/contact/channels",
            sections=(
                Fieldset(fields=general),
                Fieldset(legend=words.gettext(way.label), fields=fields(way, given, known, words)),
            ),
            submit=words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )


def trial_page(
    visit: Visit, setup: ChannelSetup, given: Answers, error: InvalidInput | None = None
) -> FormPage:
    """Return the form that sends one person a message over a channel."""
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    who = "email" if setup.kind in {"email", "inbox", "letter", "webhook", "staff", "push"} else "phone"
    return FormPage(
        page=frame(visit, words.gettext("Try “%(name)s”", name=setup.name), up=up),
        note=refusal_note(error, words)
        or Callout(
            title=words.gettext("This really goes out"),
            text=words.gettext(
                "It counts as a message about an order or contract, and passes the gate as such."
            ),
        ),
        form=Form(
            name="test",
            action=f"/contact/channels/{setup.name}/test",
            sections=(
                Fieldset(
                    fields=(
                        Input(
                            name="who",
                            label=words.gettext("To whom"),
                            help=words.gettext(
                                "An identifier of somebody, for example %(example)s.",
                                example="email:jan@example.nl" if who == "email" else "phone:0612345678",
                            ),
                            value=given.get("who", ""),
                        ),
                        TextArea(
                            name="text",
                            label=words.gettext("What to say"),
                            value=given.get("text", "")
                            or words.gettext("This is a test of %(name)s.", name=setup.name),
                        ),
                    )
                ),
            ),
            submit=words.gettext("Send it"),
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )


def confirm(visit: Visit, setup: ChannelSetup) -> Confirm:
    """Return the question whether a channel may go."""
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    return Confirm(
        page=frame(visit, words.gettext("Remove the channel “%(name)s”?", name=setup.name), up=up),
        consequences=(
            words.gettext("Its settings and secrets are removed."),
            words.gettext(
                "What waits for it goes over another channel of its kind, or waits until there is one."
            ),
            words.gettext("What was sent stays in the ledger."),
        ),
        form=Form(
            name="remove",
            action=f"/contact/channels/{setup.name}/remove",
            sections=(Fieldset(fields=()),),
            submit=words.gettext("Remove it"),
            tone="danger",
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )

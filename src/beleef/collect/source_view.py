"""The page of one source, and the question before it is switched on or off."""

from urllib.parse import quote, urlencode

import msgspec

from beleef.access.desk import Visit
from beleef.access.model import Role
from beleef.collect.model import Source
from beleef.collect.snippets import snippets
from beleef.store.warehouse.model import Arrivals
from beleef.ui.components import (
    Badge,
    Cell,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Row,
    Table,
    TabLink,
    Text,
    Time,
    channel_mark,
)
from beleef.ui.forms import Fieldset, Form, Hidden
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words


class SourcePage(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/source.html``: one source; key, snippets and forms only for those who may change it."""

    page: Page
    known_title: str
    known: tuple[Known, ...]
    key: CodeBlock | None
    key_note: str
    key_change: Link | None
    connect_title: str
    tabs: tuple[TabLink, ...]
    snippet: CodeBlock | None
    rules_title: str
    rules: Table
    rules_change: Link | None
    hook_title: str
    hook_text: str
    hook_change: Link | None
    switch: Link | None


def source_page(
    visit: Visit, source: Source, arrived: Arrivals | None, *, address: str, shown: str
) -> SourcePage:
    """Return the page of a source; who is no editor sees no key and no way to change it."""
    words = visit.words
    may = visit.may(Role.editor)
    known: list[tuple[str, Cell]] = [
        (words.gettext("State"), state_badge(words, source)),
        (words.gettext("Channel"), channel_mark(source.channel, words)),
        (words.gettext("Facts"), Figure(text=words.number(arrived.facts if arrived else 0))),
        (
            words.gettext("Last fact"),
            Time(moment=arrived.last_at) if arrived else Text(text=words.gettext("nothing yet")),
        ),
        (words.gettext("Made"), Time(moment=source.created_at)),
    ]
    all_snippets = snippets(source, address)
    chosen = next((one for one in all_snippets if one.name == shown), all_snippets[0])
    tabs = tuple(
        TabLink(
            label=one.label,
            href=f"/sources/{source.id}?{urlencode({'for': one.name})}#connect",
            active=one is chosen,
        )
        for one in all_snippets
    )
    to_live = Link(
        text=words.gettext("See its facts arrive"), href="/live?" + urlencode({"source": source.name})
    )
    return SourcePage(
        page=visit.page(source.name, active="sources", crumbs=(to_sources(words),), actions=(to_live,)),
        known_title=words.gettext("In short"),
        known=tuple(Known(name=name, value=value) for name, value in known),
        key=CodeBlock(name="key", label=words.gettext("Write key"), code=source.write_key) if may else None,
        key_note=words.gettext("The key may only add facts, never read one, so it is safe on a page."),
        key_change=_way(may, words.gettext("Give it a new key"), f"/sources/{source.id}/key"),
        connect_title=words.gettext("Connect it"),
        tabs=tabs if may else (),
        snippet=CodeBlock(name="snippet", label=chosen.label, code=chosen.code.rstrip("\n")) if may else None,
        rules_title=words.gettext("Touchpoints"),
        rules=_rules_table(words, source),
        rules_change=_way(may, words.gettext("Change channel and rules"), f"/sources/{source.id}/rules"),
        hook_title=words.gettext("Webhook"),
        hook_text=_hook_text(words, source, address),
        hook_change=_way(may, words.gettext("Change the webhook"), f"/sources/{source.id}/hook"),
        switch=_switch(words, source) if may else None,
    )


def _way(may: bool, text: str, href: str) -> Link | None:
    return Link(text=text, href=href) if may else None


def _hook_text(words: Words, source: Source, address: str) -> str:
    if source.hook is None:
        return words.gettext("This source has no webhook.")
    return words.gettext("It takes webhooks at %(address)s.", address=hook_address(source, address))


def _switch(words: Words, source: Source) -> Link:
    text = words.gettext("Switch it off") if source.enabled else words.gettext("Switch it on")
    return Link(text=text, href=f"/sources/{source.id}/switch")


def confirm_switch(visit: Visit, source: Source) -> Confirm:
    """Return the page that asks before a source is switched on or off."""
    words, back = visit.words, Link(text=source.name, href=f"/sources/{source.id}")
    title = words.gettext("Switch “%(name)s” on?", name=source.name)
    consequences: tuple[str, ...] = (words.gettext("What is sent with its key is accepted from now on."),)
    if source.enabled:
        title = words.gettext("Switch “%(name)s” off?", name=source.name)
        consequences = (
            words.gettext(
                "What is sent with its key is refused from now on, and is lost: senders do not try again."
            ),
            words.gettext("Facts that are here stay. It can be switched on again at any time."),
        )
    return Confirm(
        page=visit.page(title, active="sources", crumbs=(to_sources(words), back)),
        consequences=consequences,
        form=Form(
            name="switch",
            action=f"/sources/{source.id}/switch",
            sections=(Fieldset(fields=(Hidden(name="to", value="off" if source.enabled else "on"),)),),
            submit=words.gettext("Switch it off") if source.enabled else words.gettext("Switch it on"),
            tone="danger" if source.enabled else "accent",
            cancel=Link(text=words.gettext("Cancel"), href=f"/sources/{source.id}"),
        ),
    )


def _rules_table(words: Words, source: Source) -> Table:
    columns = (
        Column(label=words.gettext("Touchpoint")),
        Column(label=words.gettext("Ring")),
        Column(label=words.gettext("For which facts")),
    )
    rings = {
        "service": words.gettext("Service experience"),
        "customer": words.gettext("Customer experience"),
        "staged": words.gettext("Staged experience"),
    }
    rows = []
    for rule in source.touchpoints:
        when = rule.when
        parts = [when.type, when.name and f"“{when.name}”", when.path_prefix and f"{when.path_prefix}…"]
        parts += [f"{key} = {value}" for key, value in when.property.items()]
        said = ", ".join(part for part in parts if part) or words.gettext("all")
        rows.append(Row(cells=(Text(text=rule.touchpoint), Text(text=rings[rule.ring]), Text(text=said))))
    return Table(
        caption=words.gettext("Touchpoints"),
        columns=columns,
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("No rules"),
            text=words.gettext(
                "Rules name the exact place of contact, such as the checkout or the service line."
            ),
            icon="target",
        ),
    )


def state_badge(words: Words, source: Source) -> Badge:
    """Return whether a source is listened to, as a badge."""
    if source.enabled:
        return Badge(text=words.gettext("Listens"), tone="good")
    return Badge(text=words.gettext("Switched off"), tone="warn")


def to_sources(words: Words) -> Link:
    """Return the way back to the list."""
    return Link(text=words.gettext("Sources"), href="/sources")


def hook_address(source: Source, address: str) -> str:
    """Return the address that another system calls for the webhook of a source."""
    return f"{address}/v1/hooks/{quote(source.name)}"

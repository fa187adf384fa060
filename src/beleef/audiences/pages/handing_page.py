"""One way of handing over on its page: how it stands, its settings, what became of each attempt."""

import msgspec

from beleef.access.desk import Answers, Visit
from beleef.access.model import Role
from beleef.audiences.api import StoredAudience
from beleef.audiences.handing_over import queries
from beleef.audiences.handing_over.model import HandOver, Run, Snapshot, StoredHandOver, Webhook
from beleef.audiences.pages.parts import AudienceRoom, audience_href, frame
from beleef.audiences.pages.scalars import write_names
from beleef.audiences.pages.seen import TRAITS, suggestions
from beleef.kernel.clock import MINUTE
from beleef.kernel.errors import InvalidInput
from beleef.kernel.signing import SIGNATURE
from beleef.ui.components import (
    Badge,
    Callout,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.forms import Field, Fieldset, Form, Hidden, Input, Option, Select, Suggestions
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_RUNS = 20
_EVERY = (1, 6, 12, 24, 168)


class HandOverPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/hand_over.html``: one way of handing over: how it stands, its settings, and what became of each attempt.

    Attributes:
        page: The frame.
        state: How it stands; None for a new one.
        secret: What its requests are signed with; None for files, and for who may not change it.
        form: Its settings; None for who may not change them.
        offered: Names of traits.
        buttons: What can be done with it, as (value, label).
        runs: The latest attempts; None for a new one.
        action: Where form and buttons are posted to.
    """

    page: Page
    state: Callout | None
    secret: CodeBlock | None
    form: Form | None
    offered: tuple[Suggestions, ...]
    buttons: tuple[tuple[str, str], ...]
    runs: Table | None
    action: str


def hand_over_href(name: str, number: int, rest: str = "") -> str:
    """Return the address of a hand-over's page, or of one below it."""
    return audience_href(name, f"/hand-over/{number}{rest}")


def answers_of(hand_over: HandOver) -> Answers:
    """Return a hand-over as its form is filled in with it."""
    traits = ("traits", write_names(hand_over.traits))
    match hand_over.way:
        case Webhook(url=url):
            return Answers([("way", "webhook"), ("url", url), traits])
        case Snapshot(every_hours=hours, keep=keep):
            return Answers([("way", "file"), ("every_hours", str(hours)), ("keep", str(keep)), traits])


def title_of_way(hand_over: HandOver, words: Words) -> str:
    """Return how an audience is handed over, in a few words."""
    match hand_over.way:
        case Webhook():
            return words.gettext("Webhook")
        case Snapshot(every_hours=hours):
            return words.ngettext("A file every hour", "A file every %(num)s hours", hours)


def where(one: StoredHandOver) -> str:
    """Return where to: an address, or names of files."""
    audience = one.hand_over.audience
    match one.hand_over.way:
        case Webhook(url=url):
            return url
        case Snapshot():
            return f"{audience}/{audience}-{one.number}-….csv"


def state(one: StoredHandOver, words: Words) -> Badge:
    """Return how a hand-over stands."""
    if one.paused:
        return Badge(text=words.gettext("paused"), icon="pause")
    if one.error:
        return Badge(text=words.gettext("failing"), tone="bad")
    if one.version == 0:
        return Badge(text=words.gettext("beginning"), tone="accent")
    if one.cursor is not None:
        return Badge(text=words.gettext("comparing"), tone="accent")
    return Badge(text=words.gettext("up to date"), tone="good")


def page_of(
    visit: Visit,
    room: AudienceRoom,
    audience: StoredAudience,
    found: StoredHandOver | None,
    given: Answers,
    error: InvalidInput | None = None,
) -> HandOverPage:
    """Return the page of a hand-over, or of a new one.

    Args:
        visit: Who asks.
        room: What the pages work with.
        audience: Whose hand-over.
        found: The hand-over; None for a new one.
        given: What is filled in.
        error: Why that cannot work.
    """
    words, name = visit.words, audience.audience.name
    is_webhook = given.get("way") != "file"
    title = words.gettext("Hand over by webhook") if is_webhook else words.gettext("Hand over as a file")
    may = visit.may(Role.editor)
    action = audience_href(name, "/hand-over/new") if found is None else hand_over_href(name, found.number)
    runs: list[Run] = []
    if found is not None:
        with room.database.read() as connection:
            runs = queries.runs(connection, found.number, _RUNS)
    return HandOverPage(
        page=frame(visit, audience, title),
        state=None if found is None else _standing(found, visit.now, words),
        secret=_secret(found, words) if found is not None and found.secret and may else None,
        form=_form(given, name, action, words, new=found is None, error=error) if may else None,
        offered=suggestions(room.seen()) if may else (),
        buttons=_buttons(found, words) if found is not None and may else (),
        runs=None if found is None else _runs(runs, words),
        action=action,
    )


def _standing(found: StoredHandOver, now: int, words: Words) -> Callout:
    stands = state(found, words)
    if found.error:
        text = words.gettext("The last attempt failed: %(reason)s.", reason=found.error)
        if not found.paused and found.next_at > now:
            minutes = max(1, round((found.next_at - now) / MINUTE))
            text += " " + words.ngettext(
                "It is tried again within a minute.", "It is tried again in %(num)s minutes.", minutes
            )
    elif isinstance(found.hand_over.way, Webhook):
        text = words.ngettext(
            "The other side knows %(num)s person to be in it.",
            "The other side knows %(num)s people to be in it.",
            found.told,
        )
    else:
        text = words.ngettext(
            "The last file holds %(num)s person.", "The last file holds %(num)s people.", found.told
        )
        if not found.paused and found.next_at > now:
            text += " " + words.gettext("The next one: %(moment)s.", moment=words.moment(found.next_at))
    return Callout(title=stands.text[:1].upper() + stands.text[1:], text=text, tone=stands.tone)


def _secret(found: StoredHandOver, words: Words) -> CodeBlock:
    return CodeBlock(
        name="secret",
        label=words.gettext(
            "The secret that requests are signed with, in the header %(name)s", name=SIGNATURE
        ),
        code=found.secret,
    )


def _buttons(found: StoredHandOver, words: Words) -> tuple[tuple[str, str], ...]:
    paused = ("resume", words.gettext("Go on")) if found.paused else ("pause", words.gettext("Pause"))
    if isinstance(found.hand_over.way, Snapshot):
        return (("now", words.gettext("Write a file now")), paused)
    return (
        ("try", words.gettext("Try the connection")),
        ("now", words.gettext("Send now")),
        ("whole", words.gettext("Compare all members")),
        paused,
    )


def _form(
    given: Answers, name: str, action: str, words: Words, *, new: bool, error: InvalidInput | None
) -> Form:
    said = None if error is None else words.refusal(error)
    traits = Input(
        name="traits",
        label=words.gettext("Traits that go along, parted by commas"),
        value=given.get("traits", ""),
        help=words.gettext("Identifiers always go along. Give no more than the other side needs."),
        required=False,
        suggestions=TRAITS,
    )
    way: tuple[Field, ...]
    if given.get("way") == "file":
        way = _file_fields(given, said, words)
    else:
        way = (
            Input(
                name="url",
                label=words.gettext("Address to post to"),
                type="url",
                value=given.get("url", ""),
                help=words.gettext(
                    "Every change is posted as JSON and signed, each person once; what is not taken is tried again."
                ),
                error=said,
            ),
        )
    hidden = Hidden(name="way", value=given.get("way", "webhook"))
    return Form(
        name="hand-over",
        action=action,
        sections=(Fieldset(fields=(hidden, *way, traits)),),
        submit=words.gettext("Begin to hand over") if new else words.gettext("Save the settings"),
        cancel=Link(text=words.gettext("Cancel"), href=audience_href(name, "/hand-over"))
        if new
        else Link(text=words.gettext("Delete"), href=f"{action}/delete"),
    )


def _file_fields(given: Answers, error: str | None, words: Words) -> tuple[Field, ...]:
    chosen = given.get("every_hours", "24")
    hours = sorted({*_EVERY, *([int(chosen)] if chosen.isdigit() and len(chosen) < 5 else [])})
    labels = {24: words.gettext("every day"), 168: words.gettext("every week")}
    return (
        Select(
            name="every_hours",
            label=words.gettext("How often"),
            options=tuple(
                Option(
                    value=str(one),
                    label=labels.get(one) or words.ngettext("every hour", "every %(num)s hours", one),
                )
                for one in hours
            ),
            value=chosen,
            help=words.gettext("Each file holds all members at that moment, each person once."),
            error=error,
        ),
        Input(
            name="keep",
            label=words.gettext("How many files are kept"),
            type="number",
            value=given.get("keep", "7"),
        ),
    )


def _runs(runs: list[Run], words: Words) -> Table:
    def row(run: Run) -> Row:
        done = run.outcome == "done"
        outcome = (
            Badge(text=words.gettext("taken"), tone="good")
            if done
            else Badge(text=words.gettext("failed"), tone="bad")
        )
        return Row(
            cells=(
                Time(moment=run.began_at),
                outcome,
                Figure(text=words.number(run.people)),
                Text(text=run.detail),
                Text(text=words.duration(run.ended_at - run.began_at)),
            )
        )

    return Table(
        caption=words.gettext("The latest attempts"),
        show_caption=True,
        columns=(
            Column(label=words.gettext("When")),
            Column(label=words.gettext("Outcome")),
            Column(label=words.gettext("People"), numeric=True),
            Column(label=words.gettext("Answer or file")),
            Column(label=words.gettext("Took")),
        ),
        rows=tuple(map(row, runs)),
        empty=EmptyState(
            title=words.gettext("No attempt yet"),
            text=words.gettext("Nothing had to be told so far."),
            icon="clock",
        ),
    )


def delete_page(visit: Visit, audience: StoredAudience, found: StoredHandOver) -> Confirm:
    """Return the page that asks whether to stop handing over."""
    words, name = visit.words, audience.audience.name
    return Confirm(
        page=frame(visit, audience, words.gettext("Stop handing over?")),
        consequences=(
            words.gettext("The other side is told nothing more; what it has, it keeps."),
            words.gettext("The list of attempts goes too. Files that were written stay."),
        ),
        form=Form(
            name="delete",
            action=hand_over_href(name, found.number, "/delete"),
            sections=(),
            submit=words.gettext("Stop handing over"),
            tone="danger",
            cancel=Link(text=words.gettext("Go on handing over"), href=hand_over_href(name, found.number)),
        ),
    )

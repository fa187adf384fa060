"""The gallery: one page with every component, filled as a Dutch web shop would. Tests draw it, read it with axe, and take pictures."""

from datetime import date, timedelta
from pathlib import Path

import msgspec

from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.ui import static
from beleef.ui.charts import Bar, Chart, Point, Series, bar_list, line, sparkline, stacked_bars
from beleef.ui.components import (
    CHANNELS,
    Badge,
    Callout,
    Change,
    ChannelMark,
    ChannelMarks,
    Code,
    CodeBlock,
    Column,
    Drawing,
    EmptyState,
    EvidenceNode,
    Figure,
    Known,
    Link,
    LiveList,
    Pager,
    Progress,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
    Time,
    TimelineDay,
    TimelineEntry,
    by_day,
    channel_mark,
)
from beleef.ui.forms import (
    Checkbox,
    Chip,
    Choices,
    DefinitionEditor,
    DefinitionRow,
    Field,
    Fieldset,
    FilterBar,
    Form,
    Hidden,
    Input,
    Option,
    Select,
    TextArea,
)
from beleef.ui.page import (
    Confirm,
    Flash,
    NavigationItem,
    NavigationSection,
    Page,
    Refusal,
    Renderer,
    Search,
    SignIn,
    Theme,
    User,
)
from beleef.ui.words import Language, Words
from tests.cast import ANNA, CHANTAL, DAAN, ELIF, FATIMA

NOW = 1_772_712_180_000_000
"""Thursday 5 March 2026, 12:03 UTC."""

FOLDER = Path(__file__).parent / "templates"
DAYS = [date(2026, 2, 4) + timedelta(days=index) for index in range(30)]


class Gallery(msgspec.Struct, frozen=True, kw_only=True):
    """``gallery/gallery.html``: one of everything."""

    page: Page
    figures: tuple[Stat, ...]
    per_day: Chart
    per_touchpoint: Chart
    satisfaction: Chart
    warning: Callout
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    people: Table
    evidence_title: str
    tree: EvidenceNode
    known_title: str
    knowledge: tuple[Known, ...]
    timeline_title: str
    days: tuple[TimelineDay, ...]
    state_title: str
    bars: tuple[Progress, ...]
    badges: tuple[Badge, ...]
    marks: tuple[ChannelMark, ...]
    live: LiveList
    live_entries: tuple[TimelineEntry, ...]
    snippet: CodeBlock
    nothing: EmptyState
    form_title: str
    form: Form


def renderer() -> Renderer:
    """Return a renderer that also knows the gallery."""
    return Renderer(static=static.load(), templates={"gallery": FOLDER})


def page(
    title: str = "Overview", *, language: Language = "en", theme: Theme = "auto", roomy: bool = False
) -> Page:
    """Return the frame around the gallery."""
    return Page(
        title=title,
        workspace="Kersten & Co",
        now=NOW,
        path="/overview?days=30",
        language=language,
        theme=theme,
        csrf_token="token-against-forgery",
        navigation=_navigation(),
        user=User(name=FATIMA.name, email=FATIMA.email, role="Administrator"),
        search=Search(action="/people", label="Search people by name, e-mail or number"),
        breadcrumbs=(Link(text="Kersten & Co", href="/"),),
        actions=(Link(text="Add a source", href="/sources/new"), Link(text="Export", href="/export")),
        lead="What came in over all channels during the last 30 days.",
        flashes=(Flash(text="The trait “Orders in 90 days” is saved."),),
        simulated=True,
        roomy=roomy,
    )


def gallery(words: Words, theme: Theme = "auto") -> Gallery:
    """Return the gallery in a language."""
    return Gallery(
        page=page(language=words.language, theme=theme),
        figures=_figures(words),
        per_day=_per_day(words),
        per_touchpoint=bar_list(
            name="touchpoints",
            title="Facts per touchpoint",
            bars=[
                Bar(label="Product page", value=48_211, href="/touchpoints/product"),
                Bar(label="Checkout", value=12_904, href="/touchpoints/checkout"),
                Bar(label="Service line", value=6_120, look="phone"),
                Bar(label="Shop Utrecht", value=3_377, look="shop"),
                Bar(label="Order confirmation", value=2_950, look="email"),
            ],
            words=words,
        ),
        satisfaction=line(
            name="satisfaction",
            title="Satisfaction after service (1 to 5)",
            points=[
                Point(day=day, value=3.9 + (i % 7) / 12, low=3.6 + (i % 7) / 12, high=4.15 + (i % 7) / 12)
                for i, day in enumerate(DAYS)
            ],
            words=words,
            digits=1,
            bounds=(1, 5),
        ),
        warning=Callout(
            title="The worker is 2 minutes behind",
            text="Facts are safe in the log; profiles show them as soon as the worker has caught up.",
            tone="warn",
            action=Link(text="See what it is doing", href="/health"),
        ),
        tab_links=(
            TabLink(label="Timeline", href="?tab=timeline", active=True),
            TabLink(label="Traits", href="?tab=traits", count="18"),
            TabLink(label="Identity", href="?tab=identity", count="5"),
            TabLink(label="Consents", href="?tab=consents"),
            TabLink(label="Products", href="?tab=products", count="3"),
        ),
        filters=_filters(words),
        people=_people(words),
        evidence_title="Why this is one person",
        tree=_tree(),
        known_title="What is known",
        knowledge=_knowledge(words),
        timeline_title="Everything that happened",
        days=by_day(_entries(words), words),
        state_title="State of the system",
        bars=(
            Progress(
                label="Import of orders.csv", done=412_000, total=541_909, text="412,000 of 541,909 rows"
            ),
            Progress(label="Disk", done=91, total=100, text="91% full", tone="bad"),
        ),
        badges=(
            Badge(text="Processed", tone="good"),
            Badge(text="Late", tone="warn"),
            Badge(text="Quarantined", tone="bad"),
            Badge(text="New", tone="accent"),
            Badge(text="Repeated"),
            Badge(text="Editor", icon="person"),
        ),
        marks=tuple(channel_mark(name, words) for name in (*CHANNELS[:-1], "trade fair")),
        live=LiveList(label="Facts as they arrive", source="/live?after=1", every_ms=1_000),
        live_entries=tuple(_entries(words)[:3]),
        snippet=CodeBlock(
            name="snippet",
            label="Send the first fact",
            code="curl http://127.0.0.1:8400/v1/track -u wk_7Qm2: \\\n"
            '  -d \'{"userId": "1001", "event": "Order Completed"}\'',
        ),
        nothing=EmptyState(
            title="Nothing is in quarantine",
            text="Messages that Beleef cannot use wait here with the reason, until they are repaired and replayed.",
            icon="quarantine",
            action=Link(text="How quarantine works", href="/help/quarantine"),
        ),
        form_title="Computed trait",
        form=_form(),
    )


def sign_in(language: Language = "en", theme: Theme = "auto") -> SignIn:
    """Return the page to sign in with."""
    frame = Page(
        title="Sign in",
        workspace="Kersten & Co",
        now=NOW,
        language=language,
        theme=theme,
        lead="Kersten & Co",
    )
    fields = (
        Input(name="email", label="E-mail address", type="email", autocomplete="username"),
        Input(name="password", label="Password", type="password", autocomplete="current-password"),
    )
    form = Form(name="sign-in", action="/sign-in", sections=(Fieldset(fields=fields),), submit="Sign in")
    return SignIn(
        page=frame, form=form, others=(Link(text="Continue with the Kersten account", href="/oidc"),)
    )


def refusal(language: Language = "en", theme: Theme = "auto") -> Refusal:
    """Return a page that says what could not be done."""
    return Refusal(
        page=Page(title="Not found", workspace="Kersten & Co", now=NOW, language=language, theme=theme),
        status=404,
        code="not_found",
        message="There is no person with the number 1001.",
        hint="Search by e-mail address, or look whether the person was erased.",
        way_out=Link(text="To all people", href="/people"),
    )


def confirm(language: Language = "en", theme: Theme = "auto") -> Confirm:
    """Return a page that asks before a person is erased."""
    field = Input(
        name="name", label="Type “Daan” to go on", help="So that nobody is erased by a slip of the hand."
    )
    return Confirm(
        page=msgspec.structs.replace(
            page("Erase Daan O'Neill-Özdemir?", language=language, theme=theme),
            actions=(),
            lead=None,
            flashes=(),
        ),
        consequences=(
            "All 1,204 facts of this person are erased from the log, the profiles and the lake.",
            "The identifiers are remembered as erased, so that a later import does not bring the person back.",
            "Totals per day and channel stay as they are. This cannot be undone.",
        ),
        form=Form(
            name="erase",
            action="/people/1004/erase",
            sections=(Fieldset(fields=(Hidden(name="person", value="1004"), field)),),
            submit="Erase this person",
            tone="danger",
            cancel=Link(text="Keep this person", href="/people/1004"),
        ),
    )


def _navigation() -> tuple[NavigationSection, ...]:
    return (
        NavigationSection(
            items=(
                NavigationItem(label="Overview", href="/", icon="overview", key="o", active=True),
                NavigationItem(label="Live", href="/live", icon="live", key="l"),
                NavigationItem(label="People", href="/people", icon="people", key="p"),
                NavigationItem(label="Accounts", href="/accounts", icon="account", key="a"),
            )
        ),
        NavigationSection(
            title="What comes in",
            items=(
                NavigationItem(label="Sources", href="/sources", icon="source", key="s"),
                NavigationItem(
                    label="Quarantine", href="/quarantine", icon="quarantine", key="q", count="12"
                ),
            ),
        ),
        NavigationSection(
            title="How it is understood",
            items=(
                NavigationItem(label="Identity", href="/identity", icon="identity", key="i", count="3"),
                NavigationItem(label="Computed traits", href="/traits", icon="trait", key="t"),
                NavigationItem(label="Settings", href="/settings", icon="settings"),
            ),
        ),
    )


def _figures(words: Words) -> tuple[Stat, ...]:
    trend = [3, 4, 4, 5, 4, 6, 7, 6, 8, 9, 8, 10]
    return (
        Stat(
            label="Facts",
            figure=words.number(1_504_210),
            basis="last 30 days",
            change=Change(text="8%", direction="up", tone="good"),
            trend=sparkline(trend, label="Rising from 3 to 10 thousand a day"),
            href="/live",
        ),
        Stat(label="People", figure=words.number(20_118), basis="of 31,402 identifiers", href="/people"),
        Stat(
            label="Satisfaction",
            figure=words.number(4.2, 1),
            unit="of 5",
            basis="95% between 4.1 and 4.3 · n = 812",
            change=Change(text="0.1", direction="down", tone="bad"),
            trend=sparkline(trend[::-1], label="Falling a little"),
        ),
        Stat(label="Freshness", figure=words.number(140), unit="ms", basis="p99 of the last 1,000 facts"),
    )


def _per_day(words: Words) -> Chart:
    sizes = {"web": 2100, "app": 900, "email": 620, "phone": 240, "chat": 180, "shop": 310, "post": 60, "social": 90,
             "portal": 150}  # fmt: skip
    series = [
        Series(
            look=look,
            label=channel_mark(look, words).label,
            values=tuple(
                round(sizes[look] * (1 + 0.35 * ((index * (place + 3)) % 7 - 3) / 3 + index / 90))
                for index in range(len(DAYS))
            ),
        )
        for place, look in enumerate(CHANNELS)
        if look in sizes
    ]
    return stacked_bars(
        name="per-day", title="Facts per day and channel", days=DAYS, series=series, words=words
    )


def _filters(words: Words) -> FilterBar:
    channels = (Option(value="", label="All channels"), *(Option(value=n, label=n.title()) for n in CHANNELS))
    return FilterBar(
        name="filter",
        action="/people",
        fields=(
            Input(
                name="name", label="Name, e-mail or number", type="search", value="de vries", required=False
            ),
            Select(name="channel", label="Channel", options=channels, value="phone", required=False),
            Input(name="since", label="Seen since", type="date", value="2026-02-01", required=False),
        ),
        chips=(
            Chip(label="Channel: Phone", remove_href="?name=vries"),
            Chip(label="Name: de vries", remove_href="?channel=phone"),
        ),
        clear_href="?",
    )


def _people(words: Words) -> Table:
    def marks(*names: str) -> ChannelMarks:
        return ChannelMarks(marks=tuple(channel_mark(name, words) for name in names))

    def person(
        name: str, email: str, number: str, value: float, seen: int, state: Badge, used: ChannelMarks
    ) -> Row:
        return Row(
            cells=(
                Link(text=name, href=f"/people/{number}", detail=email),
                Code(text=number),
                used,
                state,
                Figure(text=words.money(value, "EUR")),
                Drawing(svg=sparkline([1, 3, 2, 5, 4, value % 7], label=f"Orders of {name} per month")),
                Time(moment=NOW - seen),
            )
        )

    active, at_risk = Badge(text="Active", tone="good"), Badge(text="At risk", tone="warn")
    return Table(
        caption="People",
        columns=(
            Column(label="Name", sort_href="?sort=name"),
            Column(label="Customer number"),
            Column(label="Channels"),
            Column(label="State"),
            Column(label="Revenue", numeric=True, sort_href="?sort=-revenue", sorted="descending"),
            Column(label="Orders", numeric=True),
            Column(label="Last seen", sort_href="?sort=-seen"),
        ),
        rows=(
            person(ANNA.name, ANNA.email, ANNA.user_id, 2810.5, 9 * SECOND, active, marks("web", "email", "shop")),
            person(DAAN.name, DAAN.email, DAAN.user_id, 1204, 3 * MINUTE, active, marks("phone", "web")),
            person(CHANTAL.name, CHANTAL.email, CHANTAL.user_id, 640.25, 5 * HOUR, at_risk, marks("app", "chat", "portal", "email")),
            person(ELIF.name, ELIF.email, ELIF.user_id, 88, 12 * DAY, Badge(text="Erased"), marks("post")),
        ),
        pager=Pager(shown="1 to 4 of about 240", next_href="?after=1005"),
    )  # fmt: skip


def _tree() -> EvidenceNode:
    return EvidenceNode(
        namespace="Customer number",
        value="1001",
        children=(
            EvidenceNode(
                namespace="E-mail",
                value="anna.de.vries@example.nl",
                how="Both in one identify call",
                source="web",
                moment=NOW - 40 * DAY,
                undo=Link(text="Undo", href="/identity/undo/1"),
                children=(
                    EvidenceNode(
                        namespace="Device",
                        value="a-7f31c09e",
                        how="Signed in on this device",
                        source="app",
                        moment=NOW - 2 * DAY,
                        undo=Link(text="Undo", href="/identity/undo/2"),
                    ),
                    EvidenceNode(
                        namespace="Device",
                        value="a-0000kiosk",
                        state="refused",
                        how="More than 5 customers used this device",
                        source="shop",
                        moment=NOW - 9 * DAY,
                    ),
                ),
            ),
            EvidenceNode(
                namespace="Phone",
                value="+31 6 12345678",
                state="proposed",
                how="Same name and birth date",
                moment=NOW - HOUR,
                undo=Link(text="Decide", href="/identity/proposals/3"),
            ),
        ),
    )


def _knowledge(words: Words) -> tuple[Known, ...]:
    return (
        Known(name="Name", value=Text(text="Anna de Vries"), source="web", moment=NOW - 40 * DAY),
        Known(name="Birth date", value=Text(text="12 April 1988"), source="shop", moment=NOW - 200 * DAY),
        Known(name="Orders in 90 days", value=Figure(text="7"), source="computed", moment=NOW - MINUTE),
        Known(
            name="Revenue",
            value=Figure(text=words.money(2810.5, "EUR"), detail="n = 19 orders"),
            source="computed",
        ),
        Known(
            name="Newsletter", value=Badge(text="Allowed", tone="good"), source="portal", moment=NOW - 3 * DAY
        ),
        Known(name="Preferred channel", value=channel_mark("chat", words)),
    )


def _entries(words: Words) -> list[TimelineEntry]:
    order = {
        "messageId": "m-81f2",
        "event": "Order Completed",
        "properties": {
            "order_id": "W-20418",
            "revenue": 129.95,
            "currency": "EUR",
            "coupon": None,
            "gift": False,
            "products": [{"sku": "LAMP-2", "quantity": 1}, {"sku": "BULB-E27", "quantity": 4}],
        },
    }

    def entry(
        ago: int, channel: str, title: str, summary: str, *meta: str, details: object = None
    ) -> TimelineEntry:
        return TimelineEntry(
            moment=NOW - ago,
            channel=channel_mark(channel, words),
            title=title,
            summary=summary,
            meta=meta,
            details=details,
            href="/facts/1" if details else None,
        )

    return [
        entry(4 * MINUTE, "web", "Order completed", f"W-20418 · {words.money(129.95, 'EUR')}", "Checkout", "shop-web", details=order),
        entry(9 * MINUTE, "web", "Viewed a product", "Lamp Zuid, oak", "Product page", "shop-web"),
        entry(3 * HOUR, "phone", "Called the service line", "Asked about the delivery time, 4 minutes", "Service line"),
        entry(26 * HOUR, "email", "Opened a message", "Your order is on its way", "Order confirmation", "mailer"),
        entry(27 * HOUR, "shop", "Visited the shop", "Utrecht, advice on lighting", "Shop Utrecht", "entered by Joost"),
    ]  # fmt: skip


def _form() -> Form:
    def condition(number: int, field: str, test: str, value: str, error: str | None = None) -> DefinitionRow:
        tests = tuple(Option(value=name, label=name) for name in ("is", "is not", "is at least", "contains"))
        fields: tuple[Field, ...] = (
            Input(name=f"field-{number}", label="Property", value=field),
            Select(name=f"test-{number}", label="Test", options=tests, value=test),
            Input(name=f"value-{number}", label="Value", value=value, error=error),
        )
        return DefinitionRow(label=f"Condition {number}", fields=fields, remove=f"remove-{number}")

    about: tuple[Field, ...] = (
        Input(name="name", label="Name", value="Orders in 90 days", help="As it stands on profiles and in rules."),
        Select(
            name="kind",
            label="What to compute",
            options=(Option(value="count", label="Count"), Option(value="sum", label="Sum of a property")),
        ),
        Input(name="days", label="Over how many days", type="number", value="-3", required=False,
              help="Leave empty for all time.", error="Days must be 1 or more; leave it empty for all time."),
        TextArea(name="note", label="What it is for", required=False, rows=3),
    )  # fmt: skip
    more: tuple[Field, ...] = (
        Choices(
            name="count",
            label="Facts that were refunded",
            options=(
                Option(value="in", label="Count them", help="As the log has them."),
                Option(value="out", label="Leave them out"),
            ),
            values=("out",),
        ),
        Checkbox(name="portal", label="Show it to the customer in the portal", checked=True),
    )
    return Form(
        name="trait",
        action="/traits",
        sections=(
            Fieldset(fields=about),
            DefinitionEditor(
                legend="Only facts where",
                help="All conditions must hold.",
                rows=(
                    condition(1, "event", "is", "Order Completed"),
                    condition(2, "revenue", "is at least", "", error="Fill in a number."),
                ),
                add_label="Add a condition",
                add="add-condition",
                empty="No conditions: all facts count.",
            ),
            Fieldset(legend="And further", fields=more),
        ),
        submit="Save the trait",
        cancel=Link(text="Cancel", href="/traits"),
    )

"""Accounts: the organisations and households that people belong to, as a list and each by itself."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel import ids
from beleef.profiles.customers import AccountLine, AccountPage, AccountSheet, called_account
from beleef.profiles.pages.parts import (
    CustomerRoom,
    href,
    label_of,
    moment_cell,
    people_table,
    read_number,
    written,
)
from beleef.ui.components import (
    ChannelMarks,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Pager,
    Row,
    Stat,
    Table,
    Text,
    channel_mark,
)
from beleef.ui.forms import Chip, FilterBar, Input
from beleef.ui.page import Page
from beleef.ui.words import Words

_PAGE = 50
_MEMBERS = 100


class AccountsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/accounts.html``: the search and the accounts."""

    page: Page
    filters: FilterBar
    accounts: Table


class OneAccount(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/account.html``: what is known about an account, and its people."""

    page: Page
    tiles: tuple[Stat, ...]
    traits: tuple[Known, ...]
    people: Table


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the list of accounts and the page of one."""

    @get("/accounts", sync_to_thread=True)
    def accounts(request: AnyRequest, q: str = "", after: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        text = q.strip()[:200]
        found = room.customers.accounts(text, after=after[:500], limit=_PAGE)
        return room.desk.html("profiles/accounts.html", _list_page(visit, text, found, first=not after))

    @get("/accounts/{number:str}", sync_to_thread=True)
    def account(request: AnyRequest, number: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        sheet = room.customers.account(read_number(number), limit=_MEMBERS)
        return room.desk.html("profiles/account.html", _account_page(visit, sheet))

    return [accounts, account]


def _list_page(visit: Visit, text: str, found: AccountPage, *, first: bool) -> AccountsPage:
    words = visit.words
    if text:
        empty = EmptyState(
            title=words.gettext("No account fits"),
            text=words.gettext("Try fewer letters of the name or the number."),
            icon="search",
        )
    else:
        empty = EmptyState(
            title=words.gettext("No accounts yet"),
            text=words.gettext(
                "Accounts come from group messages, or from a groupId that goes along with a fact."
            ),
            icon="account",
        )
    pager = None
    if not first or found.next is not None:
        pager = Pager(
            shown=words.ngettext("%(num)s account", "%(num)s accounts", len(found.lines)),
            previous_href=None if first else href("/accounts", q=text),
            next_href=None if found.next is None else href("/accounts", q=text, after=found.next),
        )
    columns = (
        Column(label=words.gettext("Account")),
        Column(label=words.gettext("Channels")),
        Column(label=words.gettext("People"), numeric=True),
        Column(label=words.gettext("Facts about it"), numeric=True),
        Column(label=words.gettext("First seen")),
        Column(label=words.gettext("Last seen")),
    )
    chips = (Chip(label=f"“{text}”", remove_href="/accounts"),) if text else ()
    search = Input(name="q", label=words.gettext("Name or number"), type="search", value=text)
    return AccountsPage(
        page=visit.page(
            words.gettext("Accounts"),
            active="accounts",
            lead=words.gettext("Organisations and households, with the people who belong to them."),
        ),
        filters=FilterBar(name="filter", action="/accounts", fields=(search,), chips=chips),
        accounts=Table(
            caption=words.gettext("Accounts"),
            columns=columns,
            rows=tuple(_row(one, words) for one in found.lines),
            empty=empty,
            pager=pager,
        ),
    )


def _row(line: AccountLine, words: Words) -> Row:
    account, channels = line.account, line.profile.channels if line.profile else {}
    return Row(
        cells=(
            Link(
                text=line.name or account.number,
                href=f"/accounts/{ids.to_text(account.id)}",
                detail=account.number if line.name else None,
            ),
            ChannelMarks(marks=tuple(channel_mark(name, words) for name in channels)),
            Figure(text=words.number(account.persons)),
            Figure(text=words.number(line.profile.facts if line.profile else 0)),
            moment_cell(account.first_at),
            moment_cell(account.last_at),
        )
    )


def _account_page(visit: Visit, sheet: AccountSheet) -> OneAccount:
    words, profile = visit.words, sheet.profile
    number = sheet.account.number
    shown = words.number(len(sheet.people))
    tiles = (
        Stat(
            label=words.gettext("People"),
            figure=words.gettext("over %(count)s", count=shown) if sheet.more else shown,
            basis=words.gettext("seen in it"),
        ),
        Stat(
            label=words.gettext("Facts"),
            figure=words.number(sum(one.profile.facts for one in sheet.people)),
            basis=words.gettext("of the people listed"),
        ),
        Stat(
            label=words.gettext("First seen"),
            figure=words.day(sheet.account.first_at),
            basis=words.gettext("last seen %(day)s", day=words.day(sheet.account.last_at)),
        ),
    )
    traits = profile.traits if profile else {}
    return OneAccount(
        page=visit.page(
            called_account(profile) or number,
            active="accounts",
            crumbs=(Link(text=words.gettext("Accounts"), href="/accounts"),),
            lead=words.gettext("Account %(number)s", number=number),
        ),
        tiles=tiles,
        traits=tuple(
            Known(
                name=label_of(name),
                value=Text(text=written(one.value, words)),
                source=one.source,
                moment=one.occurred_at,
            )
            for name, one in traits.items()
        ),
        people=people_table(
            sheet.people,
            words,
            caption=words.gettext("People"),
            empty=EmptyState(
                title=words.gettext("Nobody"),
                text=words.gettext("Nobody in this account is known any more."),
                icon="people",
            ),
            pager=Pager(shown=words.gettext("The first %(count)s people", count=shown))
            if sheet.more
            else None,
        ),
    )

"""The navigation of the staff's pages, in the order of a day's work: customers, service, what they say, what is sent."""

import time
from collections.abc import Callable

from beleef.access.desk import Navigation
from beleef.access.model import Actor, Role
from beleef.ui.components import Icon
from beleef.ui.page import NavigationItem, NavigationSection
from beleef.ui.words import Words

_FRESH_S = 5.0


def navigation(waiting: Callable[[], int]) -> Navigation:
    """Return what makes the navigation for somebody.

    Args:
        waiting: How many messages wait in the quarantine; asked at most once in five seconds.
    """
    kept = _Fresh(waiting)

    def sections(actor: Actor, words: Words, active: str) -> tuple[NavigationSection, ...]:
        def item(name: str, label: str, icon: Icon, key: str | None = None, count: int = 0) -> NavigationItem:
            return NavigationItem(
                label=label,
                href="/" if name == "overview" else f"/{name}",
                icon=icon,
                active=name == active,
                key=key,
                count=words.number(count) if count else None,
            )

        first = (
            item("overview", words.gettext("Overview"), "overview", "o"),
            item("live", words.gettext("Live"), "live", "l"),
            item("people", words.gettext("People"), "people", "p"),
            item("accounts", words.gettext("Accounts"), "account", "a"),
        )
        data = (
            item("sources", words.gettext("Sources"), "source", "s"),
            item("quarantine", words.gettext("Quarantine"), "quarantine", "q", kept()),
            item("identity", words.gettext("Identity"), "identity", "i"),
            item("traits", words.gettext("Computed traits"), "trait", "t"),
        )
        acts: tuple[NavigationItem, ...] = (
            item("audiences", words.gettext("Audiences"), "target", "u"),
            item("campaigns", words.gettext("Campaigns"), "campaign", "c"),
            item("contact", words.gettext("Contact"), "consent", "k"),
        )
        if actor.role >= Role.agent:
            acts = (*acts, item("calls", words.gettext("Call list"), "phone"))
        service = (
            item("cases", words.gettext("Cases"), "case", "e"),
            item("knowledge", words.gettext("Knowledge"), "idea", "n"),
        )
        told = (item("cases/figures", words.gettext("Figures of service"), "value"),)
        said = (
            item("messages", words.gettext("Messages"), "email", "m"),
            item("blocks", words.gettext("Blocks"), "document", "b"),
            item("feeds", words.gettext("Feeds"), "product"),
            item("pictures", words.gettext("Pictures"), "eye"),
        )
        comes_back: tuple[NavigationItem, ...] = (
            item("feedback", words.gettext("Feedback"), "smile", "f"),
            item("surveys", words.gettext("Surveys"), "star", "v"),
        )
        if actor.role >= Role.agent:
            voices = NavigationItem(
                label=words.gettext("What people write"),
                href="/feedback/voices",
                icon="chat",
                active=active == "voices",
                key="w",
            )
            comes_back = (*comes_back, voices)
        found = [
            NavigationSection(items=first),
            NavigationSection(
                title=words.gettext("Service"), items=(*service, *told) if actor.role >= Role.agent else told
            ),
            NavigationSection(title=words.gettext("What customers say"), items=comes_back),
            NavigationSection(title=words.gettext("Who hears from us"), items=acts),
            NavigationSection(title=words.gettext("What is said"), items=said),
            NavigationSection(title=words.gettext("Data"), items=data),
        ]
        house: tuple[NavigationItem, ...] = (item("reference", words.gettext("HTTP interface"), "code"),)
        if actor.role >= Role.administrator:
            house = (
                item("staff", words.gettext("Staff"), "person"),
                item("tokens", words.gettext("Tokens"), "key"),
                item("audit", words.gettext("Audit log"), "document"),
                *house,
            )
        found.append(NavigationSection(title=words.gettext("The house"), items=house))
        return tuple(found)

    return sections


class _Fresh:
    """A number that is asked for again once it is five seconds old."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._value = 0
        self._at = -_FRESH_S

    def __call__(self) -> int:
        if time.monotonic() - self._at >= _FRESH_S:
            self._value, self._at = self._ask(), time.monotonic()
        return self._value

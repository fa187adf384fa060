"""Changes several cases at once: each gets its own fact, and all are said together."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit, own_path
from beleef.kernel.errors import InvalidInput
from beleef.support.api import ServiceRules
from beleef.support.model import PRIORITIES
from beleef.support.pages.parts import (
    Colleague,
    SupportRoom,
    filled,
    in_thread,
    labelled,
    open_agent,
    options,
    read_case,
    said_text,
    say,
    staff_options,
)
from beleef.support.pages.wording import PRIORITIES as PRIORITY_LABELS
from beleef.support.pages.wording import STATUSES
from beleef.ui.forms import Field, Option, Select
from beleef.ui.words import Words

_MOST_AT_ONCE: Final = 200


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return what changes the marked cases."""

    @post("/cases/bulk")
    async def bulk(request: AnyRequest) -> Response[str]:
        visit, given = await open_agent(room, request)
        messages, count = await in_thread(_messages, room, visit, given)
        shows = await say(room, messages)
        text = visit.words.ngettext("%(num)s case is changed.", "%(num)s cases are changed.", count)
        back = own_path(given.get("back", "/cases"))
        return room.desk.redirect(back, flash=said_text(text, shows=shows, words=visit.words))

    return [bulk]


def bulk_fields(rules: ServiceRules, staff: Sequence[Colleague], words: Words) -> tuple[Field, ...]:
    """Return what can be changed of several cases at once."""
    as_it_is = words.gettext("leave as it is")
    statuses = {name: label for name, (label, _, _) in STATUSES.items() if name not in {"closed", "snoozed"}}
    return (
        Select(
            name="assignee",
            label=words.gettext("Give to"),
            options=(
                *staff_options(staff, nothing=as_it_is),
                Option(value="-", label=words.gettext("nobody")),
            ),
            required=False,
        ),
        Select(
            name="team",
            label=words.gettext("Team"),
            options=labelled(rules.teams, nothing=as_it_is),
            required=False,
        ),
        Select(
            name="status",
            label=words.gettext("State"),
            options=options(statuses, words, nothing=as_it_is),
            required=False,
        ),
        Select(
            name="priority",
            label=words.gettext("Priority"),
            options=options(PRIORITY_LABELS, words, nothing=as_it_is),
            required=False,
        ),
        Select(
            name="tag",
            label=words.gettext("Add the tag"),
            options=(
                Option(value="", label=as_it_is),
                *(Option(value=one, label=one) for one in rules.tags),
            ),
            required=False,
        ),
    )


def _messages(room: SupportRoom, visit: Visit, given: Answers) -> tuple[list[dict[str, Any]], int]:
    """Return the acts on all marked cases, and how many they are."""
    numbers = [read_case(one) for one in given.every("case")[:_MOST_AT_ONCE]]
    if not numbers:
        raise InvalidInput("No case is marked.", hint="Mark the cases first, then choose what to change.")
    changed = _changed(given)
    tag = filled(given, "tag")
    if not changed and not tag:
        raise InvalidInput("There is nothing to change.", hint="Choose what to change.")
    key = f"bulk-{filled(given, 'once')[:40]}"
    messages: list[dict[str, Any]] = []
    with room.database.read() as connection:
        cases = room.support.cases(connection, numbers)
        for number, case in cases.items():
            tags = {"tags": tuple(dict.fromkeys((*case.life.tags, tag)))} if tag else {}
            messages += room.support.change(
                connection,
                case,
                by=visit.actor.name,
                now=room.now(),
                key=f"{key}-{number}",
                **changed,
                **tags,
            )
    return messages, len(cases)


def _changed(given: Answers) -> dict[str, Any]:
    changed: dict[str, Any] = {name: value for name in ("team", "status") if (value := filled(given, name))}
    assignee = filled(given, "assignee")
    if assignee:
        changed["assignee"] = "" if assignee == "-" else assignee
    priority = next((one for one in PRIORITIES if one == filled(given, "priority")), None)
    if priority:
        changed["priority"] = priority
    return changed

"""What a change of the rules would do: the promises to a case of each kind that came in now, before and after."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from beleef.kernel.clock import HOUR, from_datetime
from beleef.support.api import Calendar, PromiseRule, ServiceRules, StoredRules
from beleef.support.model import KINDS, PROMISE_KINDS
from beleef.support.pages.wording import kind_name, promise_name
from beleef.support.promises import Edition, later
from beleef.ui.components import Badge, Column, Row, Table, Text
from beleef.ui.words import Words

_CHANNEL = "email"
_PRIORITY = "normal"


def consequences(stored: StoredRules, rules: ServiceRules, zone: str, now: int, words: Words) -> Table:
    """Return what is promised before and after, a row for each promise that the old or the new rules make.

    Where something holds from a day that is to come, the case comes in on the morning of that day.
    """
    now = max([now, *_beginnings(rules, zone)])
    trial = StoredRules(version=stored.version + 1, rules=rules, saved_at=now, saved_by="")
    before, after = Edition(stored, zone), Edition(trial, zone)
    rows = []
    for kind in KINDS:
        for promise in PROMISE_KINDS:
            old, new = _due(before, kind, promise, now), _due(after, kind, promise, now)
            if old is None and new is None:
                continue
            rows.append(
                Row(
                    cells=(
                        Text(text=kind_name(kind, words), detail=promise_name(promise, words)),
                        Text(text=words.moment(old) if old else "—"),
                        Text(text=words.moment(new) if new else "—"),
                        _difference(old, new, words),
                    )
                )
            )
    return Table(
        caption=words.gettext("Promises to a case that comes in %(moment)s", moment=words.moment(now)),
        columns=(
            Column(label=words.gettext("Promise")),
            Column(label=words.gettext("As it is")),
            Column(label=words.gettext("As it would be")),
            Column(label=words.gettext("Change")),
        ),
        rows=tuple(rows),
    )


def _beginnings(rules: ServiceRules, zone: str) -> list[int]:
    """Return when the days begin from which on rules and calendars hold."""
    dated: tuple[PromiseRule | Calendar, ...] = (*rules.promises, *rules.calendars)
    days = [one.since for one in dated if one.since]
    return [from_datetime(datetime.combine(date.fromisoformat(day), time(9), ZoneInfo(zone))) for day in days]


def _due(edition: Edition, kind: str, promise: str, now: int) -> int | None:
    rule = edition.rule(kind, _PRIORITY, "", _CHANNEL, now)
    within = next((rule.within(one) for one in PROMISE_KINDS if one == promise), None) if rule else None
    return later(edition.hours(rule, ""), now, within) if within else None


def _difference(old: int | None, new: int | None, words: Words) -> Badge:
    if old == new:
        return Badge(text=words.gettext("stays"))
    if old is None:
        return Badge(text=words.gettext("new"), tone="accent")
    if new is None:
        return Badge(text=words.gettext("no longer promised"), tone="warn")
    moved = words.duration(max(HOUR // 60, abs(new - old)))
    if new < old:
        return Badge(text=words.gettext("%(time)s earlier", time=moved), tone="good")
    return Badge(text=words.gettext("%(time)s later", time=moved), tone="warn")

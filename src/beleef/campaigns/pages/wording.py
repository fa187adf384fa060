"""Campaigns in words: what brings people in, what a step does, when people leave, what counts as success.

Every sentence is made from the campaign itself, so that the page cannot say anything else than what happens.
"""

from collections.abc import Callable
from typing import Final

from beleef.audiences.api import Rule, describe_facts
from beleef.campaigns.model import (
    Again,
    Branch,
    End,
    Entry,
    Exit,
    Goal,
    HandOver,
    OnAudience,
    OnCall,
    OnFact,
    OnSchedule,
    Selector,
    Send,
    SetTrait,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
    WaitUntilDate,
)
from beleef.campaigns.terms import time_to_text
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.ui.components import Icon, channel_mark
from beleef.ui.words import N_, Words

TellRule = Callable[[Rule], str]
"""Gives a rule as one readable sentence."""

KIND_LABELS: Final = {
    "send": N_("Send a message"),
    "wait": N_("Wait a while"),
    "wait_until": N_("Wait until a time of day"),
    "wait_until_date": N_("Wait until a date"),
    "wait_for": N_("Wait for something to happen"),
    "branch": N_("Divide by rules"),
    "split": N_("Divide by chance"),
    "in_app": N_("Show a message in the app"),
    "survey": N_("Ask a survey"),
    "task": N_("Give a task to colleagues"),
    "webhook": N_("Tell another system"),
    "set_trait": N_("Note something about the person"),
    "hand_over": N_("Hand over to sales or service"),
    "end": N_("End here"),
}
"""The kinds of steps, in the order in which people need them."""

KIND_ICONS: Final[dict[str, Icon]] = {
    "send": "email",
    "wait": "clock",
    "wait_until": "clock",
    "wait_until_date": "calendar",
    "wait_for": "bell",
    "branch": "journey",
    "split": "idea",
    "in_app": "app",
    "survey": "smile",
    "task": "phone",
    "webhook": "code",
    "set_trait": "trait",
    "hand_over": "person",
    "end": "flag",
}

_DAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)

PURPOSE_LABELS: Final = {
    "marketing": N_("marketing"),
    "service": N_("service"),
    "survey": N_("survey"),
    "transactional": N_("belongs to a purchase"),
}


def weekday(day: int, words: Words) -> str:
    """Return the name of a weekday; 0 is Monday."""
    return words.gettext(_DAYS[day])


def length(duration: int, words: Words) -> str:
    """Return a length of time in microseconds exactly, as people write it: ``2 days and 4 hours``."""
    counts = []
    for size in (DAY, HOUR, MINUTE, SECOND):
        count, duration = divmod(duration, size)
        counts.append(count)
    told = (
        words.ngettext("%(num)s day", "%(num)s days", counts[0]),
        words.ngettext("%(num)s hour", "%(num)s hours", counts[1]),
        words.ngettext("%(num)s minute", "%(num)s minutes", counts[2]),
        words.ngettext("%(num)s second", "%(num)s seconds", counts[3]),
    )
    parts = [text for count, text in zip(counts, told, strict=True) if count]
    if not parts:
        return words.gettext("no time")
    return listed(parts, words)


def listed(parts: list[str], words: Words) -> str:
    """Return names as a list within a sentence: ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return words.gettext("%(first)s and %(last)s", first=", ".join(parts[:-1]), last=parts[-1])


def icon_of(step: Step) -> Icon:
    """Return the drawing of a step."""
    return KIND_ICONS[kind_of(step)]


def kind_of(step: Step) -> str:  # noqa: PLR0911 -- one for each kind
    """Return the kind of a step, as files name it."""
    match step.does:
        case Send(survey=survey, channel=channel):
            return "survey" if survey else _SEND_KINDS.get(channel, "send")
        case Wait():
            return "wait"
        case WaitUntil():
            return "wait_until"
        case WaitUntilDate():
            return "wait_until_date"
        case WaitFor():
            return "wait_for"
        case Branch():
            return "branch"
        case Split():
            return "split"
        case SetTrait():
            return "set_trait"
        case HandOver():
            return "hand_over"
        case End():
            return "end"


_SEND_KINDS: Final = {"inbox": "in_app", "webhook": "webhook", "call": "task"}


def title_of(step: Step, words: Words) -> str:  # noqa: C901, PLR0911 -- one for each kind
    """Return what to call a step: its label, else what it does."""
    if step.label:
        return step.label
    match step.does:
        case Wait(duration=duration):
            return words.gettext("Wait %(time)s", time=length(duration, words))
        case WaitUntil() as one:
            return words.gettext("Wait until %(time)s", time=time_to_text(one.at))
        case WaitUntilDate(trait=trait):
            return words.gettext("Wait until the date “%(trait)s”", trait=trait)
        case WaitFor(fact=fact):
            return words.gettext("Wait for %(facts)s", facts=facts(fact, words))
        case Branch():
            return words.gettext("Who is it?")
        case Split(goal=goal):
            return words.gettext("Experiment") if goal else words.gettext("Divide by chance")
        case Send(message=message, text=text, survey=survey):
            return survey or message or (text or "")[:60]
        case SetTrait(name=name, value=value):
            return words.gettext("Note %(name)s: %(value)s", name=name, value=value)
        case HandOver(to=to):
            return words.gettext("Hand over to %(team)s", team=to)
        case End(reason="finished"):
            return words.gettext("End here")
        case End(reason=reason):
            return words.gettext("Ends: %(reason)s", reason=reason)


def detail_of(step: Step, words: Words) -> str:  # noqa: PLR0911 -- one for each kind
    """Return how a step does it, in a line; empty where the title says it all."""
    match step.does:
        case WaitUntil() as one:
            days = [weekday(day, words) for day in one.weekdays]
            when = (
                words.gettext("on %(days)s", days=listed(days, words))
                if days
                else words.gettext("on any day")
            )
            return f"{when}, {whose_clock(one.zone, words)}"
        case WaitUntilDate() as one:
            return _date_detail(one, words)
        case WaitFor(at_most=at_most):
            return words.gettext("%(time)s at most", time=length(at_most, words))
        case Split(planned=planned, goal=goal) if goal:
            sizes = (
                words.gettext("planned for %(n)s people per variant", n=words.number(planned))
                if planned
                else words.gettext("not planned yet")
            )
            return words.gettext("decides by the goal %(goal)s, %(planned)s", goal=goal, planned=sizes)
        case Send() as one:
            return _send_detail(one, words)
        case HandOver(note=note):
            return note
        case _:
            return ""


def _date_detail(one: WaitUntilDate, words: Words) -> str:
    if one.days:
        distance = words.ngettext("%(num)s day", "%(num)s days", abs(one.days))
        when = (
            words.gettext("%(days)s before it", days=distance)
            if one.days < 0
            else words.gettext("%(days)s after it", days=distance)
        )
    else:
        when = words.gettext("on the day itself")
    yearly = words.gettext(", every year") if one.yearly else ""
    return f"{when}{yearly}, {time_to_text(one.at)}"


def _send_detail(one: Send, words: Words) -> str:
    channels = [channel_mark(name, words).label for name in (one.channel, *one.fallback)]
    parts = [
        words.gettext(", else ").join(channels),
        words.gettext(PURPOSE_LABELS[one.purpose]),
    ]
    if one.topic:
        parts.append(words.gettext("topic %(topic)s", topic=one.topic))
    if one.version:
        parts.append(words.gettext("always version %(number)s", number=one.version))
    if one.expires_after is not None:
        parts.append(words.gettext("of no use after %(time)s", time=length(one.expires_after, words)))
    return " · ".join(parts)


def whose_clock(zone: str, words: Words) -> str:
    """Return on whose clock a time is read."""
    if zone == "person":
        return words.gettext("on the person's own clock")
    return words.gettext("on our clock")


def facts(selector: Selector, words: Words) -> str:
    """Return which facts are meant, as part of a sentence."""
    said = describe_facts(selector.facts, words)
    if selector.same:
        return words.gettext("%(facts)s about the same (%(path)s)", facts=said, path=selector.same)
    return said


def entry_sentence(entry: Entry, words: Words, tell: TellRule) -> str:
    """Return who comes in, in one sentence."""
    said = _trigger(entry, words)
    if entry.only is not None:
        said += " " + words.gettext("Only: %(rule)s", rule=_ended(tell(entry.only)))
    if entry.key:
        said += " " + words.gettext("Each %(key)s by itself.", key=entry.key)
    return f"{said} {_again(entry.again, words)}"


def _trigger(entry: Entry, words: Words) -> str:
    match entry.on:
        case OnFact(fact=fact):
            return words.gettext("Everybody for whom %(facts)s happens.", facts=facts(fact, words))
        case OnAudience(audience=audience, on="enter"):
            return words.gettext("Everybody who comes into the audience %(audience)s.", audience=audience)
        case OnAudience(audience=audience):
            return words.gettext("Everybody who leaves the audience %(audience)s.", audience=audience)
        case OnSchedule() as one:
            return words.gettext(
                "Everybody in the audience %(audience)s, %(when)s.",
                audience=one.audience,
                when=_when(one, words),
            )
        case OnCall():
            return words.gettext("Whoever a program or a colleague brings in.")


def _when(one: OnSchedule, words: Words) -> str:
    at = time_to_text(one.at)
    match one.every:
        case "once":
            if one.date is None:
                return words.gettext("once, as soon as it is published")
            return words.gettext("once, on %(date)s at %(time)s", date=one.date, time=at)
        case "day":
            said = words.gettext("every day at %(time)s", time=at)
        case "week":
            days = [weekday(day, words) for day in one.weekdays]
            said = words.gettext("every %(days)s at %(time)s", days=listed(days, words), time=at)
        case _:
            said = words.gettext("on day %(day)s of every month at %(time)s", day=one.day, time=at)
    return f"{said}, {whose_clock(one.zone, words)}"


def _again(again: Again, words: Words) -> str:
    match again.when:
        case "never":
            return words.gettext("Once only.")
        case "after_leaving":
            return words.gettext("Again, once they have left it.")
        case "after_days":
            return words.ngettext("Again after %(num)s day.", "Again after %(num)s days.", again.days)
        case "always":
            return words.gettext("Again every time; the earlier round then ends.")


def exit_sentence(one: Exit, words: Words, tell: TellRule) -> str:
    """Return when people leave early, in one sentence."""
    if one.fact is not None:
        return words.gettext("When %(facts)s happens.", facts=facts(one.fact, words))
    if one.rule is not None:
        return words.gettext("As soon as this holds: %(rule)s", rule=_ended(tell(one.rule)))
    return ""


def goal_sentence(goal: Goal, words: Words) -> str:
    """Return what counts as success, in one sentence."""
    return words.gettext(
        "%(facts)s within %(time)s of entering.",
        facts=facts(goal.fact, words),
        time=length(goal.within, words),
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."

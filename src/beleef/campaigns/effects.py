"""What runs did, made into rows, intents and facts, in the transaction of the work that did it.

Each thing has a name of its own, so that doing the work again does nothing twice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.campaigns import queries
from beleef.campaigns.machine import Act, Moving
from beleef.campaigns.model import Campaign, HandOver, Send, SetTrait
from beleef.campaigns.program import sends_of
from beleef.campaigns.story import Reached
from beleef.collect import api as collect
from beleef.contact.api import Contact, Intent
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import to_text

_Definitions = Mapping[tuple[int, int], Campaign]
_TEXT_PARTS = {"sms": "text", "webhook": "text", "whatsapp": "text"}
_TITLED = {"push", "inbox"}


def keep(
    connection: sa.Connection,
    runs: Iterable[Moving],
    reached: Sequence[Reached],
    *,
    definitions: _Definitions,
    contact: Contact,
    now: int,
) -> None:
    """Write what runs did.

    Args:
        connection: Inside a write transaction.
        runs: Runs that may have changed, each with its person.
        reached: Goals that were reached.
        definitions: The campaigns, by number and version.
        contact: What is to be sent goes to it.
        now: The present moment.
    """
    changed = [run for run in runs if run.is_changed]
    if not changed and not reached:
        return
    queries.save_runs(connection, changed)
    passed = Counter((run.campaign, run.version, step, way) for run in changed for step, way in run.passed)
    queries.add_passages(connection, passed)
    queries.add_goals(connection, [_goal_row(one) for one in reached])
    intents = [
        intent_of(run, act, definitions[run.campaign, run.version])
        for run in changed
        for act in run.acts
        if isinstance(act.does, Send) and not act.does.survey
    ]
    if intents:
        contact.intend(connection, intents, now)
    withdrawn = [
        key
        for run in changed
        if run.is_cut_short and not run.is_new
        for key in _keys(run, definitions[run.campaign, run.version])
    ]
    if withdrawn:
        contact.withdraw(connection, withdrawn)
    collect.say_later(connection, _messages(connection, changed, reached, definitions))


def intent_of(run: Moving, act: Act, campaign: Campaign) -> Intent:
    """Return the message that a step means to send; its key is the run and the step, so that it is sent once."""
    does = act.does
    assert isinstance(does, Send)  # noqa: S101 -- only messages become intents
    channel = does.channel if act.attempt == 0 else does.fallback[act.attempt - 1]
    key = f"{campaign.name}:{run.id}:{act.step}"
    return Intent(
        key=key if act.attempt == 0 else f"{key}:{act.attempt}",
        subject=run.subject,
        purpose=does.purpose,
        channel=channel,
        topic=does.topic or "",
        message=message_named(does, act.attempt),
        version=does.version if act.attempt == 0 else None,
        parts=None if does.message else _parts(does, channel, campaign),
        is_template=not does.message,
        variables=_variables(campaign, run, act),
        campaign=campaign.name,
        step=act.step,
        variant=act.variant,
        fact=run.fact,
        priority=does.priority,
        value=does.value,
        not_before=act.at,
        expires_at=None if does.expires_after is None else act.at + does.expires_after,
    )


def _keys(run: Moving, campaign: Campaign) -> Iterator[str]:
    """Yield the keys of all messages that a run may have meant to send."""
    for step, does in sends_of(campaign):
        key = f"{campaign.name}:{run.id}:{step.id}"
        yield key
        yield from (f"{key}:{attempt}" for attempt in range(1, len(does.fallback) + 1))


def message_named(send: Send, attempt: int) -> str:
    """Return the name of the content for a step's own channel (0) or one of its fallbacks; empty where it has its text itself."""
    if send.message is None:
        return ""
    return send.message if attempt == 0 else f"{send.message}-{send.fallback[attempt - 1]}"


def _variables(campaign: Campaign, run: Moving, act: Act) -> dict[str, Any]:
    about = {"name": campaign.name, "label": campaign.label, "step": act.step, "key": run.key}
    does = act.does
    if isinstance(does, Send) and does.survey:
        about["survey"] = does.survey
    return {"fact": run.properties, "campaign": about}


def _parts(send: Send, channel: str, campaign: Campaign) -> dict[str, str]:
    text = send.text or ""
    if channel == "email":
        return {"subject": campaign.label, "text": text}
    if channel in _TITLED:
        return {"title": campaign.label, "body": text}
    return {_TEXT_PARTS.get(channel, "body"): text}


def _goal_row(one: Reached) -> dict[str, Any]:
    return {
        "run": one.run.id,
        "goal": one.goal,
        "fact": one.fact,
        "at": one.at,
        "step": one.step,
        "revenue": one.revenue,
        "currency": one.currency,
    }


def _messages(
    connection: sa.Connection, changed: list[Moving], reached: Sequence[Reached], definitions: _Definitions
) -> list[dict[str, Any]]:
    speaking = [
        run
        for run in changed
        if run.is_new
        or run.has_left
        or any(not isinstance(act.does, Send) or act.does.survey for act in run.acts)
    ]
    persons = {run.person for run in speaking} | {one.run.person for one in reached}
    known = identity.people(connection, persons) if persons else {}
    said: list[dict[str, Any]] = []
    for run in speaking:
        person = known.get(run.person)
        if person is not None:
            said += _about_run(run, definitions[run.campaign, run.version], person)
    for one in reached:
        if one.goal.startswith("~"):
            # What the customer did is a fact already.
            continue
        person = known.get(one.run.person)
        if person is not None:
            said.append(_about_goal(one, definitions[one.run.campaign, one.run.version], person))
    return said


def _about_run(run: Moving, campaign: Campaign, person: Person) -> list[dict[str, Any]]:
    said = []
    if run.is_new:
        said.append(_fact("Campaign Entered", run, campaign, person, run.entered_at))
    for act in run.acts:
        match act.does:
            case SetTrait(name=name, value=value):
                said.append(
                    {
                        "messageId": f"{campaign.name}:{run.id}:trait:{act.step}",
                        "type": "identify",
                        "timestamp": to_text(act.at),
                        "traits": {name: value},
                        **identity.naming(person, {"campaign": {"name": campaign.name}}),
                    }
                )
            case HandOver(to=to, note=note):
                more = {"to": to, "note": note, "step": act.step}
                said.append(_fact("Lead Handed Over", run, campaign, person, act.at, act.step, more))
            case Send(survey=survey) if survey:
                said.append(_survey_wanted(run, act, act.does, campaign, person))
    if run.has_left and run.ended_at is not None:
        more = {"reason": run.reason, "step": run.step}
        said.append(_fact("Campaign Left", run, campaign, person, run.ended_at, more=more))
    return said


def _survey_wanted(run: Moving, act: Act, does: Send, campaign: Campaign, person: Person) -> dict[str, Any]:
    """Return the message that asks for a survey: who is asked, and with which message, feedback decides."""
    more = {
        "survey": does.survey,
        "channel": does.channel,
        "key": f"{campaign.name}:{run.id}:{act.step}",
        "priority": does.priority,
        "step": act.step,
        "variant": act.variant,
    }
    about = _fact("Survey Requested", run, campaign, person, act.at, act.step, {})
    # `key` is the request's own here, not the run's.
    return {
        **about,
        "properties": {**about["properties"], **{name: one for name, one in more.items() if one}},
    }


def _about_goal(one: Reached, campaign: Campaign, person: Person) -> dict[str, Any]:
    more = {"goal": one.goal, "revenue": one.revenue, "currency": one.currency}
    name = f"{one.goal}:{one.fact}"
    # `revenue` in a fact's own field would count the order twice.
    more["worth"] = more.pop("revenue")
    return _fact("Campaign Goal Reached", one.run, campaign, person, one.at, name, more)


def _fact(
    event: str,
    run: Moving,
    campaign: Campaign,
    person: Person,
    at: int,
    name: str = "",
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    word = event.rpartition(" ")[2].lower()
    properties: dict[str, Any] = {
        "campaign": campaign.name,
        "version": run.version,
        "run": ids.to_text(run.id),
        "key": run.key,
        "variants": run.variants,
        **(more or {}),
    }
    return {
        "messageId": ":".join(part for part in (campaign.name, str(run.id), word, name) if part),
        "type": "beleef",
        "event": event,
        "timestamp": to_text(at),
        "properties": {key: value for key, value in properties.items() if value not in ("", {})},
        **identity.naming(person, {"campaign": {"name": campaign.name}}),
    }

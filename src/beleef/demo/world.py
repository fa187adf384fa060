"""The world's days: decides who visits, buys and gets mail today; what comes of it is the acts' own business."""

import numpy as np

from beleef.demo import app_visits, tills, visits
from beleef.demo.login import plan_import
from beleef.demo.mail import plan_newsletter
from beleef.demo.outreach import plan_adverts, plan_brochures
from beleef.demo.people import Column
from beleef.demo.personas import BUSINESS, GIFT_BUYER, PERSONAS
from beleef.demo.service import any_need
from beleef.demo.stage import Act, Stage
from beleef.demo.subscriptions import plan_renewals
from beleef.demo.timetable import moments

_NEEDS_A_DAY = 0.00018

_KINDS: tuple[tuple[Act, str, tuple[float, ...]], ...] = (
    (visits.visit, "web", tuple(kind.web for kind in PERSONAS)),
    (app_visits.visit, "app", tuple(kind.app for kind in PERSONAS)),
    (tills.buy, "shop", tuple(kind.shop for kind in PERSONAS)),
    (any_need, "shop", tuple(_NEEDS_A_DAY * kind.contacts for kind in PERSONAS)),
)


def plan_day(stage: Stage) -> None:
    """Plan what nothing else has led to: visits, purchases in shops, questions, mailings, advertisements, renewals."""
    people, today, draw = stage.people, stage.today, stage.draw
    active = people.active(today.number).nonzero()[0]
    kinds = people.persona[active]
    for act, rhythm, rates in _KINDS:
        chance = np.array(rates)
        if act is not any_need:
            chance = chance * _busy(stage) * (min(today.busy, 1.5) / today.busy if rhythm == "shop" else 1.0)
        who = active[draw.random(len(active)) < chance[kinds]]
        stage.plan_many(act, who.tolist(), moments(today, rhythm, len(who), draw).tolist())
    if today.number == 0:
        plan_import(stage)
    plan_newsletter(stage, visits.visit)
    plan_adverts(stage)
    plan_brochures(stage)
    plan_renewals(stage)


def _busy(stage: Stage) -> Column:
    """Return for each persona how much more happens than on an average day."""
    today = stage.today
    busy = np.array(
        [1 + (today.busy - 1) * min(kind.bargains, 2.0) if today.sale else today.busy for kind in PERSONAS]
    )
    busy[GIFT_BUYER] *= today.gifts
    if today.date.weekday() >= 5:
        busy[BUSINESS] *= 0.15
    more: Column = np.maximum(busy, 0.1)
    return more

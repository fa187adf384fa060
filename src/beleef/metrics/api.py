"""The door of metrics: figures with intervals, what may be said of their differences, planning, and key drivers.

Everything is worked out from what is given; nothing is read or written. Pages draw it with `ui.figures`.
"""

from beleef.metrics.comparing import compare, compare_each, compare_with_rest, trend
from beleef.metrics.drivers import drivers
from beleef.metrics.figures import durations, figure, open_shares, rate, share, spread
from beleef.metrics.model import (
    Course,
    Difference,
    Direction,
    Driver,
    Drivers,
    Figure,
    Metric,
    PostStratified,
    Quadrant,
    Recovery,
    Steady,
    Stratum,
    Survival,
    Trend,
    Unit,
    Word,
)
from beleef.metrics.population import margin, plan, plan_margin, post_stratified
from beleef.metrics.recovering import recovery
from beleef.metrics.registry import METRICS, metric

__all__ = [
    "METRICS",
    "Course",
    "Difference",
    "Direction",
    "Driver",
    "Drivers",
    "Figure",
    "Metric",
    "PostStratified",
    "Quadrant",
    "Recovery",
    "Steady",
    "Stratum",
    "Survival",
    "Trend",
    "Unit",
    "Word",
    "compare",
    "compare_each",
    "compare_with_rest",
    "drivers",
    "durations",
    "figure",
    "margin",
    "metric",
    "open_shares",
    "plan",
    "plan_margin",
    "post_stratified",
    "rate",
    "recovery",
    "share",
    "spread",
    "trend",
]

"""Key drivers: which rated aspects go together with an outcome, and where it would pay to look first.

It says "goes together with" and never "causes": people who are content rate everything higher.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from beleef.metrics.model import Driver, Drivers, Quadrant, Steady
from beleef.stats import importance

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

LEAST_ROWS: Final = 100
LEAST_ROWS_PER_DRIVER: Final = 10
STEADY: Final = 0.9
"""From this share of equal answers on, a driver varies too little to say what goes together with it."""

Scales = Mapping[str, tuple[float, float]]


def drivers(
    outcome: Sequence[float | None],
    ratings: Mapping[str, Sequence[float | None]],
    *,
    scales: Scales | None = None,
) -> Drivers:
    """Return what goes together with an outcome, from rows without a gap.

    Args:
        outcome: The outcome of each row; None for a gap, shape (n,).
        ratings: Per driver its value in each row, each of shape (n,).
        scales: Lowest and highest value of those drivers that are ratings; others have no performance and no quadrant.

    Raises:
        ValueError: There is no driver, or lengths differ.
    """
    import numpy as np  # noqa: PLC0415 -- only who asks for drivers pays for it

    if not ratings or any(len(one) != len(outcome) for one in ratings.values()):
        raise ValueError("There must be a driver, and each needs a value or a gap for every row.")
    table = np.array([outcome, *ratings.values()], dtype=np.float64).T
    whole = table[~np.isnan(table).any(axis=1)]
    names = dict(zip(ratings, whole.T[1:], strict=True))
    common = {name: _most_common(column) for name, column in names.items()}
    varied = [name for name in names if common[name] < STEADY]
    least = max(LEAST_ROWS, LEAST_ROWS_PER_DRIVER * len(names))
    found = Drivers(
        n=len(whole),
        least_n=least,
        enough=len(whole) >= least,
        left_out=len(table) - len(whole),
        steady=_steady(names, common),
    )
    if not found.enough or not varied or not np.ptp(whole[:, 0]):
        return found
    columns = np.column_stack([names[name] for name in varied])
    return _weighed(found, importance.drivers(columns, whole[:, 0]), varied, columns, scales or {})


def _steady(columns: "Mapping[str, Numbers]", common: Mapping[str, float]) -> tuple[Steady, ...]:
    return tuple(
        Steady(name=name, mean=float(column.mean()), most_common=common[name])
        for name, column in columns.items()
        if common[name] >= STEADY and len(column)
    )


def _weighed(
    found: Drivers, weights: importance.Weights, names: Sequence[str], columns: "Numbers", scales: Scales
) -> Drivers:
    means = columns.mean(axis=0)
    performances = [_performance(name, float(mean), scales) for name, mean in zip(names, means, strict=True)]
    rated = [one for one in performances if one is not None]
    usual = sum(rated) / len(rated) if rated else 0.0
    r_squared = weights.r_squared or 1.0
    listed = [
        Driver(
            name=name,
            weight=float(weights.weights[place]),
            low=float(weights.low[place]),
            high=float(weights.high[place]),
            share=float(weights.weights[place]) / r_squared,
            is_distinguishable=bool(weights.above_noise[place] > 0),
            together="up" if weights.together[place] >= 0 else "down",
            mean=float(means[place]),
            performance=performances[place],
            quadrant=_quadrant(
                float(weights.weights[place]) / r_squared >= 1 / len(names), performances[place], usual
            )
            if weights.above_noise[place] > 0
            else None,
        )
        for place, name in enumerate(names)
    ]
    return Drivers(
        n=found.n,
        least_n=found.least_n,
        enough=True,
        left_out=found.left_out,
        r_squared=weights.r_squared,
        low=weights.r_squared_low,
        high=weights.r_squared_high,
        drivers=tuple(sorted(listed, key=lambda one: -one.weight)),
        steady=found.steady,
    )


def _most_common(column: "Numbers") -> float:
    import numpy as np  # noqa: PLC0415 -- as above

    return float(np.unique(column, return_counts=True)[1].max()) / len(column) if len(column) else 1.0


def _performance(name: str, mean: float, scales: Scales) -> float | None:
    if name not in scales:
        return None
    low, high = scales[name]
    return (mean - low) / (high - low)


def _quadrant(weighs_much: bool, performance: float | None, usual: float) -> Quadrant | None:
    """Return where a driver stands against the mean weight and the mean performance of all drivers."""
    if performance is None:
        return None
    scores_high = performance >= usual
    if weighs_much:
        return "keep" if scores_high else "improve"
    return "enough" if scores_high else "watch"

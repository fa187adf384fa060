"""Whether a figure rises or falls over periods, when each period's figure is itself uncertain."""

from collections.abc import Sequence
from math import sqrt

from beleef.stats.means import student
from beleef.stats.proportions import Interval, quantile


def slope(
    values: Sequence[float], errors: Sequence[float], places: Sequence[float], level: float = 0.95
) -> Interval:
    """Return by how much a figure changes per step, with its interval.

    Weighted least squares, weights 1 / error². Where the periods scatter more around the line than their own errors allow, the error of
    the slope is stretched by √(χ² / (k - 2)) (Birge, R. T. (1932), The calculation of errors by the method of least squares, Physical
    Review 40, p. 207-227) and Student's quantile with k - 2 degrees of freedom is taken, so that a change that came and went is no trend.

    Args:
        values: The figure of each period, at least two.
        errors: Its standard error, above 0.
        places: When, in steps; not all the same.
        level: Confidence level.

    Raises:
        ValueError: There are fewer than two periods.
    """
    if len(values) < 2:
        raise ValueError("A trend needs two periods at least.")
    weights = [1 / error**2 for error in errors]
    whole = sum(weights)
    middle = sum(weight * place for weight, place in zip(weights, places, strict=True)) / whole
    height = sum(weight * value for weight, value in zip(weights, values, strict=True)) / whole
    across = sum(weight * (place - middle) ** 2 for weight, place in zip(weights, places, strict=True))
    along = sum(
        weight * (place - middle) * (value - height)
        for weight, place, value in zip(weights, places, values, strict=True)
    )
    found, error, freedom = along / across, sqrt(1 / across), len(values) - 2
    scatter = sum(
        weight * (value - height - found * (place - middle)) ** 2
        for weight, place, value in zip(weights, places, values, strict=True)
    )
    if freedom and scatter > freedom:
        stretched = error**2 * scatter / freedom
        # Student's interval of a mean with k - 1 amounts has the k - 2 degrees of freedom that are left here.
        return student(found, stretched * (freedom + 1), freedom + 1, level)
    reach = quantile(level) * error
    return Interval(found, found - reach, found + reach)

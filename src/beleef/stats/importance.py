"""What goes together with an outcome, and how much of it: relative weights of drivers that go together themselves.

Ordinary regression splits what drivers share by chance: with eight drivers that all help, most fits show one that "harms".
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

REPLICATES: Final = 1_000
SEED: Final = 20_260_102
MOST_ROWS: Final = 20_000
"""Beyond so many rows, those that the intervals are drawn from are a sample of that many: slightly wider, never narrower."""

_CELLS_AT_ONCE: Final = 2_000_000


class Weights(NamedTuple):
    """Relative weights with their uncertainty; arrays of one number per driver, in the drivers' order.

    Attributes:
        weights: Share of the outcome's variance that goes with each; together R squared.
        low: Lower bound of each.
        high: Upper bound.
        above_noise: Lower bound of each one's weight less that of a driver of pure noise: above 0, it can be told from noise.
        together: Correlation of each with the outcome, from -1 to 1.
        r_squared: Share of the outcome's variance that goes with all of them, from 0 to 1.
        r_squared_low: Its lower bound.
        r_squared_high: Its upper bound.
    """

    weights: "Numbers"
    low: "Numbers"
    high: "Numbers"
    above_noise: "Numbers"
    together: "Numbers"
    r_squared: float
    r_squared_low: float
    r_squared_high: float


def relative_weights(correlations: "Numbers") -> "Numbers":
    """Return the relative weight of each driver; together they are R squared.

    Johnson, J. W. (2000), A heuristic method for estimating the relative weight of predictor variables in multiple regression,
    Multivariate Behavioral Research 35, p. 1-19, eq. (3) to (8): the drivers are turned into the nearest uncorrelated ones, and what
    those explain is given back to the drivers by their squared loadings. Close to the average over all orders of entry (Shapley, LMG).

    Args:
        correlations: Of the k drivers and, last, the outcome; shape (..., k + 1, k + 1).

    Returns:
        Shape (..., k).
    """
    import numpy as np  # noqa: PLC0415 -- only who asks for figures pays for it

    values, vectors = np.linalg.eigh(correlations[..., :-1, :-1])
    roots = np.sqrt(np.clip(values, 0, None))
    # A driver that others make up entirely leaves a root of 0: nothing is explained along it.
    inverse = np.divide(1, roots, out=np.zeros_like(roots), where=roots > 1e-7)
    loadings = (vectors * roots[..., None, :]) @ vectors.swapaxes(-1, -2)
    turned = (vectors * inverse[..., None, :]) @ vectors.swapaxes(-1, -2) @ correlations[..., :-1, -1:]
    weights: Numbers = (loadings**2 @ turned**2)[..., 0]
    return weights


def drivers(ratings: "Numbers", outcome: "Numbers", level: float = 0.95) -> Weights:
    """Return relative weights with percentile bootstrap intervals, each also held against a driver of pure noise.

    Tonidandel, S., LeBreton, J. M. and Johnson, J. W. (2009), Determining the statistical significance of relative weights,
    Psychological Methods 14, p. 387-399: weights cannot be negative, so that their own interval never holds 0; the difference with
    a random driver's weight can. Here every resample draws its own noise, so that no single draw of it decides.

    Args:
        ratings: Shape (n, k); no gaps, no column without variance.
        outcome: Shape (n,); no gaps, not all the same.
        level: Confidence level.
    """
    import numpy as np  # noqa: PLC0415 -- as above

    table = np.column_stack([ratings, outcome]).astype(np.float64)
    correlations: Numbers = np.atleast_2d(np.corrcoef(table, rowvar=False))
    weights = relative_weights(correlations)
    tail = (1 - level) / 2
    drawn = _resampled(table, np.random.default_rng(SEED))
    own, noise = drawn[:, :-1], drawn[:, -1:]
    low, high = np.quantile(own, [tail, 1 - tail], axis=0)
    whole_low, whole_high = np.quantile(own.sum(axis=1), [tail, 1 - tail])
    found = float(weights.sum())
    return Weights(
        weights=weights,
        low=np.minimum(low, weights),
        high=np.maximum(high, weights),
        above_noise=np.quantile(own - noise, tail, axis=0),
        together=correlations[:-1, -1],
        r_squared=found,
        r_squared_low=min(float(whole_low), found),
        r_squared_high=max(float(whole_high), found),
    )


def _resampled(table: "Numbers", draw: "np.random.Generator") -> "Numbers":
    """Return the weights of each resample, shape (REPLICATES, k + 1), noise last.

    A resample is how often each row counts, so that all its correlations come from weighted sums of products.
    """
    import numpy as np  # noqa: PLC0415 -- as above

    if len(table) > MOST_ROWS:
        table = table[draw.choice(len(table), MOST_ROWS, replace=False)]
    rows, columns = table.shape
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    products = np.column_stack([scaled, *(scaled * scaled[:, [one]] for one in range(columns))])
    at_once = max(1, _CELLS_AT_ONCE // rows)
    parts = [
        _weights_of(scaled, products, draw, min(at_once, REPLICATES - first))
        for first in range(0, REPLICATES, at_once)
    ]
    return np.concatenate(parts)


def _weights_of(scaled: "Numbers", products: "Numbers", draw: "np.random.Generator", count: int) -> "Numbers":
    import numpy as np  # noqa: PLC0415 -- as above

    rows, columns = scaled.shape
    times = draw.multinomial(rows, np.full(rows, 1 / rows), size=count).astype(np.float64)
    noise = draw.standard_normal((count, rows))
    sums, noisy = times @ products / rows, times * noise
    size = columns + 1
    # Order: drivers, noise, outcome; so the outcome stays last, as ``relative_weights`` wants it.
    order = [*range(columns - 1), columns, columns - 1]
    means = np.empty((count, size))
    means[:, :columns], means[:, columns] = sums[:, :columns], noisy.mean(axis=1)
    moments = np.empty((count, size, size))
    moments[:, :columns, :columns] = sums[:, columns:].reshape(count, columns, columns)
    moments[:, columns, :columns] = moments[:, :columns, columns] = noisy @ scaled / rows
    moments[:, columns, columns] = (noisy * noise).mean(axis=1)
    covariances = moments - means[:, :, None] * means[:, None, :]
    deviations = np.sqrt(np.clip(np.diagonal(covariances, axis1=1, axis2=2), 1e-12, None))
    correlations = covariances / deviations[:, :, None] / deviations[:, None, :]
    return relative_weights(correlations[:, order][:, :, order])

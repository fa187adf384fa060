"""Finds records that are probably one person though they share no identifier: by name, address, birth date and phone.

It only proposes and explains; people decide, because a wrong merge shows one customer's history to another.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from beleef.identity.matching_clusters import Place, places
from beleef.identity.matching_fields import Columns, Comparable, Record, make_comparable
from beleef.identity.matching_training import (
    Floats,
    Patterns,
    learn_agreement,
    learn_chance,
    log_odds,
    probability,
)
from beleef.identity.proposals import Proposal, Reason
from beleef.kernel.errors import InvalidInput, Unavailable

SAME: Final = "the same"
SWAPPED: Final = "first and last name swapped"
INITIAL: Final = "the initial fits"
DAY_MONTH: Final = "day and month swapped"
ADDITION: Final = "the same number, another addition"
ONE_SLIP: Final = "one typing error"
NEARLY: Final = "nearly the same"
ALIKE: Final = "alike"
DIFFERENT: Final = "different"
UNKNOWN: Final = "unknown"
AT_RANDOM: Final = "two records at random"
LEVELS: Final = (
    SAME,
    SWAPPED,
    INITIAL,
    DAY_MONTH,
    ADDITION,
    ONE_SLIP,
    NEARLY,
    ALIKE,
    DIFFERENT,
    UNKNOWN,
    AT_RANDOM,
)
"""All levels that a ``Reason`` may name; pages translate them."""

_SPELLING = (
    (SAME, "{0}_l = {0}_r"),
    # Jaro-Winkler .92 and .8 are the thresholds of Splink's own comparisons of names.
    (NEARLY, "jaro_winkler_similarity({0}_l, {0}_r) >= .92"),
    (ALIKE, "jaro_winkler_similarity({0}_l, {0}_r) >= .8"),
)
_SLIPS = ((SAME, "{0}_l = {0}_r"), (ONE_SLIP, "damerau_levenshtein({0}_l, {0}_r) = 1"))
_INITIALS = "least(length({0}_l), length({0}_r)) = 1 and left({0}_l, 1) = left({0}_r, 1)"
_DAY_MONTH = "left({0}_l, 4) || substr({0}_l, 7, 2) || substr({0}_l, 5, 2) = {0}_r and length({0}_l) = 8"
_COMPARISONS: Final = {
    "first_name": (_SPELLING[0], (INITIAL, _INITIALS), *_SPELLING[1:]),
    "last_name": _SPELLING,
    "birth_date": (_SLIPS[0], (DAY_MONTH, _DAY_MONTH), _SLIPS[1]),
    "street": _SPELLING,
    "house_number": (
        _SLIPS[0],
        (ADDITION, "regexp_extract({0}_l, '^[0-9]+') = nullif(regexp_extract({0}_r, '^[0-9]+'), '')"),
    ),
    "postcode": _SLIPS,
    "city": _SPELLING,
    "phone": _SLIPS,
    "email": (_SPELLING[0], _SPELLING[1]),
}
"""Per field its levels from strong to weak, as DuckDB conditions on a left and a right record."""
_SWAPPED = "first_name_l = last_name_r and last_name_l = first_name_r"

_TRAINING: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("birth_date", ("birth_date",)),
    ("names", ("first_name", "last_name")),
    ("email", ("email",)),
    ("phone", ("phone",)),
    ("postcode_house_number", ("postcode", "house_number")),
)
"""Blocks, and the fields that must agree in them, in which pairs to learn from are found, the best first. Fields are
judged by pairs that agree in others. Addresses come last: there, housemates pass for one person."""
_TRAININGS = 2
_LEAST_TRAINING_PAIRS = 30
_SAMPLED_PAIRS = 2_000_000


def find_proposals(
    records: Iterable[Record],
    *,
    least_probability: float = 0.5,
    largest_cluster: int = 10,
    housemates_apart: bool = True,
    shared_by: int = 5,
    largest_block: int = 500,
    seed: int = 1,
) -> list[Proposal]:
    """Compare records and return the pairs that are probably one person, the surest first.

    The model (Fellegi and Sunter 1969, as in Splink) learns from the records themselves: how often fields agree by
    chance from a random sample of pairs, how often they agree within one person by expectation maximisation. The same
    records, in any order, and the same settings give the same proposals. Memory grows with the pairs compared.

    Args:
        records: The records; they are held in memory.
        least_probability: Pairs below it are not proposed; between 0 and 1.
        largest_cluster: Proposals in clusters of more records than this are marked as doubtful.
        housemates_apart: Whether to leave out pairs of which neither first name nor birth date agrees at all.
        shared_by: A phone number or e-mail address of more records than this counts as unknown.
        largest_block: Records are not compared for having in common what more records than this have in common.
        seed: For drawing the sample.

    Raises:
        InvalidInput: two records have the same number, or ``least_probability`` is no probability.
        Unavailable: the extra ``matching`` is not installed.
    """
    if not 0 < least_probability <= 1:
        raise InvalidInput("The least probability must lie between 0 and 1.", hint="Start with 0.5.")
    splink = _splink()
    comparable = make_comparable(records, shared_by=shared_by, largest_block=largest_block)
    if not comparable.blocks or not comparable.fields:
        return []
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        compared, by_chance = _compared(splink, connection, comparable, seed=seed)
        fields = list(comparable.fields)
        within = learn_agreement(_training(compared, fields), by_chance)
        rows = _likely(
            _weighed(compared, fields, within, by_chance),
            fields,
            least_probability=least_probability,
            pairs=_pairs(comparable),
        )
    likely = [row for row in rows if not (housemates_apart and _are_housemates(row))]
    found = places([(row.a, row.b) for row in likely])
    proposals = [_proposal(row, place, largest_cluster) for row, place in zip(likely, found, strict=True)]
    return sorted(proposals, key=lambda proposal: (-proposal.probability, proposal.a, proposal.b))


def _splink() -> Any:
    try:
        import splink  # noqa: PLC0415 -- an extra: whoever does not match records need not install it
    except ImportError as error:
        raise Unavailable(
            "Record matching is not installed.",
            hint="Install it with: pip install 'beleef[matching]'",
            code="matching_not_installed",
        ) from error
    # Splink warns on stderr for each level that the data happen not to show, which is no fault.
    logging.getLogger("splink").setLevel(logging.ERROR)
    return splink


def _compared(
    splink: Any, connection: duckdb.DuckDBPyConnection, comparable: Comparable, *, seed: int
) -> tuple[duckdb.DuckDBPyRelation, list[Floats]]:
    """Return the pairs that share a block with their levels, and per field how often each level occurs by chance."""
    table = splink.DuckDBAPI(connection).register(_table(comparable))
    linker = splink.Linker(table, _settings(comparable), log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=seed)
    # A level that the sample does not show is at most as frequent as one pair of it.
    least = 1 / max(min(_SAMPLED_PAIRS, _pairs(comparable)), 1)
    by_chance = []
    for comparison in linker.misc.save_model_to_json()["comparisons"]:
        seen = [level.get("u_probability") for level in comparison["comparison_levels"][:0:-1]]
        shares = np.array([share if isinstance(share, float) and share > least else least for share in seen])
        by_chance.append(shares / shares.sum())
    compared = linker.inference.predict(warning_mode="never").as_duckdbpyrelation()
    return compared, by_chance


def _pairs(comparable: Comparable) -> int:
    records = len(comparable.subjects)
    return records * (records - 1) // 2


def _table(comparable: Comparable) -> pa.Table:
    columns: dict[str, Any] = {"unique_id": pa.array(comparable.subjects, pa.int64())}
    blocks: Columns = {f"block_{name}": keys for name, keys in comparable.blocks.items()}
    for name, values in (comparable.fields | blocks).items():
        columns[name] = pa.array(values, pa.string())
    return pa.table(columns)


def _settings(comparable: Comparable) -> dict[str, Any]:
    """Return the model's shape as Splink reads it: what is compared how, and which pairs are compared at all."""
    return {
        "link_type": "dedupe_only",
        "comparisons": [_comparison(field, comparable.fields) for field in comparable.fields],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.block_{name} = r.block_{name}"} for name in comparable.blocks
        ],
        "additional_columns_to_retain": [f"block_{name}" for name in comparable.blocks],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
    }


def _levels(field: str, fields: Iterable[str]) -> list[tuple[str, str]]:
    levels = [(label, condition.format(field)) for label, condition in _COMPARISONS[field]]
    if field == "first_name" and "last_name" in fields:
        levels.insert(1, (SWAPPED, _SWAPPED))
    return [*levels, (DIFFERENT, "ELSE")]


def _comparison(field: str, fields: Iterable[str]) -> dict[str, Any]:
    unknown = f"{field}_l IS NULL OR {field}_r IS NULL"
    levels: list[dict[str, Any]] = [
        {"sql_condition": unknown, "label_for_charts": UNKNOWN, "is_null_level": True}
    ]
    for label, condition in _levels(field, fields):
        level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": label}
        if label == SAME:
            # Makes Splink count how frequent each value is, see _weighed.
            level["tf_adjustment_column"] = field
        levels.append(level)
    return {"output_column_name": field, "comparison_levels": levels}


def _training(compared: duckdb.DuckDBPyRelation, fields: Sequence[str]) -> list[Patterns]:
    """Return the patterns of the two best blocks that hold enough pairs to learn from."""
    found: list[Patterns] = []
    for block, same in _TRAINING:
        columns = [f"block_{block}", *same]
        if len(found) == _TRAININGS or not {f"{column}_l" for column in columns} <= set(compared.columns):
            continue
        # The block as well as its fields: pairs of a block too full to compare were chosen by something else.
        pairs = compared.filter(" AND ".join(f"{column}_l = {column}_r" for column in columns))
        levels = ", ".join(f"gamma_{field}" for field in fields)
        rows = pairs.aggregate(f"{levels}, count(*)", levels).order(levels).fetchall()
        if sum(row[-1] for row in rows) >= _LEAST_TRAINING_PAIRS:
            counted = np.array(rows, dtype=np.int64)
            others = [place for place, field in enumerate(fields) if field not in same]
            found.append(Patterns(counted[:, :-1], counted[:, -1].astype(np.float64), others))
    return found


def _weighed(
    compared: duckdb.DuckDBPyRelation,
    fields: Sequence[str],
    within: Sequence[Floats],
    by_chance: Sequence[Floats],
) -> duckdb.DuckDBPyRelation:
    """Return the pairs ``a, b`` with their levels, the bits of each field, and the sum of these as ``weight``."""
    columns = ["unique_id_l AS a", "unique_id_r AS b"]
    for field, m, u in zip(fields, within, by_chance, strict=True):
        bits = [f"WHEN {level} THEN {weight!r}" for level, weight in enumerate(np.log2(m / u).tolist())]
        # A rare value in common says more than a common one, so here u is how frequent the very value is.
        bits[-1] = f"WHEN {len(m) - 1} THEN {float(np.log2(m[-1]))!r} - log2(tf_{field}_l)"
        columns += [
            f"gamma_{field}",
            f"CASE gamma_{field} {' '.join(bits)} ELSE 0 END::DOUBLE AS bits_{field}",
        ]
    weight = " + ".join(f"bits_{field}" for field in fields)
    return compared.select(", ".join(columns)).select(f"*, {weight} AS weight")


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A likely pair: its numbers, its log2 odds by chance and with all reasons, and (level, bits) per field."""

    a: int
    b: int
    chance: float
    odds: float
    found: dict[str, tuple[str, float]]


def _likely(
    weighed: duckdb.DuckDBPyRelation, fields: Sequence[str], *, least_probability: float, pairs: int
) -> list[_Row]:
    """Return the pairs at or above the least probability, in the order of their numbers."""
    # Sums of floats depend on the order of adding, so the weights are put into one.
    weights = np.sort(weighed.select("weight").fetchnumpy()["weight"])
    chance = learn_chance(weights, pairs=pairs)
    likely = weighed.filter(f"weight >= {log_odds(least_probability) - chance!r}").order("a, b")
    rows = []
    for a, b, *values, weight in likely.fetchall():
        found = {
            field: (_level_name(field, fields, level), bits)
            for field, level, bits in zip(fields, values[::2], values[1::2], strict=True)
        }
        rows.append(_Row(a=a, b=b, chance=chance, odds=chance + weight, found=found))
    return rows


def _level_name(field: str, fields: Sequence[str], gamma: int) -> str:
    """Return the name of Splink's level number: -1 is unknown, 0 different, and up to the strongest."""
    return UNKNOWN if gamma < 0 else _levels(field, fields)[-1 - gamma][0]


def _are_housemates(row: _Row) -> bool:
    """Tell whether a pair shares only what families share: address, family name, telephone.

    These fields agree together, which the model, taking fields as independent, counts several times over. So first
    name or birth date must agree at least somewhat, unless nothing is known of either.
    """
    own = {row.found[field][0] for field in ("first_name", "birth_date") if field in row.found}
    return DIFFERENT in own and own <= {DIFFERENT, UNKNOWN}


def _proposal(row: _Row, place: Place, largest_cluster: int) -> Proposal:
    reasons = [Reason(field="chance", level=AT_RANDOM, bits=round(row.chance, 2))]
    for field, (level, bits) in row.found.items():
        reasons.append(Reason(field=field, level=level, bits=round(bits, 2)))
    return Proposal(
        a=row.a,
        b=row.b,
        probability=round(float(probability(np.array(row.odds))), 6),
        why=tuple(reasons),
        cluster_size=place.cluster_size,
        is_bridge=place.is_bridge,
        is_doubtful=place.cluster_size > largest_cluster,
    )

"""How well record matching does where the truth is known: FEBRL, generated persons with typing errors."""

import csv
import itertools
from collections import defaultdict

import pytest

from beleef.identity.matching import find_proposals
from beleef.identity.matching_fields import Record
from tests.real_data import real_data

Pairs = set[tuple[int, int]]

_FEBRL = {
    "first_name": "given_name",
    "last_name": "surname",
    "street": "address_1",
    "house_number": "street_number",
    "postcode": "postcode",
    "city": "suburb",
    "birth_date": "date_of_birth",
}


def _febrl(number: int) -> tuple[list[Record], Pairs]:
    path = real_data(f"febrl/dataset{number}.csv")
    records, entities = [], defaultdict(list)
    with path.open(newline="") as lines:
        for subject, row in enumerate(csv.DictReader(lines, skipinitialspace=True)):
            texts = {field: row[column] for field, column in _FEBRL.items()}
            records.append(Record(subject=subject, **texts))
            entities[row["rec_id"].split("-")[1]].append(subject)
    return records, {pair for copies in entities.values() for pair in itertools.combinations(copies, 2)}


@pytest.mark.parametrize(
    ("number", "apart_f1", "together_f1"), [(1, 0.985, 0.995), (2, 0.985, 0.99), (3, 0.98, 0.9926)]
)
def test_pairs_of_febrl_are_found(number: int, apart_f1: float, together_f1: float) -> None:
    records, truth = _febrl(number)
    for apart, least_f1 in ((True, apart_f1), (False, together_f1)):
        proposed = {(found.a, found.b) for found in find_proposals(records, housemates_apart=apart)}
        right = len(proposed & truth)
        precision, recall = right / len(proposed), right / len(truth)
        f1 = 2 * precision * recall / (precision + recall)
        rule = "housemates apart" if apart else "housemates too"
        print(f"febrl {number}, {rule}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}")
        assert f1 >= least_f1

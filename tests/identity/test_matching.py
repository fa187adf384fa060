"""Record matching: what is proposed and why, what it learns, and what it refuses."""

import math
import random
import sys
from collections import defaultdict
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from beleef.identity.matching import ADDITION, AT_RANDOM, LEVELS, SAME, SWAPPED, find_proposals
from beleef.identity.matching_clusters import places
from beleef.identity.matching_fields import FIELDS, Record, make_comparable
from beleef.identity.matching_training import Patterns, learn_agreement, learn_chance
from beleef.identity.proposals import Proposal
from beleef.kernel.errors import InvalidInput, Unavailable
from tests.cast import ANNA, BRAM

Pairs = set[tuple[int, int]]

_ONSETS = [
    "B",
    "D",
    "Fr",
    "G",
    "H",
    "J",
    "K",
    "L",
    "M",
    "N",
    "P",
    "R",
    "S",
    "T",
    "V",
    "W",
    "Br",
    "St",
    "Kl",
    "Sch",
]
_RIMES = [
    "aar",
    "eek",
    "iem",
    "oor",
    "uin",
    "ant",
    "erd",
    "ilt",
    "onk",
    "elm",
    "eis",
    "oud",
    "aas",
    "iet",
    "ool",
    "ers",
]
_TOWNS = ["Utrecht", "Zwolle", "Breda", "Leiden", "Assen", "Venlo", "Delft", "Gouda"]


def town(persons: int, *, seed: int = 7) -> list[Record]:
    """Return records of as many different persons, numbered from 1, none related to another."""
    draw = random.Random(seed)
    first_names = [onset + rime for onset in _ONSETS for rime in ("an", "ina", "o", "wen", "ijs", "eke")]
    last_names = [onset + rime + end for onset in _ONSETS for rime in _RIMES for end in ("", "stra", "mans")]
    made = []
    for number in range(1, persons + 1):
        first, last = draw.choice(first_names), draw.choice(last_names)
        made.append(
            Record(
                subject=number,
                first_name=first,
                last_name=last,
                street=draw.choice(last_names) + draw.choice(["straat", "laan", "weg"]),
                house_number=str(draw.randint(1, 120)),
                postcode=f"{draw.randint(1000, 9999)} {draw.choice('ABCDEFG')}{draw.choice('HJKLMN')}",
                city=draw.choice(_TOWNS),
                birth_date=f"{draw.randint(1940, 2004)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
                phone=f"06{draw.randint(10_000_000, 99_999_999)}" if draw.random() < 0.6 else None,
                email=f"{first}.{last}{draw.randint(1, 99)}@example.nl" if draw.random() < 0.6 else None,
            )
        )
    return made


def slip(record: Record, *, subject: int, draw: random.Random) -> Record:
    """Return a second record of the same person as another clerk would type it: four fields wrong or missing."""
    changed: dict[str, str | None] = {}
    for field in draw.sample(
        ("first_name", "last_name", "street", "postcode", "birth_date", "house_number"), 2
    ):
        text = getattr(record, field)
        place = draw.randrange(len(text) - 1) if len(text) > 1 else 0
        kept = text[:place] + text[place + 1] + text[place] + text[place + 2 :] if len(text) > 1 else text
        changed[field] = draw.choice([None, kept])
    return msgspec.structs.replace(record, subject=subject, phone=None, email=None, **changed)


def town_with_repeats(persons: int = 400, repeats: int = 120) -> tuple[list[Record], Pairs]:
    """Return a town of which some persons have two records, and the pairs of their numbers."""
    records = town(persons)
    draw = random.Random(11)
    twice = draw.sample(records, repeats)
    seconds = [slip(record, subject=10_000 + record.subject, draw=draw) for record in twice]
    return records + seconds, {(record.subject, 10_000 + record.subject) for record in twice}


def found_pairs(found: Sequence[Proposal]) -> Pairs:
    return {(proposal.a, proposal.b) for proposal in found}


@pytest.fixture(scope="module")
def repeats() -> tuple[list[Record], Pairs]:
    return town_with_repeats()


@pytest.fixture(scope="module")
def found(repeats: tuple[list[Record], Pairs]) -> list[Proposal]:
    return find_proposals(repeats[0])


def test_records_of_one_person_are_proposed_and_others_are_not(
    repeats: tuple[list[Record], Pairs], found: list[Proposal]
) -> None:
    proposed = found_pairs(found)
    assert len(proposed & repeats[1]) / len(repeats[1]) >= 0.95
    assert len(proposed & repeats[1]) / len(proposed) >= 0.98


def test_a_town_without_repeats_gives_next_to_no_proposals() -> None:
    assert len(find_proposals(town(600))) <= 3


def test_the_order_of_the_records_changes_nothing(
    repeats: tuple[list[Record], Pairs], found: list[Proposal]
) -> None:
    shuffled = random.Random(3).sample(repeats[0], len(repeats[0]))
    assert find_proposals(shuffled) == found


def test_the_surest_proposal_comes_first_and_names_the_smaller_number_first(found: list[Proposal]) -> None:
    assert [proposal.probability for proposal in found] == sorted(
        (proposal.probability for proposal in found), reverse=True
    )
    assert all(proposal.a < proposal.b for proposal in found)


def test_the_reasons_add_up_to_the_probability(repeats: tuple[list[Record], Pairs]) -> None:
    scored = find_proposals(repeats[0], least_probability=1e-6, housemates_apart=False)
    # Nearer to 0 or 1, six decimals do not tell the odds any more.
    told = [proposal for proposal in scored if 5e-6 < proposal.probability < 1 - 5e-6]
    assert len(told) > 1
    for proposal in told:
        odds = proposal.probability / (1 - proposal.probability)
        assert sum(reason.bits for reason in proposal.why) == pytest.approx(math.log2(odds), abs=0.3)


def test_every_field_gives_a_reason_with_a_known_level(found: list[Proposal]) -> None:
    for proposal in found:
        assert [reason.field for reason in proposal.why] == ["chance", *FIELDS]
        assert proposal.why[0].level == AT_RANDOM
        assert {reason.level for reason in proposal.why} <= set(LEVELS)


def test_a_rare_name_in_common_says_more_than_a_common_one(repeats: tuple[list[Record], Pairs]) -> None:
    records = [
        msgspec.structs.replace(record, last_name="Jansen") if record.subject % 4 == 0 else record
        for record in repeats[0]
    ]
    bits = defaultdict(list)
    for proposal in find_proposals(records):
        [name] = [reason for reason in proposal.why if reason.field == "last_name"]
        if name.level == SAME:
            bits["common" if proposal.a % 4 == 0 else "rare"].append(name.bits)
    # A quarter of the records has the common name, at most a few of some five hundred have a rare one.
    assert max(bits["common"]) <= 2
    assert min(bits["rare"]) >= 5


def _block(
    m: Sequence[Sequence[float]], u: Sequence[Sequence[float]], *, pairs: int, share: float
) -> Patterns:
    """Return simulated pairs, of which a share matches, with their levels drawn from m and u."""
    draw = np.random.default_rng(20)
    is_match = draw.random(pairs) < share
    columns = [
        np.where(is_match, draw.choice(len(yes), pairs, p=yes), draw.choice(len(no), pairs, p=no))
        for yes, no in zip(m, u, strict=True)
    ]
    levels, counts = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    return Patterns(levels.astype(np.int64), counts.astype(np.float64), range(len(m)))


def test_learning_finds_how_often_fields_agree_within_one_person() -> None:
    m = [[0.1, 0.2, 0.7], [0.15, 0.85], [0.3, 0.7], [0.05, 0.05, 0.9]]
    u = [[0.9, 0.07, 0.03], [0.98, 0.02], [0.9, 0.1], [0.97, 0.02, 0.01]]
    learned = learn_agreement([_block(m, u, pairs=40_000, share=0.3)], [np.array(shares) for shares in u])
    for found, true in zip(learned, m, strict=True):
        # Four standard errors of a share of 12,000 matches, and room for the doubt which pairs these are.
        assert found == pytest.approx(true, abs=0.02)


def test_learning_from_few_or_no_pairs_leaves_every_level_possible() -> None:
    u = [np.array([0.9, 0.07, 0.03]), np.array([0.98, 0.02]), np.array([0.9, 0.1])]
    one = Patterns(np.array([[2, 1, -1]]), np.array([40.0]), [0, 1])
    some, other, unseen = learn_agreement([one], u)
    assert some.min() > 0
    assert other.min() > 0
    assert some[2] > 0.95
    assert unseen == pytest.approx([0.05, 0.95])


def test_learning_finds_how_rare_matches_are() -> None:
    draw = np.random.default_rng(21)
    weights = np.sort(np.concatenate([draw.normal(40, 5, 2_000), draw.normal(-10, 5, 50_000)]))
    odds = learn_chance(weights, pairs=10_000_000)
    assert 2**odds == pytest.approx(2_000 / 10_000_000, rel=0.01)


def test_a_couple_at_one_address_is_not_one_person(repeats: tuple[list[Record], Pairs]) -> None:
    anna, bram = _household()
    assert (anna.subject, bram.subject) not in found_pairs(find_proposals([*repeats[0], anna, bram]))


def test_housemates_are_proposed_only_when_asked_for(repeats: tuple[list[Record], Pairs]) -> None:
    anna, bram = _household()
    together = find_proposals([*repeats[0], anna, bram], housemates_apart=False)
    assert (anna.subject, bram.subject) in found_pairs(together)


def _household() -> tuple[Record, Record]:
    (first, last), (other, _) = ANNA.name.split(" ", 1), BRAM.name.split(" ", 1)
    home = Record(
        subject=50_001,
        first_name=first,
        last_name=last,
        street="Lange Nieuwstraat",
        house_number="12",
        postcode="3512 PH",
        city="Utrecht",
        birth_date="1984-03-17",
        phone="030 2345678",
    )
    return home, msgspec.structs.replace(home, subject=50_002, first_name=other, birth_date="1979-11-02")


def _levels_of_pair(found: Sequence[Proposal], pair: tuple[int, int]) -> dict[str, str]:
    [proposal] = [proposal for proposal in found if (proposal.a, proposal.b) == pair]
    return {reason.field: reason.level for reason in proposal.why}


def test_swapped_names_accents_particles_and_other_ways_of_writing_are_seen_through(
    repeats: tuple[list[Record], Pairs],
) -> None:
    anna = _household()[0]
    typed = msgspec.structs.replace(
        anna,
        subject=50_003,
        first_name="Vriés",
        last_name="ÁNNA",
        street="lange nieuw straat",
        house_number="12-A",
        postcode="3512ph",
        birth_date="19840317",
        phone="+31 30 234 56 78",
    )
    levels = _levels_of_pair(find_proposals([*repeats[0], anna, typed]), (50_001, 50_003))
    assert levels["first_name"] == SWAPPED
    assert levels["house_number"] == ADDITION
    assert {levels[field] for field in ("street", "postcode", "city", "birth_date", "phone")} == {SAME}


def test_a_telephone_number_of_many_records_belongs_to_nobody() -> None:
    records = [msgspec.structs.replace(record, phone="020 1234567") for record in town(6)]
    few = make_comparable(records[:5], shared_by=5, largest_block=500)
    many = make_comparable(records, shared_by=5, largest_block=500)
    assert "phone" in few.blocks
    assert "phone" not in many.blocks


def test_a_mailbox_of_a_role_belongs_to_nobody() -> None:
    records = [
        Record(subject=1, email="info@example.nl"),
        Record(subject=2, email="info@example.nl"),
        Record(subject=3, email="chantal@example.nl"),
        Record(subject=4, email="Chantal@Example.NL "),
    ]
    comparable = make_comparable(records, shared_by=5, largest_block=500)
    assert comparable.blocks == {"email": [None, None, "chantal@example.nl", "chantal@example.nl"]}


def test_what_too_many_have_in_common_is_no_reason_to_compare() -> None:
    records = [msgspec.structs.replace(record, birth_date="1900-01-01") for record in town(4)]
    assert "birth_date" in make_comparable(records, shared_by=5, largest_block=4).blocks
    assert "birth_date" not in make_comparable(records, shared_by=5, largest_block=3).blocks


def test_blank_and_placeholder_texts_are_unknown() -> None:
    records = [
        Record(subject=1, first_name=" ", last_name="-", city="onbekend", birth_date="0000-00-00", phone=""),
        Record(subject=2, first_name="\t", last_name="—", city="N.v.t.", birth_date="0000-00-00", phone="0"),
    ]
    comparable = make_comparable(records, shared_by=5, largest_block=500)
    assert comparable.fields == {}
    assert find_proposals(records) == []


@pytest.mark.parametrize("records", [[], town(1), town(2), town(12)])
def test_few_records_that_differ_give_no_proposals(records: list[Record]) -> None:
    assert find_proposals(records) == []


def test_two_records_under_one_number_are_refused() -> None:
    with pytest.raises(InvalidInput, match="same subject number"):
        find_proposals([Record(subject=1), Record(subject=1)])


@pytest.mark.parametrize("probability", [0.0, -1.0, 1.5, float("nan")])
def test_a_least_probability_that_is_none_is_refused(probability: float) -> None:
    with pytest.raises(InvalidInput):
        find_proposals([], least_probability=probability)


def test_without_the_extra_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(Unavailable) as refusal:
        find_proposals(town(5))
    assert refusal.value.code == "matching_not_installed"
    assert "pip install 'beleef[matching]'" in refusal.value.hint


def test_pairs_that_alone_tie_two_groups_together_are_bridges() -> None:
    triangles = [(1, 2), (2, 3), (1, 3), (3, 4), (4, 5), (5, 6), (4, 6), (8, 9)]
    assert [place.cluster_size for place in places(triangles)] == [6] * 7 + [2]
    assert [pair for pair, place in zip(triangles, places(triangles), strict=True) if place.is_bridge] == [
        (3, 4)
    ]


def test_bridges_are_those_pairs_whose_loss_splits_a_cluster() -> None:
    draw = random.Random(5)
    for _ in range(100):
        pairs = sorted({tuple(sorted(draw.sample(range(9), 2))) for _ in range(10)})
        graph = [(low, high) for low, high in pairs]
        for number, place in enumerate(places(graph)):
            low, high = graph[number]
            rest = graph[:number] + graph[number + 1 :]
            is_split = high not in _reached(low, rest)
            assert place.cluster_size == len(_reached(low, graph))
            assert place.is_bridge == (is_split and place.cluster_size > 2)


def _reached(start: int, pairs: Sequence[tuple[int, int]]) -> set[int]:
    reached = {start}
    while more := {other for pair in pairs for other in pair if reached & set(pair)} - reached:
        reached |= more
    return reached


def test_a_chain_longer_than_pythons_stack_is_walked() -> None:
    chain = [(number, number + 1) for number in range(20_000)]
    assert all(place.is_bridge and place.cluster_size == 20_001 for place in places(chain))


def test_proposals_in_clusters_above_the_cap_are_doubtful(
    found: list[Proposal], repeats: tuple[list[Record], Pairs]
) -> None:
    assert not any(proposal.is_doubtful for proposal in found)
    strict = find_proposals(repeats[0], largest_cluster=1)
    assert strict
    assert all(proposal.is_doubtful for proposal in strict)

"""How much each row does: the sizes that the budgets are stated for, and small ones that show in two minutes that all of it works."""

import msgspec


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of one run.

    Attributes:
        rounds: How often Beleef and its baseline take turns; the median of the ratios counts.
        load_s: Seconds of load in each turn.
        steady_s: Seconds of the open-loop load at half the rate.
        catch_up_facts: Facts that the worker finds waiting.
        fresh_s: Seconds of 1,000 facts a second.
        people: Persons known, for look-up, freshness and memory.
        members: Persons known, for membership.
        contacts: Persons who get a message, for deciding and sending.
        memory_facts: Facts worked on while the worker's memory is watched.
        lake_facts: Facts of which the size in the lake is taken.
        parts: Into how many equal parts the long history is cut.
        part_facts: Facts in each.
        comments: Comments of customers whose text is analysed.
        forms: Survey forms sent in each turn, each by another person.
        answers: Scores that a survey's figures are made from.
    """

    rounds: int
    load_s: float
    steady_s: float
    catch_up_facts: int
    fresh_s: float
    people: int
    members: int
    contacts: int
    memory_facts: int
    lake_facts: int
    parts: int
    part_facts: int
    comments: int
    forms: int
    answers: int


FULL = Sizes(
    rounds=3,
    load_s=5,
    steady_s=15,
    catch_up_facts=500_000,
    fresh_s=30,
    people=1_000_000,
    members=100_000,
    contacts=10_000,
    memory_facts=200_000,
    lake_facts=500_000,
    parts=10,
    part_facts=1_000_000,
    comments=40_000,
    forms=2_000,
    answers=1_000_000,
)

QUICK = Sizes(
    rounds=1,
    load_s=1,
    steady_s=2,
    catch_up_facts=40_000,
    fresh_s=4,
    people=10_000,
    members=5_000,
    contacts=2_000,
    memory_facts=20_000,
    lake_facts=20_000,
    parts=5,
    part_facts=200_000,
    comments=4_000,
    forms=200,
    answers=20_000,
)

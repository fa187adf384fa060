"""The same stories on PostgreSQL: what campaigns keep and ask must not depend on the database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import test_carts, test_running
from tests.campaigns.shops import Shop, shop

STORIES = (
    test_carts.test_an_order_after_the_reminder_is_a_success_of_it,
    test_carts.test_a_change_of_the_cart_starts_the_clock_again,
    test_running.test_a_broadcast_reaches_everybody_at_their_own_ten_o_clock,
    test_running.test_who_is_kept_out_gets_nothing_and_is_compared,
    test_running.test_a_pause_stands_still_and_goes_on,
    test_running.test_people_under_way_may_move_on,
    test_running.test_two_runs_of_one_person_become_one_when_they_merge,
    test_running.test_an_erased_person_leaves_numbers_only,
)


@pytest.mark.service
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.removeprefix("test_"))
def test_it_goes_the_same_on_postgres(
    story: Callable[[Shop], None], tmp_path: Path, postgres_address: str
) -> None:
    with shop(tmp_path / "shop", {"BELEEF_DATABASE": postgres_address}) as opened:
        story(opened)

"""Pauses between rounds: in time, and none too many."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from assessments.osce.rotations.pauses import choose, unpausable, windows_of_time, windows_of_work
from tests.assessments.test_rotations import always


def test_windows_of_time_begin_at_each_round_and_end_where_the_limit_is_passed():
    assert windows_of_time([10, 10, 10, 25, 5], 30) == [(0, 3), (1, 3), (2, 3)]


def test_windows_of_work_are_runs_of_one_busy_round_too_many():
    assert windows_of_work([True, True, True, False, True, True], 2) == [(0, 2)]


def test_window_without_a_gap_to_pause_in_is_found():
    assert unpausable([(0, 2)], [True, False, False, True]) == (0, 2)
    assert unpausable([(0, 2)], [True, False, True, True]) is None


@always
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=9),
    st.integers(4, 9),
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_choice_of_pauses_is_the_best_of_all_choices(lengths, limit, allowed, between):
    count = len(lengths)
    may_pause = [a or b for a, b in zip(allowed, between, strict=True)][:count]
    between = between[:count]
    windows = windows_of_time(lengths, limit)
    gaps = [gap for gap in range(1, count) if may_pause[gap]]

    def keeps(cuts):
        edges = [0, *cuts, count]
        return all(sum(lengths[a:b]) <= limit for a, b in zip(edges, edges[1:], strict=False))

    def cost(cuts):
        edges = [0, *cuts, count]
        stretches = [b - a for a, b in zip(edges, edges[1:], strict=False)]
        return sum(not between[gap] for gap in cuts), len(cuts), sum(it**2 for it in stretches)

    ways = [cuts for n in range(count) for cuts in combinations(gaps, n) if keeps(cuts)]
    if unpausable(windows, may_pause):
        assert not ways
    else:
        chosen = choose(count, windows, may_pause, between, [])
        assert keeps(chosen)
        assert cost(chosen) == min(map(cost, ways))

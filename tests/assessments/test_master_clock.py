"""The master clock as a pure fold: by example, and by properties of any orders that anybody could give."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.osce.master_clock import Kind, NotNow, Order, Phase, State, apply, planned, run
from assessments.osce.rotations.timetables import Pause, Round

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATE = timedelta(minutes=4)


def at(seconds):
    return NINE + LATE + timedelta(seconds=seconds)


def clock(rounds=2, *, warning=60):
    """Rounds of 60 s reading, 480 s at the station and 60 s change-over, with a break of 300 s after the first."""
    starts = [0, 900, 1500, 2100]
    made = [Round("A", 1, n + 1, starts[n], 60, 480, 60) for n in range(rounds)]
    return planned(
        [*made, Round("B", 1, 1, 0, 1, 1, 1)],
        [Pause("A", 1, 1, "break", 600, 300)],
        warning=warning,
        circuit="A",
        starts_at=NINE,
    )


def started(**more):
    return apply(clock(**more), Order(Kind.START, at(0)))


def phases(found):
    return [(beat.round, beat.phase, (beat.starts - at(0)).total_seconds()) for beat in found.beats]


def test_planned_clock_waits_at_its_planned_times():
    found = clock()

    assert found.state(NINE + timedelta(hours=1)) == State.WAITING
    assert found.beat(NINE) is None
    assert found.beats[0].starts == NINE


def test_start_begins_the_first_round_at_that_moment_however_late_it_is():
    assert phases(started()) == [
        (1, Phase.READING, 0),
        (1, Phase.RUNNING, 60),
        (1, Phase.WARNING, 480),
        (1, Phase.CHANGE_OVER, 540),
        (1, Phase.BREAK, 600),
        (2, Phase.READING, 900),
        (2, Phase.RUNNING, 960),
        (2, Phase.WARNING, 1380),
        (2, Phase.CHANGE_OVER, 1440),
    ]


@pytest.mark.parametrize(
    ("seconds", "phase"),
    [
        (0, "reading"),
        (59, "reading"),
        (60, "running"),
        (480, "warning"),
        (540, "change-over"),
        (600, "break"),
    ],
)
def test_phase_begins_with_its_first_second(seconds, phase):
    assert started().beat(at(seconds)).phase == phase


def test_without_a_warning_the_station_runs_to_its_end():
    assert [phase for _, phase, _ in phases(started(warning=0, rounds=1))] == [
        "reading",
        "running",
        "change-over",
        "break",
    ]


def test_pause_stops_the_phase_and_moves_what_comes():
    paused = apply(started(), Order(Kind.PAUSE, at(100)))
    assert paused.state(at(5000)) == State.PAUSED
    assert paused.beat(at(5000)).phase == Phase.RUNNING

    again = apply(paused, Order(Kind.RESUME, at(400)))

    assert again.state(at(400)) == State.RUNNING
    assert phases(again)[:4] == [
        (1, "reading", 0),
        (1, "running", 60),
        (1, "warning", 780),
        (1, "change-over", 840),
    ]


def test_extension_makes_the_present_phase_longer():
    longer = apply(started(), Order(Kind.EXTEND, at(500), 120))

    assert phases(longer)[1:4] == [(1, "running", 60), (1, "warning", 480), (1, "change-over", 660)]


def test_paused_phase_can_be_extended():
    found = run(
        started(), [Order(Kind.PAUSE, at(100)), Order(Kind.EXTEND, at(150), 60), Order(Kind.RESUME, at(200))]
    )

    assert phases(found)[2] == (1, "warning", 480 + 60 + 100)


def test_round_begins_again_from_its_reading_time():
    again = apply(started(), Order(Kind.RESTART_ROUND, at(1000)))

    assert phases(again)[4:7] == [(1, "break", 600), (2, "reading", 1000), (2, "running", 1060)]


def test_phase_is_ended_early_and_the_next_begins():
    assert phases(apply(started(), Order(Kind.END_PHASE, at(30))))[:2] == [
        (1, "reading", 0),
        (1, "running", 30),
    ]


def test_after_the_last_phase_it_is_over():
    assert started().state(at(1499)) == State.RUNNING
    assert started().state(at(1500)) == State.OVER
    assert started().beat(at(1500)) is None


@pytest.mark.parametrize(
    ("orders", "sentence"),
    [
        ([(Kind.START, 0), (Kind.START, 1)], "The clock runs already."),
        ([(Kind.PAUSE, 0)], "The clock was not started yet."),
        ([(Kind.START, 0), (Kind.PAUSE, 1), (Kind.PAUSE, 2)], "The clock is paused. Let it go on first."),
        ([(Kind.START, 0), (Kind.RESUME, 1)], "The clock is not paused."),
        ([(Kind.START, 0), (Kind.EXTEND, 1, 0)], "Extend by one second to one hour."),
        ([(Kind.START, 0), (Kind.EXTEND, 1, 3601)], "Extend by one second to one hour."),
        ([(Kind.START, 0), (Kind.END_PHASE, 9000)], "The last round is over."),
        (
            [(Kind.START, 0), (Kind.RESTART_ROUND, 700)],
            "There is a break, so there is no round to begin again.",
        ),
        ([(Kind.START, 0), (Kind.PAUSE, 1), (Kind.END_PHASE, 2)], "The clock is paused. Let it go on first."),
    ],
)
def test_order_that_makes_no_sense_is_refused_in_words(orders, sentence):
    with pytest.raises(NotNow) as refused:
        run(clock(), [Order(kind, at(seconds), *more) for kind, seconds, *more in orders])

    assert str(refused.value) == sentence


def test_circuit_without_rounds_cannot_start():
    nothing = planned([], [], warning=0, circuit="A", starts_at=NINE)

    with pytest.raises(NotNow):
        apply(nothing, Order(Kind.START, NINE))


ORDERS = st.lists(
    st.tuples(st.sampled_from(list(Kind)[1:]), st.integers(0, 400), st.integers(1, 600)), max_size=12
)


@given(ORDERS)
def test_whatever_is_ordered_phases_stay_in_their_order_and_follow_each_other(orders):
    found, now, grown = started(rounds=4), 0, timedelta()
    total = found.beats[-1].ends - found.beats[0].starts
    for kind, pause, seconds in orders:
        now += pause
        before = found
        order = Order(kind, at(now), seconds)
        try:
            found = apply(before, order)
        except NotNow:
            continue
        present = before.beat(at(now))
        if kind == Kind.EXTEND:
            grown += timedelta(seconds=seconds)
        elif kind == Kind.RESUME:
            grown += at(now) - before.paused_at
        elif kind == Kind.END_PHASE:
            grown -= present.ends - at(now)
        elif kind == Kind.RESTART_ROUND:
            first = next(b for b in before.beats if (b.round, b.phase) == (present.round, Phase.READING))
            grown += at(now) - first.starts
        # What is over stays as it was, but for a round that begins again.
        moment = before.paused_at or at(now)
        over = [beat for beat in before.beats if beat.ends <= moment]
        assert kind == Kind.RESTART_ROUND or all(beat in found.beats for beat in over)

    order = [(b.rotation, b.round, b.phase) for b in started(rounds=4).beats]
    assert [(b.rotation, b.round, b.phase) for b in found.beats] == order
    assert all(b.starts <= b.ends for b in found.beats)
    assert found.beats[-1].ends - started(rounds=4).beats[0].starts == total + grown
    gaps = [
        (one.phase, other.starts - one.ends)
        for one, other in pairwise(found.beats)
        if other.starts != one.ends
    ]
    # Only a round that begins again leaves a gap before it: what was done of it the first time.
    assert not gaps or any(kind == Kind.RESTART_ROUND for kind, *_ in orders)

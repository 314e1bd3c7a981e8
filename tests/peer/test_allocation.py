"""Plans of who reviews what: what holds for every one of them, who is named where there is none, and what certificates see."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.peer.allocation import claims, flows
from assessments.peer.allocation.certificates import Certificate, Verdict, certify, inputs_hash
from assessments.peer.allocation.chances import chance_of, suggest_reviews
from assessments.peer.allocation.circles import circle
from assessments.peer.allocation.edits import broken_by
from assessments.peer.allocation.fields import WISHES, Field, Groups, Rule, Rules, sections
from assessments.peer.allocation.planning import allocate, plan
from assessments.peer.allocation.refusals import Infeasible, Reason
from tests.peer import naive
from tests.peer.naive import always, rows

SEED = 11
ASKS_NOTHING = {"no_reciprocal": False, "longest_ring": 0, "overlap_at_most_one": False}


def refusal(field, rules):
    with pytest.raises(Infeasible) as refused:
        allocate(field, rules, SEED)
    return refused.value


def try_allocate(field, rules, seed):
    try:
        return allocate(field, rules, seed)
    except Infeasible as refused:
        assert refused.sentence and "{" not in refused.sentence
        assert all(0 <= it < field.reviewers for it in refused.reviewers)
        assert all(0 <= it < field.works for it in refused.works)
        return None


def verdicts(certificate):
    return {it.rule: it.verdict for it in certificate.findings}


def holds(made, field, rules):
    """Hard rules by the other opinion; and that the certificate counts as it does."""
    found = naive.violations(field, rules, rows(made.pairs))
    asked = {
        it.rule: it.violations for it in made.certificate.findings if it.verdict is not Verdict.NOT_ASKED
    }
    assert asked == {rule: found[rule] for rule in asked}
    assert {rule: count for rule, count in asked.items() if count and rule not in WISHES} == {}
    return found


# --- what always holds ---


@always(100)
@given(st.data())
def test_every_plan_keeps_all_hard_rules_and_its_certificate_counts_right(data):
    field = data.draw(naive.people())
    rules = data.draw(naive.rules_for(field))

    made = try_allocate(field, rules, data.draw(st.integers(0, 99)))

    if made:
        holds(made, field, rules)


@always(70)
@given(st.data())
def test_group_works_and_reviewers_without_work_keep_all_hard_rules_too(data):
    field = data.draw(naive.works_of_groups())
    rules = data.draw(naive.rules_for(field, each=3))

    made = try_allocate(field, rules, data.draw(st.integers(0, 99)))

    if made:
        holds(made, field, rules)


@always(40)
@given(st.integers(1, 5), st.integers(0, 60), st.integers(0, 10**6))
def test_a_circle_exists_from_the_smallest_possible_class_on(each, more, seed):
    field, rules = Field.of_people(2 * each + 1 + more), Rules(each)

    found = holds(allocate(field, rules, seed), field, rules)

    assert (found[Rule.NOT_MUTUAL], found[Rule.GIVES], found[Rule.RECEIVES]) == (0, 0, 0)


@pytest.mark.parametrize("each, people", [(2, 5), (3, 7), (3, 8), (4, 10), (5, 11), (5, 30)])
def test_a_circle_needs_no_mending_for_its_hard_rules(each, people):
    field, rules = Field.of_people(people), Rules(each)
    for seed in range(10):
        whole_class = sections(field, rules)[0]
        pairs, _is_whole = circle(field, rules, whole_class, np.random.default_rng(seed))

        found = naive.violations(field, rules, rows(pairs))

        hard = (Rule.GIVES, Rule.RECEIVES, Rule.NOT_OWN, Rule.ONCE, Rule.NOT_MUTUAL)
        assert [found[rule] for rule in hard] == [0] * 5


@always(40)
@given(st.integers(3, 5), st.integers(0, 60), st.integers(0, 10**6))
def test_all_wishes_hold_where_the_class_is_large_enough(each, more, seed):
    """Offsets below n / 3 of which no two differ alike are easily found from some 8 k² people on."""
    field, rules = Field.of_people(8 * each**2 + more), Rules(each)

    assert allocate(field, rules, seed).certificate.relaxed == ()


@always(40)
@given(st.integers(2, 9), st.integers(1, 4), st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_groups_are_kept_out_of_each_others_work_by_the_circle(size, each, seed, random):
    groups = [number // size for number in range(6 * size + 8 * each)]
    random.shuffle(groups)
    field, rules = Field.of_people(len(groups), groups), Rules(each, groups=Groups.NEVER_SAME)

    made = allocate(field, rules, seed)

    assert all(groups[one] != groups[other] for one, other in rows(made.pairs))
    holds(made, field, rules)


@pytest.mark.parametrize("sizes", [(20, 20, 20), (21, 20, 20), (33, 20, 7), (57, 2, 1)])
def test_every_work_gets_its_share_of_each_profession(sizes):
    strata = [number for number, size in enumerate(sizes) for _person in range(size)]
    field = Field.of_people(len(strata), strata=strata)

    made = allocate(field, Rules(3, spread=True), SEED)

    counts = np.zeros((len(strata), len(sizes)), int)
    np.add.at(counts, (made.pairs[:, 1], np.array(strata)[made.pairs[:, 0]]), 1)
    share = 3 * np.array(sizes) / len(strata)
    assert (np.abs(counts - share) < 1).all()
    assert made.certificate.relaxed == ()


def test_groups_that_keep_to_themselves_are_planned_each_alone():
    groups = [0] * 7 + [1] * 12 + [None] * 5
    field = Field.of_people(24, groups)

    made = allocate(field, Rules(2, groups=Groups.ONLY_SAME), SEED)

    assert all(groups[one] == groups[other] for one, other in rows(made.pairs))
    assert np.bincount(made.pairs[:, 1]).tolist() == [2] * 24


def test_loads_of_group_works_differ_by_at_most_one():
    authors = ((0, 1, 2), (3, 4), (5,), (6, 7, 8, 9), (10, 11), (12,), (13, 14))
    made = allocate(Field(17, authors), Rules(2, longest_ring=0), SEED)

    assert sorted(np.bincount(made.pairs[:, 1]).tolist()) == [4, 5, 5, 5, 5, 5, 5]
    assert made.certificate.of(Rule.NOT_MUTUAL).verdict is Verdict.HELD


def test_must_pairs_are_in_and_forbidden_pairs_are_out_of_a_large_class():
    random = np.random.default_rng(5)
    forbidden = frozenset(map(tuple, random.integers(0, 600, (12_000, 2)).tolist()))
    must = frozenset((one, (one + 300) % 600) for one in range(0, 290)) - forbidden
    field, rules = Field.of_people(600), Rules(4, forbidden=forbidden, must=must)

    made = allocate(field, rules, SEED)

    assert must <= set(rows(made.pairs))
    assert forbidden.isdisjoint(rows(made.pairs))
    assert made.certificate.relaxed == ()


@pytest.mark.parametrize("spread", [False, True])
def test_the_same_seed_gives_the_same_plan_and_another_one_another(spread):
    field = Field.of_people(40, [n % 7 for n in range(40)], [n % 3 for n in range(40)])
    rules = Rules(3, groups=Groups.NEVER_SAME, spread=spread, forbidden=frozenset({(1, 2), (3, 4)}))

    first, again, other = (allocate(field, rules, seed) for seed in (1, 1, 2))

    assert rows(first.pairs) == rows(again.pairs)
    assert first.certificate == again.certificate
    assert rows(first.pairs) != rows(other.pairs)


def test_seats_do_not_follow_the_order_in_which_people_are_given():
    """Every other person is reviewed by number 0 about equally often over many seeds."""
    field, rules = Field.of_people(11), Rules(2, **ASKS_NOTHING)
    counts = np.zeros(11, int)
    for seed in range(1000):
        pairs = plan(field, rules, seed)
        counts[pairs[pairs[:, 0] == 0, 1]] += 1

    assert counts[0] == 0
    # Binomial with mean 200 and deviation 12.6: five of these either way.
    assert counts[1:].min() > 137 and counts[1:].max() < 263


# --- wishes give way, and it is said ---


def test_rings_give_way_before_overlap_and_both_are_told():
    small = allocate(Field.of_people(16), Rules(4), SEED).certificate
    smallest = allocate(Field.of_people(9), Rules(4), SEED).certificate

    assert small.relaxed == (Rule.RINGS,)
    assert smallest.relaxed == (Rule.RINGS, Rule.OVERLAP)
    assert smallest.gives_way == (Rule.RINGS, Rule.OVERLAP, Rule.STRATA)
    assert smallest.broken == ()


# --- who is named where there is no plan ---


def test_one_student_has_nobody_to_review():
    refused = refusal(Field.of_people(1), Rules(1))

    assert (refused.reason, refused.reviewers) == (Reason.TOO_FEW_WORKS, (0,))
    assert refused.sentence == "Everyone is asked for 1, but these may choose from only 0 works of others."


def test_nobody_at_all():
    assert refusal(Field.of_people(0), Rules(1)).reason is Reason.NOBODY


def test_two_students_review_each_other_only_if_they_may():
    refused = refusal(Field.of_people(2), Rules(1))
    made = allocate(Field.of_people(2), Rules(1, no_reciprocal=False), SEED)

    assert (refused.reason, refused.reviewers) == (Reason.TOO_FEW_FOR_ONE_WAY, (0, 1))
    assert "at least 3 works are needed; there are 2" in refused.sentence
    assert sorted(rows(made.pairs)) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("people, no_reciprocal", [(5, False), (10, True)])
def test_more_reviews_than_the_class_allows(people, no_reciprocal):
    rules = Rules(5, no_reciprocal=no_reciprocal)

    assert refusal(Field.of_people(people), rules).reviewers == tuple(range(people))
    assert allocate(Field.of_people(people + 1), rules, SEED).certificate.broken == ()


def test_everybody_in_one_group_cannot_review_outside_of_it():
    refused = refusal(Field.of_people(8, [3] * 8), Rules(1, groups=Groups.NEVER_SAME))

    assert (refused.reason, refused.reviewers) == (Reason.GROUP_TOO_LARGE, tuple(range(8)))


@pytest.mark.parametrize("size, is_possible", [(10, True), (11, False)])
def test_a_group_of_more_than_half_of_the_class_is_named(size, is_possible):
    field = Field.of_people(20, [0] * size + list(range(1, 21 - size)))
    rules = Rules(2, groups=Groups.NEVER_SAME)

    if is_possible:
        assert allocate(field, rules, SEED).certificate.broken == ()
    else:
        assert refusal(field, rules).reviewers == tuple(range(11))


def test_a_section_that_is_too_small_is_named():
    refused = refusal(Field.of_people(14, [0] * 10 + [1] * 4), Rules(2, groups=Groups.ONLY_SAME))

    assert (refused.reason, refused.reviewers) == (Reason.TOO_FEW_FOR_ONE_WAY, (10, 11, 12, 13))


def test_works_of_a_group_without_reviewers_are_named():
    field = Field(4, ((0,), (1,), (2,), (3,), ()), [0] * 4, [0, 0, 0, 0, 1])

    refused = refusal(field, Rules(1, groups=Groups.ONLY_SAME))

    assert (refused.reason, refused.works) == (Reason.WORKS_SHUT_OUT, (4,))


def test_somebody_kept_from_nearly_everyone_is_named():
    forbidden = frozenset((3, work) for work in range(10) if work not in (3, 7))

    refused = refusal(Field.of_people(10), Rules(2, forbidden=forbidden))

    assert (refused.reason, refused.reviewers) == (Reason.TOO_FEW_WORKS, (3,))


def test_a_work_that_nearly_nobody_may_review_is_named():
    forbidden = frozenset((one, 6) for one in range(9) if one != 4)

    refused = refusal(Field.of_people(10), Rules(3, forbidden=forbidden))

    assert (refused.reason, refused.works) == (Reason.WORKS_SHUT_OUT, (6,))


def test_somebody_with_too_few_for_one_way_is_named():
    both = frozenset(pair for other in range(1, 8) for pair in ((0, other), (other, 0)))

    refused = refusal(Field.of_people(11), Rules(2, forbidden=both))

    assert (refused.reason, refused.reviewers) == (Reason.TOO_FEW_PARTNERS, (0,))
    assert refused.details["n"] == 3


def test_people_who_are_together_too_many_for_their_works_are_named_by_a_cut():
    few = frozenset((one, work) for one in range(5) for work in range(12) if work not in (9, 10, 11))

    refused = refusal(Field.of_people(12), Rules(3, no_reciprocal=False, forbidden=few))

    assert refused.reason is Reason.REVIEWERS_SHUT_OUT
    assert (refused.reviewers, refused.works) == ((0, 1, 2, 3, 4), (9, 10, 11))
    assert (refused.details["need"], refused.details["room"]) == (15, 9)


def test_works_that_are_together_too_many_for_their_reviewers_are_named_by_a_cut():
    few = frozenset((one, work) for one in range(2, 12) for work in (4, 5))

    refused = refusal(Field.of_people(12), Rules(2, no_reciprocal=False, forbidden=few - {(7, 4)} | {(0, 5)}))

    assert refused.works == (5,)


@pytest.mark.parametrize(
    "must, reason",
    [
        ({(1, 1)}, Reason.MUST_AND_MUST_NOT),
        ({(1, 2), (2, 1)}, Reason.MUST_AND_MUST_NOT),
        ({(1, 3)}, Reason.MUST_AND_MUST_NOT),
        ({(1, 2), (1, 4), (1, 5)}, Reason.TOO_MANY_MUST),
        ({(2, 1), (4, 1), (5, 1)}, Reason.WORK_TOO_MANY_MUST),
    ],
)
def test_must_pairs_that_cannot_be_are_named(must, reason):
    refused = refusal(Field.of_people(9), Rules(2, must=frozenset(must), forbidden=frozenset({(1, 3)})))

    assert refused.reason is reason
    assert 1 in refused.reviewers + refused.works


@always(100)
@given(st.integers(2, 7), st.data())
def test_one_review_each_is_refused_only_where_there_is_no_matching(count, data):
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    forbidden = data.draw(st.frozensets(pair, max_size=count * count))
    rules = Rules(1, forbidden=forbidden, **ASKS_NOTHING)

    made = try_allocate(Field.of_people(count), rules, SEED)

    assert (made is not None) == has_matching(count, forbidden)


def has_matching(count, forbidden):
    taken = {}

    def seat(one, met):
        for work in set(range(count)) - {one} - met:
            if (one, work) in forbidden:
                continue
            met.add(work)
            if work not in taken or seat(taken[work], met):
                taken[work] = one
                return True
        return False

    return all(seat(one, set()) for one in range(count))


def test_a_flow_keeps_must_pairs_and_loads():
    field, rules = Field(9, ((0,), (1,), (2,), (3,))), Rules(2, must=frozenset({(8, 0), (7, 0)}))

    pairs = flows.flow(field, rules, np.random.default_rng(1))

    assert {(8, 0), (7, 0)} <= set(rows(pairs))
    assert sorted(np.bincount(pairs[:, 1]).tolist()) == [4, 4, 5, 5]
    assert np.bincount(pairs[:, 0]).tolist() == [2] * 9


# --- certificates ---


@pytest.fixture(scope="module")
def whole():
    """A plan where everything asked for holds."""
    field = Field.of_people(80, [n % 8 for n in range(80)])
    rules = Rules(3, groups=Groups.NEVER_SAME, forbidden=frozenset({(0, 1)}), must=frozenset({(0, 2)}))
    made = allocate(field, rules, SEED)
    assert {it.verdict for it in made.certificate.findings} == {Verdict.HELD, Verdict.NOT_ASKED}
    return field, rules, made


def without(pairs, *gone):
    return np.array([pair for pair in rows(pairs) if pair not in gone])


def plus(pairs, *more):
    return np.concatenate([pairs, np.array(more)])


def a_pair(made):
    return next(pair for pair in rows(made.pairs) if pair != (0, 2))


@pytest.mark.parametrize("rule", [Rule.GIVES, Rule.RECEIVES])
def test_certificate_finds_a_missing_review(whole, rule):
    field, rules, made = whole

    found = certify(field, rules, without(made.pairs, a_pair(made))).of(rule)

    assert (found.verdict, found.violations) == (Verdict.BROKEN, 1)


def planted(rule, made):
    one, other = a_pair(made)
    return {
        Rule.NOT_OWN: (5, 5),
        Rule.ONCE: (one, other),
        Rule.GROUPS: (8, 16),
        Rule.FORBIDDEN: (0, 1),
        Rule.NOT_MUTUAL: (other, one),
    }[rule]


@pytest.mark.parametrize("rule", [Rule.NOT_OWN, Rule.ONCE, Rule.GROUPS, Rule.FORBIDDEN, Rule.NOT_MUTUAL])
def test_certificate_finds_each_planted_fault(whole, rule):
    field, rules, made = whole

    found = certify(field, rules, plus(made.pairs, planted(rule, made))).of(rule)

    assert (found.verdict, found.violations) == (Verdict.BROKEN, 1)
    assert found.sentence.endswith(": 1.")


def test_certificate_finds_a_missing_must_pair(whole):
    field, rules, made = whole

    assert certify(field, rules, without(made.pairs, (0, 2))).broken == (Rule.GIVES, Rule.RECEIVES, Rule.MUST)


def test_certificate_finds_a_planted_ring_and_overlap(whole):
    field, rules, made = whole
    pairs = rows(made.pairs)
    after = dict(pairs)
    ring = (after[after[5]], 5)
    sharer = next(one for one, work in pairs if work == after[5] and one != 5)
    twice = (sharer, next(work for one, work in pairs if one == 5 and work != after[5]))

    with_ring, with_twice = (certify(field, rules, plus(made.pairs, pair)) for pair in (ring, twice))

    assert with_ring.of(Rule.RINGS).violations == 3
    shared = naive.violations(field, rules, [*pairs, twice])[Rule.OVERLAP]
    assert with_twice.of(Rule.OVERLAP).violations == shared > 0
    assert with_ring.of(Rule.RINGS).verdict is Verdict.RELAXED


def test_certificate_finds_uneven_strata():
    field, rules = Field.of_people(6, strata=[0, 0, 0, 1, 1, 1]), Rules(2, spread=True, **ASKS_NOTHING)
    pairs = np.array([(one, (one + step) % 6) for one in range(6) for step in (1, 2)])

    # Works have the two before them: only 1 and 4 one of each stratum.
    assert certify(field, rules, pairs).of(Rule.STRATA).violations == 4


def test_certificate_tells_which_works_are_below_the_minimum(whole):
    field, rules, made = whole
    fewer = without(made.pairs, *[pair for pair in rows(made.pairs) if pair[1] == 7])

    enough, short = certify(field, rules, made.pairs, minimum=3), certify(field, rules, fewer, minimum=3)

    assert enough.of(Rule.ENOUGH).verdict is Verdict.HELD
    assert (short.of(Rule.ENOUGH).verdict, short.of(Rule.ENOUGH).violations) == (Verdict.BROKEN, 1)
    assert certify(field, rules, fewer, minimum=3, withdrawn=[7]).of(Rule.ENOUGH).verdict is Verdict.HELD


def test_what_is_not_asked_for_is_not_judged():
    field = Field.of_people(2)

    found = certify(field, Rules(1, **ASKS_NOTHING), np.array([(0, 1), (1, 0)]))

    assert {it for it, verdict in verdicts(found).items() if verdict is Verdict.NOT_ASKED} == set(Rule) - {
        Rule.GIVES,
        Rule.RECEIVES,
        Rule.NOT_OWN,
        Rule.ONCE,
    }


def test_certificate_goes_through_json_and_back(whole):
    _field, _rules, made = whole

    told = json.loads(json.dumps(made.certificate.to_dict()))

    assert Certificate.from_dict(told) == made.certificate
    assert (told["seed"], told["version"]) == (SEED, "1")


def test_hash_of_inputs_changes_with_each_of_them(whole):
    field, rules, _made = whole
    others = [
        (replace(field, strata=(1,) + (0,) * 79), rules),
        (replace(field, reviewer_groups=[0] * 80), rules),
        (Field(80, ((1,), *field.authors[1:]), field.reviewer_groups), rules),
        (field, replace(rules, reviews_each=4)),
        (field, replace(rules, must=frozenset())),
        (field, replace(rules, forbidden=frozenset({(0, 3)}))),
        (field, replace(rules, spread=True)),
    ]

    assert len({inputs_hash(*inputs) for inputs in [(field, rules), *others]}) == 1 + len(others)
    same = replace(rules, forbidden=frozenset({(0, 1)}))
    assert inputs_hash(replace(field), same) == inputs_hash(field, rules)


# --- one pair by hand ---


@always(50)
@given(st.data())
def test_what_a_hand_breaks_is_what_the_certificate_sees_afterwards(data):
    field = data.draw(naive.people(least=8))
    rules = replace(data.draw(naive.rules_for(field, each=2)), must=frozenset())
    made = try_allocate(field, rules, SEED)
    pair = data.draw(st.tuples(*[st.integers(0, field.reviewers - 1)] * 2))
    if not made or pair in rows(made.pairs):
        return

    told = {it.rule for it in broken_by(field, rules, made.pairs, pair)}

    after = certify(field, rules, plus(made.pairs, pair))
    more = {it.rule for it in after.findings if it.violations > made.certificate.of(it.rule).violations}
    # A stratum can be over its share in a work that is not even anyhow.
    assert more - told == set()
    assert told - more <= {Rule.STRATA, Rule.OVERLAP, Rule.RINGS}


def test_a_pair_by_hand_is_told_in_words_and_with_whom(whole):
    field, rules, made = whole
    one, other = a_pair(made)

    again, back = (broken_by(field, rules, made.pairs, pair) for pair in ((one, other), (other, one)))

    assert [it.sentence for it in again] == ["They review it already."]
    assert {it.rule: (it.sentence, it.others) for it in back}[Rule.NOT_MUTUAL] == (
        "An author of it reviews work of theirs.",
        (one,),
    )
    assert {it.rule: it.sentence for it in back}[Rule.GIVES] == "They would give 4, not 3."


def test_a_pair_outside_the_field_is_refused(whole):
    field, rules, made = whole

    with pytest.raises(ValueError, match="not there"):
        broken_by(field, rules, made.pairs, (80, 0))


# --- claims and chances ---


def test_claims_take_those_with_the_fewest_first_and_never_a_closed_one():
    random = np.random.default_rng(2)

    orders = [claims.claim_order([2, 0, 1, 0, 3, 0], [3], random, enough=3) for _time in range(40)]

    assert {tuple(sorted(order[:2])) for order in orders} == {(1, 5)}
    assert {order[0] for order in orders} == {1, 5}
    assert {tuple(order[2:]) for order in orders} == {(2, 0)}


def test_nothing_is_left_to_claim():
    assert claims.next_work([1, 5], [0], np.random.default_rng(1), enough=5) is None


@always(30)
@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 99))
def test_claiming_keeps_reviews_level(works, each, seed):
    random = np.random.default_rng(seed)
    coming = [0] * works
    for person in range(works):
        for _time in range(each):
            work = claims.next_work(coming, [person], random)
            coming[work] += 1

    # Only somebody whose own is the last of the lowest moves on to the next.
    assert max(coming) - min(coming) <= 2


@pytest.mark.parametrize(
    "rate, asked, chance",
    [(0.9, 4, 0.948), (0.9, 5, 0.991), (0.8, 4, 0.819), (0.8, 5, 0.942), (0.8, 6, 0.983)]
    + [(0.7, 4, 0.652), (0.7, 5, 0.837), (0.7, 6, 0.930)],
)
def test_chances_of_three_reviews(rate, asked, chance):
    """Binomial tail, to three places."""
    assert round(chance_of(3, asked, rate), 3) == chance


def test_as_many_are_suggested_as_make_it_nearly_sure():
    assert [suggest_reviews(rate, 3) for rate in (1.0, 0.9, 0.8, 0.7)] == [3, 5, 6, 7]
    assert suggest_reviews(0.8, 3, certainty=0.9) == 5


@pytest.mark.parametrize("rate", [0, -0.1, 1.1])
def test_no_suggestion_where_the_rate_says_nothing(rate):
    with pytest.raises(ValueError):
        suggest_reviews(rate, 3)


@pytest.mark.parametrize("wrong", [{"reviews_each": 0}, {"reviews_each": 1, "longest_ring": 7}])
def test_rules_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        Rules(**wrong)


def test_labels_must_fit_the_field():
    with pytest.raises(ValueError, match="one group for each"):
        Field.of_people(3, groups=[1, 2])

"""Makes plans: a shuffled circle where everyone has one work, cards dealt out otherwise; both mended by switches."""

from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from assessments.peer.allocation import certificates, flows, preconditions
from assessments.peer.allocation.certificates import Certificate
from assessments.peer.allocation.circles import circle
from assessments.peer.allocation.dealing import deal
from assessments.peer.allocation.fields import (
    Field,
    Groups,
    Ints,
    Rules,
    Section,
    as_pairs,
    is_among,
    sections,
)
from assessments.peer.allocation.refusals import Infeasible, Reason
from assessments.peer.allocation.switching import Switchboard

# Work on wishes ends after so many tries; they are wishes.
MOST_TRIES = 20_000


@dataclass(frozen=True)
class Allocation:
    """`pairs`: shape (m, 2), (reviewer, work). The certificate was made by looking at them, not by making them."""

    pairs: Ints
    certificate: Certificate


def allocate(field: Field, rules: Rules, seed: int) -> Allocation:
    """The same for the same seed. Infeasible, with a sentence and those who cause it, where hard rules cannot be kept.

    Wishes give way in the order of `fields.WISHES`; the certificate says which did.
    """
    pairs = plan(field, rules, seed)
    certificate = certificates.certify(field, rules, pairs, seed=seed)
    if certificate.broken:
        raise AssertionError(f"a plan that breaks {certificate.broken}")
    return Allocation(pairs, certificate)


def plan(field: Field, rules: Rules, seed: int) -> Ints:
    """The pairs alone, not yet looked at."""
    preconditions.check(field, rules)
    attempts = max(3, min(40, 100_000 // (field.reviewers * rules.reviews_each)))
    best: list[tuple[int, int]] | None = None
    for attempt in range(attempts):
        random = np.random.default_rng([seed, attempt])
        pairs, left = _attempt(field, rules, random, attempt)
        if not left:
            return pairs
        best = left if best is None or len(left) < len(best) else best
        if attempt == 0 and flows.can_flow(field):
            flows.flow(field, rules, random)
    assert best is not None
    raise Infeasible(Reason.NOT_FOUND, *as_pairs(best).T, tries=attempts)


def _attempt(
    field: Field, rules: Rules, random: np.random.Generator, attempt: int
) -> tuple[Ints, list[tuple[int, int]]]:
    """Pairs, and those that hard rules are still against."""
    pairs, is_whole = _start(field, rules, random, attempt)
    if is_whole and not rules.forbidden and not rules.must:
        return pairs, []
    board = Switchboard(field, _without_hopeless(field, rules), pairs, Random(int(random.integers(2**62))))
    left = _mend(board, pairs, is_whole)
    return board.pairs, left


def _start(field: Field, rules: Rules, random: np.random.Generator, attempt: int) -> tuple[Ints, bool]:
    """Another way to begin each time; and whether it keeps all rules but forbidden and must pairs."""
    if attempt % 3 == 2 and flows.can_flow(field):
        return _flow(field, rules, random), False
    parts = [_start_in(field, rules, part, random, attempt) for part in sections(field, rules)]
    return np.concatenate([pairs for pairs, _ in parts]), all(is_whole for _, is_whole in parts)


def _flow(field: Field, rules: Rules, random: np.random.Generator) -> Ints:
    if rules.no_reciprocal:
        with suppress(Infeasible):
            return flows.one_way_flow(field, rules, random)
    return flows.flow(field, rules, random)


def _start_in(
    field: Field, rules: Rules, part: Section, random: np.random.Generator, attempt: int
) -> tuple[Ints, bool]:
    if _has_own_work(field, rules):
        if found := circle(field, rules, part, random):
            return found
        # Better a circle without strata than none, where dealing did not lead to a plan.
        if attempt % 3 == 1 and (found := circle(field, replace(rules, spread=False), part, random)):
            return found[0], False
    return deal(field, rules, part, random), False


def _has_own_work(field: Field, rules: Rules) -> bool:
    """Everyone has one work, of the same group."""
    if field.work_of is None or rules.groups is Groups.ANY or field.work_groups is None:
        return field.work_of is not None
    people, works = field.group_numbers
    return bool((works[field.work_of] == people).all())


def _without_hopeless(field: Field, rules: Rules) -> Rules:
    """Without the wish for small overlap where reviewers are too few for it: every two share one work at most."""
    together = 0
    for part in sections(field, rules):
        low, _high = part.loads(rules.reviews_each)
        together += len(part.works) * low * (low - 1)
    is_hopeless = together > field.reviewers * (field.reviewers - 1)
    return replace(rules, overlap_at_most_one=False) if is_hopeless else rules


def _mend(board: Switchboard, pairs: Ints, is_whole: bool) -> list[tuple[int, int]]:
    """Puts must pairs in place, then mends all else; the pairs that hard rules are still against."""
    bad = set(_forbidden(board, pairs) if is_whole else ())
    unplaced = []
    for reviewer, work in board.rules.must_pairs.tolist():
        unplaced += [] if board.place(reviewer, work) else [(reviewer, work)]
    if not is_whole or board.rules.must:
        bad.update(board.all_bad())
    left = board.settle(sorted(bad), 60 * len(bad) + min(20 * len(pairs), MOST_TRIES))
    return unplaced + [(board.who[edge], board.what[edge]) for edge in left]


def _forbidden(board: Switchboard, pairs: Ints) -> list[int]:
    codes = board.field.codes(pairs)
    return np.flatnonzero(is_among(codes, board.field.codes(board.rules.forbidden_pairs))).tolist()

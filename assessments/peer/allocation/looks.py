"""Counts what a plan breaks, rule by rule, with sparse matrices: R × W of who reviews what, R × R of who reviews whom."""

import numpy as np
from scipy.sparse import csr_array

from assessments.peer.allocation.fields import Field, Groups, Ints, Mask, Rule, Rules

# Reviewers of one work taken two by two, over all works: above this the works of a reviewer are, which says the same.
MOST_TWOS = 5_000_000


def violations(
    field: Field, rules: Rules, pairs: Ints, left: Mask, withdrawn: Mask, minimum: int | None
) -> dict[Rule, int | None]:
    """How often each rule is broken; None for those not asked for."""
    plan = _matrix(pairs[:, 0], pairs[:, 1], (field.reviewers, field.works))
    made = _matrix(field.authorship[:, 0], field.authorship[:, 1], plan.shape)
    own = plan.multiply(made)
    whom = _whom(plan, made)
    forbids, musts = bool(rules.forbidden), bool(rules.must)
    codes = field.codes(pairs)
    received = np.bincount(pairs[:, 1], minlength=field.works)
    return {
        Rule.GIVES: _wrong_gives(field, rules, pairs, left),
        Rule.RECEIVES: _uneven(field, rules, received, withdrawn),
        Rule.NOT_OWN: int(own.sum()),
        Rule.ONCE: len(codes) - len(np.unique(codes)),
        Rule.GROUPS: _wrong_groups(field, rules, pairs) if rules.groups is not Groups.ANY else None,
        Rule.FORBIDDEN: int(np.isin(codes, field.codes(rules.forbidden_pairs)).sum()) if forbids else None,
        Rule.MUST: int((~np.isin(field.codes(rules.must_pairs), codes)).sum()) if musts else None,
        Rule.NOT_MUTUAL: int(whom.multiply(whom.T).sum()) // 2 if rules.no_reciprocal else None,
        Rule.ENOUGH: None if minimum is None else int((received[~withdrawn] < minimum).sum()),
        Rule.RINGS: _in_rings(whom, rules.longest_ring) if rules.asks_rings else None,
        Rule.OVERLAP: _overlaps(plan) if rules.overlap_at_most_one else None,
        Rule.STRATA: _uneven_strata(field, rules, plan, withdrawn) if rules.spread else None,
    }


def _matrix(rows: Ints, columns: Ints, shape: tuple[int, int]) -> csr_array:
    """Ones where there is a pair, however often."""
    places = rows.astype(np.int32), columns.astype(np.int32)
    found = csr_array((np.ones(len(rows), np.int32), places), shape=shape)
    found.sum_duplicates()
    found.data[:] = 1
    return found


def _whom(plan: csr_array, made: csr_array) -> csr_array:
    """Reviewer × author, ones where something of theirs is reviewed; nobody with themselves."""
    found = (plan @ made.T).tocoo()
    others = (found.row != found.col) & (found.data > 0)
    return _matrix(found.row[others], found.col[others], (plan.shape[0], plan.shape[0]))


def _wrong_gives(field: Field, rules: Rules, pairs: Ints, left: Mask) -> int:
    given = np.bincount(pairs[:, 0], minlength=field.reviewers)
    return int((given[~left] != rules.reviews_each).sum())


def _uneven(field: Field, rules: Rules, received: Ints, withdrawn: Mask) -> int:
    """Works outside of their share, ⌊kR / W⌋ to ⌈kR / W⌉, within their group where groups keep to themselves."""
    people, works = _parts(field, rules)
    count = max(people.max(), works.max()) + 1
    total = np.bincount(people, minlength=count) * rules.reviews_each
    among = np.maximum(np.bincount(works, minlength=count), 1)
    least, most = (total // among)[works], (-(-total // among))[works]
    return int(((received < least) | (received > most))[~withdrawn].sum())


def _parts(field: Field, rules: Rules) -> tuple[Ints, Ints]:
    """Which reviewers and works go together."""
    if rules.groups is not Groups.ONLY_SAME:
        return np.zeros(field.reviewers, np.int64), np.zeros(field.works, np.int64)
    people, works = field.group_numbers
    named = np.unique(np.concatenate([people, works]), return_inverse=True)[1]
    return named[: field.reviewers], named[field.reviewers :]


def _wrong_groups(field: Field, rules: Rules, pairs: Ints) -> int:
    people, works = field.group_numbers
    is_same = people[pairs[:, 0]] == works[pairs[:, 1]]
    if rules.groups is Groups.ONLY_SAME:
        return int((~is_same).sum())
    return int((is_same & (people[pairs[:, 0]] >= 0)).sum())


def _in_rings(whom: csr_array, longest: int) -> int:
    """Reviews a → b from whose b others lead back to a, without a → b → a, in up to `longest` steps in all."""
    ways, back = whom, whom.T.tocsr()
    found = csr_array(whom.shape, dtype=np.int32)
    for _step in range(longest - 2):
        ways = ways @ whom
        ways.data[:] = 1
        found = found + back.multiply(ways)
    return int((found > 0).sum())


def _overlaps(plan: csr_array) -> int:
    """Twos of reviewers with more than one work in common; twos of works, where works have very many reviewers."""
    received = np.asarray(plan.sum(axis=0)).astype(np.int64)
    shared = plan @ plan.T if (received * received).sum() <= MOST_TWOS else plan.T @ plan
    return int((shared.data > 1).sum() - (shared.diagonal() > 1).sum()) // 2


def _uneven_strata(field: Field, rules: Rules, plan: csr_array, withdrawn: Mask) -> int:
    """Works where a stratum has more or fewer than its share among those who might review it, rounded either way."""
    strata = field.stratum_numbers
    people, works = _parts(field, rules)
    kinds, parts = int(strata.max()) + 1, int(max(people.max(), works.max())) + 1
    of_stratum = _matrix(strata, np.arange(len(strata)), (kinds, len(strata)))
    counts = (of_stratum @ plan).toarray().T
    sizes = np.bincount(people * kinds + strata, minlength=parts * kinds).reshape(parts, kinds)
    among = np.maximum(np.bincount(works, minlength=parts), 1)[:, None]
    total = sizes * rules.reviews_each
    is_off = (counts < (total // among)[works]) | (counts > (-(-total // among))[works])
    return int(is_off.any(axis=1)[~withdrawn].sum())

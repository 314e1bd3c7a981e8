"""What can be refused by counting, before any plan is tried: who is too few, and who is shut out."""

from typing import Any

import numpy as np

from assessments.peer.allocation.fields import (
    NO_GROUP,
    Field,
    Groups,
    Ints,
    Mask,
    Rule,
    Rules,
    Section,
    is_among,
    sections,
)
from assessments.peer.allocation.refusals import Infeasible, Reason


def check(field: Field, rules: Rules) -> None:
    """Infeasible, naming who causes it, for what no plan can give. Passing is no promise."""
    if not field.reviewers or not field.works:
        raise Infeasible(Reason.NOBODY)
    parts = sections(field, rules)
    for part in parts:
        _check_size(field, rules, part)
    if rules.groups is Groups.NEVER_SAME:
        _check_groups(field, rules)
    if rules.must:
        _check_must(field, rules)
    if rules.forbidden or field.work_of is None:
        out = shut_out(field, rules)
        _check_choices(field, rules, out)
        if rules.no_reciprocal and field.work_of is not None:
            _check_partners(field, rules, field.work_of, out)


def _check_size(field: Field, rules: Rules, part: Section) -> None:
    each, people, works = rules.reviews_each, len(part.reviewers), len(part.works)
    if not people:
        raise Infeasible(Reason.WORKS_SHUT_OUT, works=part.works, need=works, room=0)
    others = works - (field.work_of is not None)
    if others < each:
        raise Infeasible(Reason.TOO_FEW_WORKS, part.reviewers, part.works, each=each, n=max(others, 0))
    if rules.no_reciprocal and works < 2 * each + 1 and field.has_one_work_each:
        least = 2 * each + 1
        raise Infeasible(
            Reason.TOO_FEW_FOR_ONE_WAY, part.reviewers, part.works, each=each, least=least, n=works
        )


def _check_groups(field: Field, rules: Rules) -> None:
    """Each group's reviewers need works outside, and each group's works reviewers outside."""
    people, works = field.group_numbers
    count = int(max(people.max(), works.max())) + 1
    if not count:
        return
    mine = np.bincount(people[people >= 0], minlength=count)
    made = np.bincount(works[works >= 0], minlength=count)
    each = rules.reviews_each
    low, high = sections(field, rules)[0].loads(each)
    both_ways = 1 + (rules.no_reciprocal and field.work_of is not None)
    need = np.where(mine > 0, np.maximum(-(-mine * each // high), both_ways * each), 0)
    _refuse_group(field, need, field.works - made)
    _refuse_group(
        field, np.where(made > 0, np.maximum(-(-made * low // each), low), 0), field.reviewers - mine
    )


def _refuse_group(field: Field, need: Ints, others: Ints) -> None:
    short = np.flatnonzero(need > others)
    if len(short):
        worst = short[np.argmax((need - others)[short])]
        people, works = (np.flatnonzero(it == worst) for it in field.group_numbers)
        numbers: dict[str, Any] = {
            "n": max(len(people), len(works)),
            "others": int(others[worst]),
            "least": int(need[worst]),
        }
        raise Infeasible(Reason.GROUP_TOO_LARGE, people, works, **numbers)


def _check_must(field: Field, rules: Rules) -> None:
    must = rules.must_pairs
    field.codes(must)
    for rule, broken in _against(field, rules, must).items():
        if broken.any():
            raise Infeasible(Reason.MUST_AND_MUST_NOT, *must[broken].T, rule=rule.value)
    given = np.bincount(must[:, 0], minlength=field.reviewers)
    if given.max() > rules.reviews_each:
        too_many = np.flatnonzero(given > rules.reviews_each)
        raise Infeasible(Reason.TOO_MANY_MUST, too_many, n=int(given.max()), each=rules.reviews_each)
    received = np.bincount(must[:, 1], minlength=field.works)
    most = _loads(field, rules)[1]
    if (received > most).any():
        over = np.flatnonzero(received > most)
        numbers: dict[str, Any] = {"n": int(received[over].max()), "most": int(most[over].min())}
        raise Infeasible(Reason.WORK_TOO_MANY_MUST, works=over, **numbers)


def _against(field: Field, rules: Rules, must: Ints) -> dict[Rule, Mask]:
    """Which must pairs each rule forbids."""
    pairs = [(int(reviewer), int(work)) for reviewer, work in must]
    wanted = {(author, work) for author, work in map(tuple, field.authorship.tolist())}
    reviewed_by: dict[int, set[int]] = {}
    for reviewer, work in pairs:
        reviewed_by.setdefault(reviewer, set()).update(field.authors[work])
    mutual = [
        any(reviewer in reviewed_by.get(author, ()) for author in field.authors[work])
        for reviewer, work in pairs
    ]
    return {
        Rule.NOT_OWN: np.array([pair in wanted for pair in pairs]),
        Rule.FORBIDDEN: np.array([pair in rules.forbidden for pair in pairs]),
        Rule.GROUPS: ~in_reach(field, rules, must),
        Rule.NOT_MUTUAL: np.array(mutual) & rules.no_reciprocal,
    }


def in_reach(field: Field, rules: Rules, pairs: Ints) -> Mask:
    """Whether groups let each pair be; shape (m,)."""
    people, works = field.group_numbers
    mine, its = people[pairs[:, 0]], works[pairs[:, 1]]
    if rules.groups is Groups.NEVER_SAME:
        return (mine != its) | (mine == NO_GROUP)
    return mine == its if rules.groups is Groups.ONLY_SAME else np.ones(len(pairs), bool)


def shut_out(field: Field, rules: Rules) -> Ints:
    """Pairs that may not be though groups let them: own work and forbidden ones; each once."""
    codes = np.sort(field.codes(np.concatenate([field.authorship, rules.forbidden_pairs])))
    codes = codes[np.diff(codes, prepend=-1) > 0]
    pairs = field.pairs_of(codes)
    return pairs if rules.groups is Groups.ANY else pairs[in_reach(field, rules, pairs)]


def _loads(field: Field, rules: Rules) -> tuple[Ints, Ints]:
    """Least and most reviews of each work."""
    least, most = np.zeros((2, field.works), np.int64)
    for part in sections(field, rules):
        least[part.works], most[part.works] = part.loads(rules.reviews_each)
    return least, most


def _check_choices(field: Field, rules: Rules, out: Ints) -> None:
    """Everyone has as many works to choose from as they give, every work as many reviewers as it gets."""
    works, people = _reach(field, rules)
    works = works - np.bincount(out[:, 0], minlength=field.reviewers)
    people = people - np.bincount(out[:, 1], minlength=field.works)
    poor = np.flatnonzero(works < rules.reviews_each)
    if len(poor):
        raise Infeasible(Reason.TOO_FEW_WORKS, poor, each=rules.reviews_each, n=int(works[poor].min()))
    least = _loads(field, rules)[0]
    lone = np.flatnonzero(people < least)
    if len(lone):
        need, room = int(least[lone].sum()), int(people[lone].sum())
        raise Infeasible(Reason.WORKS_SHUT_OUT, works=lone, need=need, room=room)


def _reach(field: Field, rules: Rules) -> tuple[Ints, Ints]:
    """How many works groups leave to each reviewer, and reviewers to each work."""
    people, works = field.group_numbers
    if rules.groups is Groups.ANY:
        return np.full(field.reviewers, field.works), np.full(field.works, field.reviewers)
    count = int(max(people.max(), works.max())) + 2
    mine, made = (np.bincount(it + 1, minlength=count) for it in (people, works))
    if rules.groups is Groups.ONLY_SAME:
        return made[people + 1], mine[works + 1]
    mine[0] = made[0] = 0
    return field.works - made[people + 1], field.reviewers - mine[works + 1]


def _check_partners(field: Field, rules: Rules, work_of: Ints, out: Ints) -> None:
    """Where people review others one way only, each needs twice as many who may review them or be reviewed."""
    author = np.empty(field.works, np.int64)
    author[work_of] = np.arange(field.reviewers)
    there = out[:, 0] * field.works + author[out[:, 1]]
    back = author[out[:, 1]] * field.works + out[:, 0]
    never = out[is_among(there, back)]
    partners = _reach(field, rules)[0] - np.bincount(never[:, 0], minlength=field.reviewers)
    poor = np.flatnonzero(partners < 2 * rules.reviews_each)
    if len(poor):
        numbers: dict[str, Any] = {"least": 2 * rules.reviews_each, "n": int(partners[poor].min())}
        raise Infeasible(Reason.TOO_FEW_PARTNERS, poor, each=rules.reviews_each, **numbers)

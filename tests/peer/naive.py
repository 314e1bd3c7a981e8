"""What a plan breaks, counted by plain loops over people: the other opinion about certificates."""

from collections import Counter
from itertools import combinations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from assessments.peer.allocation.fields import Field, Groups, Rule, Rules


def always(examples):
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )


def rows(pairs):
    return [tuple(pair) for pair in pairs.tolist()]


def groups_of(field):
    """Of reviewers and works, None without one."""
    people = field.reviewer_groups or [None] * field.reviewers
    works = field.work_groups or [people[authors[0]] if authors else None for authors in field.authors]
    return people, works


def whom(field, pairs):
    return {(one, author) for one, work in pairs for author in field.authors[work] if author != one}


def in_rings(field, pairs, longest):
    """Edges a → b on a way b → … → a over others, in rings of 3 to `longest`."""
    edges = whom(field, pairs)
    after = {one: {b for a, b in edges if a == one} for one in range(field.reviewers)}

    def returns(start, here, steps, met):
        return any(
            (there == start and len(met) >= 2)
            or (
                there not in met
                and there != start
                and steps > 1
                and returns(start, there, steps - 1, {*met, there})
            )
            for there in after[here]
        )

    return sum(returns(a, b, longest - 1, {b}) for a, b in edges)


def uneven_strata(field, rules, pairs):
    people, works = groups_of(field)
    strata = field.strata or [None] * field.reviewers
    found = 0
    for work in range(field.works):
        fits = rules.groups is not Groups.ONLY_SAME
        mates = [one for one in range(field.reviewers) if fits or people[one] == works[work]]
        beside = sum(fits or works[other] == works[work] for other in range(field.works))
        mine = Counter(strata[one] for one, reviewed in pairs if reviewed == work)
        sizes = Counter(strata[one] for one in mates)
        shares = {it: size * rules.reviews_each / beside for it, size in sizes.items()}
        found += any(abs(mine[it] - share) >= 1 for it, share in shares.items())
    return found


def violations(field: Field, rules: Rules, pairs):
    """Rule → how often broken; of the same rules as in a certificate, asked for or not."""
    people, works = groups_of(field)
    given, received = Counter(one for one, _ in pairs), Counter(work for _, work in pairs)
    edges = whom(field, pairs)
    by = [{work for one, work in pairs if one == person} for person in range(field.reviewers)]
    wrong = {
        Groups.ANY: lambda mine, its: False,
        Groups.NEVER_SAME: lambda mine, its: mine is not None and mine == its,
        Groups.ONLY_SAME: lambda mine, its: mine != its,
    }[rules.groups]
    return {
        Rule.GIVES: sum(given[one] != rules.reviews_each for one in range(field.reviewers)),
        Rule.NOT_OWN: sum(one in field.authors[work] for one, work in set(pairs)),
        Rule.ONCE: len(pairs) - len(set(pairs)),
        Rule.GROUPS: sum(wrong(people[one], works[work]) for one, work in pairs),
        Rule.FORBIDDEN: sum(pair in rules.forbidden for pair in pairs),
        Rule.MUST: sum(pair not in pairs for pair in rules.must),
        Rule.NOT_MUTUAL: sum((b, a) in edges for a, b in edges) // 2,
        Rule.RINGS: in_rings(field, pairs, rules.longest_ring),
        Rule.OVERLAP: sum(len(one & other) > 1 for one, other in combinations(by, 2)),
        Rule.STRATA: uneven_strata(field, rules, pairs),
        Rule.RECEIVES: sum(
            not low <= received[work] <= high for work, (low, high) in shares(field, rules).items()
        ),
    }


def shares(field, rules):
    """Of each work, its even share rounded down and up."""
    people, works = groups_of(field)
    found = {}
    for work in range(field.works):
        alone = rules.groups is Groups.ONLY_SAME
        mates = sum(not alone or it == works[work] for it in people)
        beside = sum(not alone or it == works[work] for it in works)
        total = mates * rules.reviews_each
        found[work] = (total // beside, -(-total // beside))
    return found


@st.composite
def people(draw, least=3, most=26):
    """A class where everybody has one work, in groups and strata or not."""
    count = draw(st.integers(least, most))
    label = st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=count, max_size=count)
    groups, strata = draw(st.one_of(st.none(), label)), draw(st.one_of(st.none(), label))
    return Field.of_people(count, groups, strata)


@st.composite
def works_of_groups(draw):
    """Works by some people each, reviewers who made nothing, groups of all sizes."""
    reviewers = draw(st.integers(4, 24))
    sizes = draw(st.lists(st.integers(0, 4), min_size=3, max_size=10))
    authors, used = [], 0
    for size in sizes:
        size = min(size, reviewers - used)
        authors.append(tuple(range(used, used + size)))
        used += size
    strata = draw(st.one_of(st.none(), st.lists(st.integers(0, 2), min_size=reviewers, max_size=reviewers)))
    return Field(reviewers, tuple(authors), strata=strata)


@st.composite
def rules_for(draw, field, each=4):
    pair = st.tuples(st.integers(0, field.reviewers - 1), st.integers(0, field.works - 1))
    return Rules(
        draw(st.integers(1, each)),
        no_reciprocal=draw(st.booleans()),
        longest_ring=draw(st.sampled_from([0, 3, 3, 4])),
        overlap_at_most_one=draw(st.booleans()),
        groups=draw(st.sampled_from(Groups)) if field.reviewer_groups else Groups.ANY,
        spread=draw(st.booleans()),
        forbidden=draw(st.frozensets(pair, max_size=12)),
        must=draw(st.frozensets(pair, max_size=2)),
    )

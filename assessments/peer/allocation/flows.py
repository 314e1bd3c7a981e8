"""Whether a plan is possible at all, by maximum flow (Ford and Fulkerson 1956): where the flow is too small, the minimum cut
names who causes it. Loads, own work, groups, forbidden and must pairs are in it; that nobody reviews their reviewer is not,
which no flow can say.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from assessments.peer.allocation.fields import Field, Ints, Mask, Rules, Section, sections
from assessments.peer.allocation.preconditions import in_reach, shut_out
from assessments.peer.allocation.refusals import Infeasible, Reason

# Reviewers × works up to which all pairs are looked at: two thousand people.
MOST_CELLS = 4_000_000


def can_flow(field: Field) -> bool:
    return field.reviewers * field.works <= MOST_CELLS


def flow(field: Field, rules: Rules, random: np.random.Generator) -> Ints:
    """A plan (m × 2) that keeps all those rules; Infeasible with the people and works of the minimum cut."""
    return _flow(field, rules, shut_out(field, rules), random)


def one_way_flow(field: Field, rules: Rules, random: np.random.Generator) -> Ints:
    """A plan where works lie on a circle and everyone reviews less than half of it on from their own: nobody of one work
    reviews a reviewer of theirs. Infeasible where this circle does not do, which proves nothing.
    """
    out = np.concatenate([shut_out(field, rules), _behind(field, random)])
    return _flow(field, rules, out, random)


def _behind(field: Field, random: np.random.Generator) -> Ints:
    """Pairs of an author with the works half a circle on or more."""
    made = field.authorship[np.unique(field.authorship[:, 0], return_index=True)[1]]
    place = random.permutation(field.works)
    ahead = (place[None, :] - place[made[:, 1]][:, None]) % field.works
    author, work = np.nonzero(2 * ahead >= field.works)
    return np.column_stack([made[author, 0], work])


def _flow(field: Field, rules: Rules, out: Ints, random: np.random.Generator) -> Ints:
    plans = [_flow_in(_network(field, rules, part, out, random)) for part in sections(field, rules)]
    return np.concatenate([*plans, rules.must_pairs])


@dataclass(frozen=True)
class _Network:
    """Nodes: source, reviewers, works, the one through which works get one more than the least, sink."""

    reviewers: Ints
    works: Ints
    give: Ints
    least: Ints
    more: Ints
    spare: int
    pairs: Ints

    @property
    def extra(self) -> int:
        return 1 + len(self.reviewers) + len(self.works)

    def capacities(self) -> csr_array:
        people = 1 + np.arange(len(self.reviewers))
        works = 1 + len(people) + np.arange(len(self.works))
        sink = self.extra + 1
        ends = [
            (np.zeros_like(people), people, self.give),
            (people[self.pairs[:, 0]], works[self.pairs[:, 1]], np.ones(len(self.pairs), np.int64)),
            (works, np.full_like(works, sink), self.least),
            (works, np.full_like(works, self.extra), self.more),
            (np.array([self.extra]), np.array([sink]), np.array([self.spare])),
        ]
        rows, columns, values = (np.concatenate(it) for it in zip(*ends, strict=True))
        return csr_array((values.astype(np.int32), (rows, columns)), shape=(sink + 1, sink + 1))


def _network(field: Field, rules: Rules, part: Section, out: Ints, random: np.random.Generator) -> _Network:
    """In random order, so that the plan is as good as a draw."""
    people, works = random.permutation(part.reviewers), random.permutation(part.works)
    each, must = rules.reviews_each, rules.must_pairs
    low, _high = part.loads(each)
    given = np.bincount(must[:, 0], minlength=field.reviewers)[people]
    received = np.bincount(must[:, 1], minlength=field.works)[works]
    beyond = (received > low).astype(np.int64)
    spare = each * len(people) - low * len(works) - int(beyond.sum())
    more = np.minimum(1 - beyond, max(spare, 0))
    pairs = _open_pairs(field, rules, people, works, np.concatenate([out, must]))
    return _Network(people, works, each - given, np.maximum(low - received, 0), more, max(spare, 0), pairs)


def _open_pairs(field: Field, rules: Rules, people: Ints, works: Ints, out: Ints) -> Ints:
    """By place in `people` and `works`."""
    is_open = np.zeros((field.reviewers, field.works), bool)
    block = np.stack(np.meshgrid(people, works, indexing="ij"), axis=-1).reshape(-1, 2)
    is_open[block[:, 0], block[:, 1]] = in_reach(field, rules, block)
    is_open[out[:, 0], out[:, 1]] = False
    return np.argwhere(is_open[np.ix_(people, works)])


def _flow_in(network: _Network) -> Ints:
    capacities = network.capacities()
    result = maximum_flow(capacities, 0, network.extra + 1)
    if result.flow_value < network.give.sum():
        raise _refusal(network, capacities - result.flow)
    people, works = len(network.reviewers), len(network.works)
    used = result.flow[1 : people + 1, people + 1 : people + works + 1].tocoo()
    taken = used.data > 0
    return np.column_stack([network.reviewers[used.row[taken]], network.works[used.col[taken]]])


def _refusal(network: _Network, residual: csr_array) -> Infeasible:
    """The reached side of the cut has more to give than its works can take; told from the side with fewer in it."""
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = np.zeros(residual.shape[0], bool)
    reached[breadth_first_order(residual, 0, return_predecessors=False)] = True
    people = reached[1 : 1 + len(network.reviewers)]
    works = reached[1 + len(network.reviewers) : network.extra]
    if people.sum() + works.sum() <= (~people).sum() + (~works).sum():
        return _too_many_to_give(network, people, works)
    return _too_few_to_get(network, people, works)


def _too_many_to_give(network: _Network, people: Mask, works: Mask) -> Infeasible:
    room = _cut(network, people, works) - int(network.give[~people].sum())
    need = int(network.give[people].sum())
    named = network.reviewers[people], network.works[works]
    return Infeasible(Reason.REVIEWERS_SHUT_OUT, *named, n=int(people.sum()), need=need, room=room)


def _too_few_to_get(network: _Network, people: Mask, works: Mask) -> Infeasible:
    missing = int(network.give.sum()) - _cut(network, people, works)
    need = int(network.least[~works].sum())
    named = network.reviewers[~people], network.works[~works]
    return Infeasible(Reason.WORKS_SHUT_OUT, *named, need=need, room=max(need - missing, 0))


def _cut(network: _Network, people: Mask, works: Mask) -> int:
    """What flows at most: the value of the cut."""
    across = (people[network.pairs[:, 0]] & ~works[network.pairs[:, 1]]).sum()
    extra = min(int(network.more[works].sum()), network.spare)
    return int(network.give[~people].sum() + across + network.least[works].sum() + extra)

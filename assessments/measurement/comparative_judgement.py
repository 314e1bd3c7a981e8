"""Work put in order by many comparisons of two: which is the better? Bradley & Terry 1952.

Pairs are planned beforehand and by lot. Adaptive pairing is not offered: it makes reliability look high even where judges toss
coins (Bramley 2015), and orders no better.
"""

import random
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import cg

from assessments.measurement.arrays import Codes, Floats, Given, is_flat
from assessments.measurement.items import correlation
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

MOST_ROUNDS, SETTLED = 20_000, 1e-10
# What is needed before an order is shown (Kinnear et al. 2025, 101 sets of data).
LEAST_COMPARISONS, LEAST_RELIABILITY = 10, 0.8


def pair_design(items: int, each: int, *, seed: int) -> list[tuple[int, int]] | Undefined:
    """Pairs by lot, with every item in `each` of them, none twice; linked from two each on. Which stands first is by lot too.

    Items in a circle by lot, and pairs at chosen distances round it (a circulant design). Where items × each is odd, every item
    is in one more. Needs more items than `each`. The same seed, the same pairs. ValueError for each < 1.
    """
    if each < 1:
        raise ValueError("Every item is compared at least once.")
    if items * each % 2:
        each += 1
    if items <= each:
        return undefined(Reason.TOO_FEW, n=items, least=each + 1)
    lot = random.Random(seed)
    circle = lot.sample(range(items), items)
    steps = [1, *lot.sample(range(2, (items + 1) // 2), each // 2 - 1)] if each > 1 else []
    pairs = [(circle[place], circle[(place + step) % items]) for step in steps for place in range(items)]
    if each % 2:
        pairs += [(circle[place], circle[place + items // 2]) for place in range(items // 2)]
    pairs = [pair if lot.random() < 0.5 else pair[::-1] for pair in pairs]
    lot.shuffle(pairs)
    return pairs


@dataclass(frozen=True)
class BradleyTerry:
    """`measures`: θ of each item in logits, 0 on average; P(i before j) = 1/(1 + e^(θj − θi)). `errors`: their standard
    errors with the others held fast, as is usual for `reliability`: SSR, the share of the variance of measures that is not error.
    `compared`: how often each was. `information`: items × items, of the comparisons about the measures.
    """

    measures: tuple[Number, ...]
    errors: tuple[Number, ...]
    reliability: Number
    compared: tuple[int, ...]
    information: sparse.csr_array
    rounds: int

    @property
    def is_enough(self) -> bool:
        """Whether it may be shown as an order: ten comparisons of every item, and an SSR of 0.8."""
        if isinstance(self.reliability, Undefined):
            return False
        return min(self.compared) >= LEAST_COMPARISONS and self.reliability >= LEAST_RELIABILITY

    def error_of_difference(self, first: int, second: int) -> Number:
        """The standard error of θ of the first less θ of the second, with all others free too."""
        if not (self.compared[first] and self.compared[second]):
            return undefined(Reason.NO_DATA)
        apart = np.zeros(len(self.compared))
        apart[[first, second]] = 1, -1
        found, failed = cg(self.information, apart, rtol=1e-12, maxiter=MOST_ROUNDS)
        if failed:
            return undefined(Reason.NOT_CONVERGED, steps=MOST_ROUNDS)
        return float(np.sqrt(found[first] - found[second]))


def bradley_terry(
    winners: Given, losers: Given, items: int, *, virtual: bool = True
) -> BradleyTerry | Undefined:
    """`winners`, `losers`: vectors, one place a comparison: the numbers (0 … items − 1) of the two works. ValueError for others.

    By minorisation and maximisation: p_i = wins_i/Σ_j n_ij/(p_i + p_j), θ = ln p, until nothing moves (Zermelo 1929; Hunter
    2004). `virtual`: one win and one loss of each item against one of measure 0, so that what always won has a place too, all a
    little nearer to each other; without it maximum likelihood, which then has no answer. Items never compared have none.
    SSR = 1 − mean(error²)/variance (Pollitt 2012); it can be below 0.
    """
    table = _Table.read(winners, losers, items)
    if table.times.size == 0:
        return undefined(Reason.NO_DATA)
    if (groups := table.groups("weak")) > 1:
        return undefined(Reason.UNLINKED, groups=groups)
    if not virtual and table.groups("strong") > 1:
        return undefined(Reason.UNBEATEN)
    logs = np.zeros(items)
    for rounds in range(1, MOST_ROUNDS + 1):
        before, logs = logs, _improved(table, logs, virtual)
        if np.abs(logs - before).max() < SETTLED:
            return _described(table, logs, rounds, virtual)
    return undefined(Reason.NOT_CONVERGED, steps=MOST_ROUNDS)


def split_half(
    winners: Given,
    losers: Given,
    items: int,
    *,
    seed: int,
    judges: Given | None = None,
    splits: int = 20,
) -> Number:
    """How far two halves of the judges order the work alike: Pearson's r of the measures from either, the mean of splits by lot.

    `judges`: of each comparison, whose it was; without, comparisons are split. Of items in both halves. At least nine tenths of
    the splits must give a value. Half the comparisons say less than all, so it is on the low side; it is not stepped up.
    Source: Bisson et al. 2016. The same seed, the same value.
    """
    won, lost = (np.asarray(it).astype(np.intp) for it in (winners, losers))
    names, judge = np.unique(
        np.arange(won.size) if judges is None else np.asarray(judges), return_inverse=True
    )
    if names.size < 2:
        return undefined(Reason.ONE_RATER if names.size else Reason.NO_DATA)
    dice = np.random.default_rng(seed)
    found = []
    for _split in range(splits):
        half = dice.permutation(names.size)[judge] < names.size // 2
        one, other = (bradley_terry(won[part], lost[part], items) for part in (half, ~half))
        if isinstance(one, Undefined) or isinstance(other, Undefined):
            continue
        alike = correlation(_measures(one), _measures(other))
        if not isinstance(alike, Undefined):
            found.append(alike)
    if len(found) < 0.9 * splits:
        return undefined(Reason.UNSTABLE, n=len(found), draws=splits)
    return float(np.mean(found))


def judge_infit(found: BradleyTerry, winners: Given, losers: Given, judges: Given) -> dict[int, Number]:
    """By judge: Σ(1 − p)²/Σp·(1 − p) over that judge's comparisons, p the chance of the one who won; 1 on average, above 1
    for those who see it differently. `judges`: of each comparison, the number of whose it was. Source: Pollitt 2012.
    """
    won, lost, judge = (np.asarray(it).astype(np.intp) for it in (winners, losers, judges))
    measures = _measures(found)
    chance = 1 / (1 + np.exp(measures[lost] - measures[won]))
    squares = np.bincount(judge, weights=(1 - chance) ** 2)
    expected = np.bincount(judge, weights=chance * (1 - chance))
    return {int(one): float(squares[one] / expected[one]) for one in np.unique(judge)}


@dataclass(frozen=True)
class _Table:
    """Comparisons of `items` items, and each pair that was compared once (`first` < `second`), with how often."""

    winners: Codes
    losers: Codes
    first: Codes
    second: Codes
    times: Floats
    items: int

    @classmethod
    def read(cls, winners: Given, losers: Given, items: int) -> "_Table":
        won, lost = (np.asarray(it).astype(np.intp) for it in (winners, losers))
        if won.shape != lost.shape or won.ndim != 1:
            raise ValueError("Every comparison has a winner and a loser.")
        both = np.concatenate([won, lost])
        if (won == lost).any() or (both.size and (both.min() < 0 or both.max() >= items)):
            raise ValueError(f"Two different items, numbered from 0 to {items - 1}, are compared.")
        pairs, times = np.unique(np.minimum(won, lost) * items + np.maximum(won, lost), return_counts=True)
        return cls(won, lost, pairs // items, pairs % items, times.astype(np.float64), items)

    @property
    def compared(self) -> Codes:
        """How often each item was."""
        return np.bincount(np.concatenate([self.winners, self.losers]), minlength=self.items)

    def added(self, values: Floats) -> Floats:
        """Of values of pairs, the sum of each item's."""
        both, twice = np.concatenate([self.first, self.second]), np.tile(values, 2)
        return np.bincount(both, weights=twice, minlength=self.items).astype(np.float64)

    def groups(self, connection: Literal["weak", "strong"]) -> int:
        """How many among compared items: without a link between them (weak), or without chains of wins both ways (strong)."""
        graph = sparse.csr_array(
            (np.ones(self.winners.size), (self.winners, self.losers)), shape=(self.items, self.items)
        )
        _count, label = csgraph.connected_components(graph, directed=True, connection=connection)
        return np.unique(label[self.compared > 0]).size


def _improved(table: _Table, logs: Floats, virtual: bool) -> Floats:
    """One round for all items at once."""
    strength = np.exp(logs)
    there = table.compared > 0
    wins = np.bincount(table.winners, minlength=table.items).astype(np.float64)
    met = table.added(table.times / (strength[table.first] + strength[table.second]))
    if virtual:
        wins, met = wins + 1, met + 2 / (strength + 1)
    fresh = np.zeros(table.items)
    fresh[there] = np.log(wins[there] / met[there])
    if not virtual:
        fresh[there] -= fresh[there].mean()
    return fresh


def _described(table: _Table, logs: Floats, rounds: int, virtual: bool) -> BradleyTerry:
    there = table.compared > 0
    chance = 1 / (1 + np.exp(logs[table.second] - logs[table.first]))
    weight = table.times * chance * (1 - chance)
    own = table.added(weight)
    if virtual:
        average = 1 / (1 + np.exp(-logs))
        own = own + 2 * average * (1 - average) * there
    across = sparse.csr_array((weight, (table.first, table.second)), shape=(table.items, table.items))
    information = sparse.csr_array(sparse.diags_array(own) - across - across.T)
    errors = np.full(table.items, np.nan)
    errors[there] = 1 / np.sqrt(own[there])
    measures = np.where(there, logs - logs[there].mean(), np.nan)
    return BradleyTerry(
        _or_why(measures),
        _or_why(errors),
        _reliability(measures[there], errors[there]),
        tuple(table.compared.tolist()),
        information,
        rounds,
    )


def _reliability(measures: Floats, errors: Floats) -> Number:
    if is_flat(measures):
        return undefined(Reason.NO_SPREAD)
    return float(1 - (errors**2).mean() / measures.var(ddof=1))


def _measures(found: BradleyTerry) -> Floats:
    """NaN where there is none."""
    return np.array([np.nan if isinstance(it, Undefined) else it for it in found.measures])


def _or_why(values: Floats) -> tuple[Number, ...]:
    none = undefined(Reason.NO_DATA)
    return tuple(value if value == value else none for value in values.tolist())

"""How far marks would come out the same with other stations and other examiners: generalizability theory (Brennan 2001).

One letter a facet, as Brennan writes them: p candidates (what is measured), s stations, i items, o occasions, r examiners.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assessments.measurement.arrays import Codes, Floats, Given, is_flat, numbered, vector
from assessments.measurement.undefined import Number, Reason, Undefined, undefined

OBJECT = "p"


@dataclass(frozen=True)
class Design:
    """`effects`: name to the letters of its facets, nesting ones included (r:s has the letters r and s)."""

    name: str
    facets: str
    effects: Mapping[str, str]

    def within(self, effect: str) -> list[str]:
        """The effects whose facets are all among this one's, itself left out."""
        own = set(self.effects[effect])
        return [name for name, letters in self.effects.items() if set(letters) < own]

    def nesting(self, letter: str) -> str:
        """The facets a facet is nested in: s for the examiners of p × (r:s)."""
        own = min((letters for letters in self.effects.values() if letter in letters), key=len)
        return own.replace(letter, "")


P_BY_S = Design("p × s", "ps", {"p": "p", "s": "s", "ps": "ps"})
P_BY_I = Design("p × i", "pi", {"p": "p", "i": "i", "pi": "pi"})
P_BY_I_BY_O = Design(
    "p × i × o",
    "pio",
    {"p": "p", "i": "i", "o": "o", "pi": "pi", "po": "po", "io": "io", "pio": "pio"},
)
P_BY_R_BY_S = Design(
    "p × r × s",
    "prs",
    {"p": "p", "r": "r", "s": "s", "pr": "pr", "ps": "ps", "rs": "rs", "prs": "prs"},
)
P_BY_R_IN_S = Design(
    "p × (r:s)", "prs", {"p": "p", "s": "s", "r:s": "rs", "ps": "ps", "pr:s": "prs"}
)  # examiners are others at every station

ALONE = {"s": Reason.ONE_STATION, "i": Reason.ONE_ITEM, "r": Reason.ONE_EXAMINER, "o": Reason.ONE_OCCASION}


@dataclass(frozen=True)
class Component:
    """A variance component in squared marks. A negative `estimate` stays to be shown; what is computed with is `used`, then 0."""

    effect: str
    estimate: float
    df: int
    sum_of_squares: float

    @property
    def used(self) -> float:
        return max(self.estimate, 0.0)

    @property
    def was_negative(self) -> bool:
        return self.estimate < 0

    @property
    def mean_square(self) -> Number:
        return self.sum_of_squares / self.df if self.df > 0 else undefined(Reason.CONFOUNDED)


@dataclass(frozen=True)
class DStudy:
    """What to expect with `conditions` (n′ of each facet). Variances are of the mean mark, in squared marks; SEMs in marks."""

    conditions: Mapping[str, float]
    universe_score_variance: float
    relative_error_variance: float
    absolute_error_variance: float

    @property
    def generalizability(self) -> Number:
        """Eρ²: for who is better than whom."""
        return _share(self.universe_score_variance, self.relative_error_variance)

    @property
    def dependability(self) -> Number:
        """Φ: for who is above a mark that was set."""
        return _share(self.universe_score_variance, self.absolute_error_variance)

    @property
    def sem_relative(self) -> float:
        return float(np.sqrt(self.relative_error_variance))

    @property
    def sem_absolute(self) -> float:
        return float(np.sqrt(self.absolute_error_variance))


@dataclass(frozen=True)
class GStudy:
    """Variance components of a design. `conditions`: n of each facet but p as observed, harmonic means where they differ.

    `parts`: of each effect but p, the share of its variance that is left in the mean of a candidate's ratings (1/n where n
    conditions weigh the same), averaged over candidates. `is_complete`: every cell there and as many examiners at every station.
    If not, the components come from the analogous analysis of variance (Henderson's method I; Brennan 2001, ch. 7), whose sums
    of squares may be below 0.
    """

    design: Design
    components: Mapping[str, Component]
    conditions: Mapping[str, float]
    parts: Mapping[str, float]
    candidates: int
    is_complete: bool

    @property
    def observed(self) -> DStudy:
        """Of the mean of each candidate's ratings, as they were."""
        return self._mean_of(self.conditions, self.parts)

    def d_study(self, **conditions: float) -> DStudy:
        """n′ for each facet but p, by letter: `d_study(s=12, r=1)`; of a nested facet, those within one of the nesting.

        Raises ValueError for letters that are missing, unknown or below 1. Brennan 2001, sections 1.2 and 4.1.
        """
        wanted = set(self.design.facets) - {OBJECT}
        if set(conditions) != wanted or not all(1 <= n < np.inf for n in conditions.values()):
            raise ValueError(f"A number from 1 is needed for each of {', '.join(sorted(wanted))}.")
        return self._mean_of(dict(conditions), _parts(self.design, conditions))

    def _mean_of(self, conditions: Mapping[str, float], parts: Mapping[str, float]) -> DStudy:
        errors = {effect: part * self.components[effect].used for effect, part in parts.items()}
        relative = sum(error for effect, error in errors.items() if OBJECT in self.design.effects[effect])
        return DStudy(conditions, self.components[OBJECT].used, relative, sum(errors.values()))


def _parts(design: Design, conditions: Mapping[str, float]) -> dict[str, float]:
    return {
        effect: 1 / float(np.prod([conditions[letter] for letter in letters.replace(OBJECT, "")]))
        for effect, letters in design.effects.items()
        if letters != OBJECT
    }


def g_study(design: Design, scores: Given) -> GStudy | Undefined:
    """Variance components of an array with an axis for each of `design.facets`, in that order; NaN where nobody marked.

    p × s takes candidates × stations; p × (r:s) takes candidates × examiners' places × stations. Raises ValueError for another
    number of axes or an infinite value. Source: Brennan 2001, ch. 3 (balanced), ch. 7 (gaps).
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != len(design.facets):
        raise ValueError(f"An axis for each of {', '.join(design.facets)} is needed, not {array.ndim}.")
    there = np.nonzero(~np.isnan(array))
    return g_study_of_ratings(design, array[there], dict(zip(design.facets, there, strict=True)))


def g_study_of_ratings(design: Design, scores: Given, levels: Mapping[str, Any]) -> GStudy | Undefined:
    """The same of single ratings: scores (N), and for each facet's letter which of its conditions each is of (N).

    Examiners that are nested may be named anew at each station, or not. Ratings of NaN are left out. Raises ValueError for other
    letters or lengths, and for two ratings of one cell: average them, or make what differs between them a facet.
    """
    marks = vector(scores)
    given = {letter: np.asarray(levels[letter]) for letter in design.facets if letter in levels}
    if set(levels) != set(design.facets) or any(array.shape != marks.shape for array in given.values()):
        raise ValueError(f"As many conditions as scores are needed for each of {', '.join(design.facets)}.")
    there = ~np.isnan(marks)
    marks = marks[there]
    if marks.size == 0:
        return undefined(Reason.NO_DATA)
    codes = {letter: numbered(array[there])[1] for letter, array in given.items()}
    for letter in design.facets:
        n = int(codes[letter].max()) + 1
        if n < 2:
            return undefined(ALONE[letter]) if letter in ALONE else undefined(Reason.TOO_FEW, n=n, least=2)
    if is_flat(marks):
        return undefined(Reason.NO_SPREAD)
    cells = _Cells(codes, marks.size)
    if cells.sizes(design.facets).size < marks.size:
        raise ValueError("There are two ratings of one cell.")
    # The analogous T of Brennan 2001, 7.1: of deviations from the mean, so that little is lost to rounding.
    deviations = marks - marks.mean()
    effects = ["", *design.effects.values()]
    squares = np.array([cells.t(effect, deviations) for effect in effects])
    coefficients = np.array([[cells.coefficient(one, other) for other in effects] for one in effects])
    counts = {effect: cells.sizes(letters).size for effect, letters in design.effects.items()}
    candidates = cells.sizes(OBJECT).size
    conditions, most = {}, 1
    for letter in design.facets.replace(OBJECT, ""):
        nesting = OBJECT + design.nesting(letter)
        numbers = np.bincount(cells.owners(letter + nesting, nesting))
        conditions[letter] = float(numbers.size / (1 / numbers).sum())
        most *= int(numbers.max())
    is_complete = cells.sizes(design.facets.replace(OBJECT, "")).size == most == marks.size / candidates
    parts = {effect: cells.part(letters) for effect, letters in design.effects.items() if letters != OBJECT}
    components = _solved(design, squares, coefficients, counts)
    if isinstance(components, Undefined):
        return components
    return GStudy(design, components, conditions, parts, candidates, is_complete)


def g_study_of_anova(
    design: Design, *, sizes: Mapping[str, int], sums_of_squares: Mapping[str, float]
) -> GStudy | Undefined:
    """The same of a published analysis of variance: n of each facet by letter (nested: within one), SS of each effect by name.

    Raises ValueError for other letters or names. Source: Brennan 2001, section 3.4, the expected mean squares.
    """
    if set(sizes) != set(design.facets) or set(sums_of_squares) != set(design.effects):
        raise ValueError("A size is needed for each facet, and a sum of squares for each effect.")
    if not np.isfinite(list(sums_of_squares.values())).all():
        raise ValueError("Sums of squares are finite numbers.")
    for letter in design.facets:
        if sizes[letter] < 2:
            return undefined(ALONE.get(letter, Reason.TOO_FEW), n=sizes[letter], least=2)
    if sum(sums_of_squares.values()) <= 0:
        return undefined(Reason.NO_SPREAD)

    def number(letters: set[str]) -> int:
        return int(np.prod([sizes[letter] for letter in letters], dtype=np.int64))

    total = number(set(design.facets))
    facets = [set[str](), *(set(letters) for letters in design.effects.values())]
    coefficients = np.array(
        [[total * number(one) / number(one | other) for other in facets] for one in facets]
    )
    squares = np.array(
        [0.0]
        + [
            sum(sums_of_squares[part] for part in [effect, *design.within(effect)])
            for effect in design.effects
        ]
    )
    counts = {effect: number(set(letters)) for effect, letters in design.effects.items()}
    conditions = {letter: float(sizes[letter]) for letter in design.facets if letter != OBJECT}
    components = _solved(design, squares, coefficients, counts)
    if isinstance(components, Undefined):
        return components
    return GStudy(design, components, conditions, _parts(design, conditions), sizes[OBJECT], True)


def _solved(
    design: Design, squares: Floats, coefficients: Floats, counts: Mapping[str, int]
) -> dict[str, Component] | Undefined:
    """E T(α) = N·μ² + Σ_β k(α, β)·σ²_β, one equation for the mean and each effect, solved for the components."""
    scaled = coefficients / coefficients.max(axis=0)
    if np.linalg.matrix_rank(scaled, tol=1e-9) < len(scaled):
        return undefined(Reason.CONFOUNDED)
    found = np.linalg.solve(scaled, squares) / coefficients.max(axis=0)
    noise = 1e-12 * float(squares.max())
    sums: dict[str, float] = {}
    df: dict[str, int] = {}
    components = {}
    for place, effect in enumerate(design.effects, start=1):
        inner = design.within(effect)
        sums[effect] = float(squares[place] - squares[0]) - sum(sums[part] for part in inner)
        df[effect] = counts[effect] - 1 - sum(df[part] for part in inner)
        estimate = float(found[place]) if abs(found[place]) > noise else 0.0
        components[effect] = Component(effect, estimate, df[effect], sums[effect])
    return components


class _Cells:
    """Which ratings share their conditions of some facets: effects are given by their letters, "" is all ratings together."""

    def __init__(self, codes: Mapping[str, Codes], ratings: int) -> None:
        self.ratings = ratings
        self.codes: dict[frozenset[str], Codes] = {frozenset(): np.zeros(ratings, dtype=np.intp)}
        self.codes |= {frozenset(letter): code for letter, code in codes.items()}

    def of(self, letters: str) -> Codes:
        """The number of each rating's cell, from 0 without gaps."""
        facets = frozenset(letters)
        if facets not in self.codes:
            first, *rest = sorted(facets)
            others = self.of("".join(rest))
            joined = self.codes[frozenset(first)] * (int(others.max()) + 1) + others
            self.codes[facets] = numbered(joined)[1]
        return self.codes[facets]

    def sizes(self, letters: str) -> Codes:
        """How many ratings each cell has."""
        return np.bincount(self.of(letters))

    def owners(self, letters: str, of: str) -> Codes:
        """For each cell of an effect, the cell of the other it is in; the letters of the other are among its own."""
        cells = self.of(letters)
        owner = np.zeros(int(cells.max()) + 1, dtype=np.intp)
        owner[cells] = self.of(of)
        return owner

    def t(self, letters: str, marks: Floats) -> float:
        """T(α): over the cells of an effect, the squared sum of each over how many ratings it has."""
        return float((np.bincount(self.of(letters), weights=marks) ** 2 / self.sizes(letters)).sum())

    def coefficient(self, one: str, other: str) -> float:
        """k(α, β): how often σ²_β is in E T(α). Over the cells of α, Σ_β n²_αβ over n_α."""
        if set(other) <= set(one):
            return float(self.ratings)
        number = self.sizes(one + other)
        return float((number**2 / self.sizes(one)[self.owners(one + other, one)]).sum())

    def part(self, letters: str) -> float:
        """How much of an effect's variance the mean of a candidate's ratings keeps, averaged over candidates."""
        both = letters + OBJECT
        share = self.sizes(both) / self.sizes(OBJECT)[self.owners(both, OBJECT)]
        return float((share**2).sum() / self.sizes(OBJECT).size)


def _share(universe: float, error: float) -> Number:
    if universe <= 0:
        return undefined(Reason.NOT_POSITIVE)
    return universe / (universe + error)

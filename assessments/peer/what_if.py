"""What other ways to a grade would give, beside the one that counts. It changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from assessments.measurement import peer_grades
from assessments.measurement.decision_confidence import reviewer_differences, stability
from assessments.measurement.random_effects import random_effects
from assessments.measurement.undefined import Number, Undefined
from assessments.peer import grading
from assessments.peer.grading import Score
from assessments.peer.models import PeerActivity

SEED = 1  # the same page twice says the same


@dataclass(frozen=True)
class WhatIf:
    """`methods`: names of the ways to a grade; `counting`: the place of the one that counts.

    By submission: `grades` by each of them; what it comes to where strict reviewers are `told_apart` from weak work; and how
    `stable` it is: the share of draws of other reviewers that leave it on its side of the pass mark. Where one of these cannot
    be told at all, `why` says so.
    """

    methods: list[str]
    counting: int
    grades: Mapping[int, list[Number]]
    told_apart: Mapping[int, Number]
    stable: Mapping[int, Number]
    why: list[str]


def of(peer: PeerActivity) -> WhatIf:
    by_work = grading.scores(peer)
    works = sorted(by_work)
    places = [(place, row) for place, work in enumerate(works) for row in by_work[work]]
    at = [place for place, _row in places]
    scores = [row.per_cent for _place, row in places]
    who = _reviewers(peer, [row for _place, row in places])
    effects = random_effects(at, who, scores)
    stable = _stable(peer, by_work, works, reviewer_differences(at, who, scores))
    why = [row.sentence for row in (effects, stable) if isinstance(row, Undefined)]
    return WhatIf(
        methods=[_("Mean"), _("Median"), _("Trimmed mean"), _("Teachers count more")],
        counting=list(grading.METHODS).index(PeerActivity.Scoring(peer.scoring)),
        grades=_by_every_method(peer, places, works),
        told_apart={} if isinstance(effects, Undefined) else dict(zip(works, effects.works, strict=True)),
        stable={} if isinstance(stable, Undefined) else stable,
        why=why,
    )


def _by_every_method(
    peer: PeerActivity, places: Sequence[tuple[int, Score]], works: Sequence[int]
) -> dict[int, list[Number]]:
    now = grading.scheme(peer)
    by_method = [
        peer_grades.grades(
            [place for place, _row in places],
            [row.per_cent for _place, row in places],
            staff=[row.is_staff for _place, row in places],
            count=len(works),
            scheme=replace(now, method=method),
        )
        for method in grading.METHODS.values()
    ]
    return {work: [found[place].grade for found in by_method] for place, work in enumerate(works)}


def _stable(
    peer: PeerActivity,
    by_work: Mapping[int, Sequence[Score]],
    works: Sequence[int],
    differences: object,
) -> dict[int, Number] | Undefined:
    if isinstance(differences, Undefined):
        return differences
    scheme = grading.scheme(peer)
    grades = grading.work_grades(peer, by_work)
    return {
        work: grade
        if isinstance(grade := grades[work].grade, Undefined)
        else stability(
            grade,
            [row.is_staff for row in by_work[work]],
            differences,  # type: ignore[arg-type]
            seed=SEED + place,
            scheme=scheme,
        )
        for place, work in enumerate(works)
    }


def _reviewers(peer: PeerActivity, given: Sequence[Score]) -> list[int]:
    """Of each review a number for who wrote it, a teacher or a peer."""
    rows = peer.reviews.of_peers().done().values_list("pk", "reviewer", "staff")
    who = {pk: (reviewer, staff) for pk, reviewer, staff in rows}
    numbers: dict[tuple[int | None, int | None], int] = {}
    return [numbers.setdefault(who[row.review], len(numbers)) for row in given]

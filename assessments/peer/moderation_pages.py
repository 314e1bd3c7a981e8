"""What the pages of one review, one work, one report and one concern show to those who teach."""

from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _

from assessments.marking.models import MarkSheet
from assessments.peer import moderating, moderation_queue, names, reviewing
from assessments.peer.models import ConductConcern, PeerActivity, Report, Review, Submission, Unmasking
from assessments.peer.permissions import can_decide
from assessments.peer.words import screening
from assessments.rubrics.outline import by_kind, outline
from lti_tool.port import Launch


def of_review(launch: Launch, peer: PeerActivity, review: Review) -> dict[str, Any]:
    """Its words by step, its sheet criterion by criterion, and all that was decided on it."""
    is_unmasked = not peer.is_masked or moderating.is_unmasked(review, launch.person)
    reviewer, author = names.staff_names(review, is_unmasked=is_unmasked)
    sheet = MarkSheet.objects.whole().get(pk=review.sheet_id) if review.sheet_id else None
    score = None if review.per_cent is None else review.per_cent / 100
    risk = screening.risk(moderation_queue.written(review), score=score)
    return {
        "activity": peer.activity,
        "peer": peer,
        "review": review,
        "reviewer": reviewer,
        "author": author,
        "is_unmasked": is_unmasked,
        "unmaskings": list(review.unmaskings.select_related("by").order_by("-pk")),
        "words": [
            (step, review.words[step.key]) for step in reviewing.steps(review) if review.words.get(step.key)
        ],
        "sheet": sheet,
        "outline": outline(_fields(sheet), itemgetter(0)) if sheet else None,
        "given": by_kind(sheet.statements.all()) if sheet else {},
        "worries": list(dict.fromkeys(worry.sentence for worry in risk.reasons)),
        "answers": list(review.responses.all()),
        "reports": _reports(review.reports.select_related("by__person", "settled_by"), is_unmasked),
        "outcomes": outcomes(has_files=False),
        "sample": getattr(review, "sample", None),
        "anchors": anchors(),
        "can_decide": can_decide(launch),
    }


def of_work(launch: Launch, peer: PeerActivity, work: Submission) -> dict[str, Any]:
    """What was handed in. Its authors only where reviewers read them too, or once somebody said why they need to know."""
    work.peer = peer
    mine = set(
        Unmasking.objects.filter(review__submission=work, by=launch.person).values_list("review", flat=True)
    )
    rows = list(
        work.reviews.of_peers()
        .exclude(state=Review.State.CANCELLED)
        .whole()
        .select_related("staff")
        .order_by("key")
    )
    for row in rows:
        row.peer, row.submission = peer, work
    shows_authors = not peer.hides_authors or bool(mine)
    return {
        "activity": peer.activity,
        "peer": peer,
        "submission": work,
        "name": names.authors_of(work) if shows_authors else names.staff_work_name(work),
        "shows_authors": shows_authors,
        "files": [row for row in work.files.all() if row.removed_at is None],
        "removed": [row for row in work.files.select_related("removed_by") if row.removed_at is not None],
        "reviews": [(row, names.staff_names(row, is_unmasked=row.pk in mine)[0]) for row in rows],
        "own": next((row for row in rows if row.staff_id == launch.person.pk), None),
        "is_author": is_author(launch, work),
        "reports": _reports(work.reports.select_related("by__person", "settled_by"), not peer.is_masked),
        "outcomes": outcomes(has_files=True),
    }


def of_report(peer: PeerActivity, report: Report) -> dict[str, Any]:
    [(row, by)] = _reports([report], not peer.is_masked)
    return {
        "activity": peer.activity,
        "peer": peer,
        "report": row,
        "by": by,
        "outcomes": outcomes(has_files=report.submission_id is not None),
    }


def of_concern(launch: Launch, peer: PeerActivity, concern: ConductConcern) -> dict[str, Any]:
    is_unmasked = not peer.is_masked or _has_unmasked(launch, concern)
    return {
        "activity": peer.activity,
        "peer": peer,
        "concern": concern,
        "by": said_by(concern, is_unmasked=is_unmasked),
        "is_unmasked": is_unmasked,
    }


def said_by(row: Report | ConductConcern, *, is_unmasked: bool) -> str:
    """Who reported it: their name would tell whose work it is, or who reviews it."""
    if is_unmasked:
        return row.by.display_name if row.by else _("somebody who is not there any more")
    return _("the author of the work") if row.review_id else _("somebody who reviews the work")


def is_author(launch: Launch, work: Submission) -> bool:
    return any(row.person_id == launch.person.pk for row in work.authors.all())


def outcomes(*, has_files: bool) -> list[tuple[str, str]]:
    """What can be done about a report. A review has no files that could be removed."""
    return [
        (value, str(label))
        for value, label in Report.Outcome.choices
        if has_files or value != Report.Outcome.REMOVED
    ]


def anchors() -> list[tuple[int, str]]:
    """QuAL's evidence (Chan 2020), in our words."""
    return [
        (0, _("Nothing is written that somebody could use.")),
        (1, _("Something is written, but not what was seen or heard.")),
        (2, _("It says what they did, but not in which moment or with whom.")),
        (3, _("It says what they did, and in which moment or with which patient.")),
    ]


def _has_unmasked(launch: Launch, concern: ConductConcern) -> bool:
    if concern.review_id:
        return concern.review is not None and moderating.is_unmasked(concern.review, launch.person)
    rows = Unmasking.objects.filter(by=launch.person, review__submission=concern.submission_id)
    return rows.filter(review__reviewer=concern.by_id).exists()


def _reports(rows: Any, is_unmasked: bool) -> list[tuple[Report, str]]:
    return [(row, said_by(row, is_unmasked=is_unmasked)) for row in rows]


def _fields(sheet: MarkSheet) -> list[tuple[Any, Any]]:
    marks = {mark.criterion_id: mark for mark in sheet.marks.all()}
    return [(criterion, marks.get(criterion.pk)) for criterion in sheet.rubric.criteria.all()]

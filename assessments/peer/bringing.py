"""A Moodle Workshop's set-up becomes this round's: what is taken over is shown first, and kept only then."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.peer import setting
from assessments.peer.models import TEXT_MAX, PeerActivity
from assessments.peer.workshop_import.workshops import Asked, Criterion, WorkshopSetup
from assessments.rubrics import drafting, publishing
from assessments.rubrics.models import TEXT_MAX as RUBRIC_TEXT_MAX
from assessments.rubrics.models import TITLE_MAX, Rubric
from assessments.rubrics.wording import CriterionWording, Kind, LevelWording, RubricWording

Brought = dict[str, Any]
SALT = "assessments.peer.bringing"
A_DAY = 24 * 60 * 60


def read(setup: WorkshopSetup) -> tuple[Brought, list[str]]:
    """What would be taken over, as plain values; and what cannot be, in sentences."""
    now = timezone.now()
    dates = {"submit_until": setup.submissions_until, "review_until": setup.reviews_until}
    left = list(setup.not_brought)
    if any(at is not None and at <= now for at in dates.values()):
        left.append(_("The workshop's dates are over, so they are not taken. Choose new ones."))
        dates = {}
    instructions = "\n\n".join(part for part in (setup.description, setup.for_authors) if part)
    if len(instructions) > TEXT_MAX:
        left.append(_("The instructions are very long: only their beginning is taken."))
    texts = [setup.for_reviewers, *(row.description for row in setup.criteria)]
    if any(len(text) > RUBRIC_TEXT_MAX for text in texts):
        left.append(_("Some descriptions are very long: only their beginning is taken."))
    if setup.for_reviewers:
        left.append(_("What reviewers were told becomes the description of the form."))
    if setup.conclusion:
        left.append(_("The words at the end of the workshop are not taken: there is no place for them."))
    if setup.file_types:
        left.append(_("Which kinds of files may be handed in is the same in every round here."))
    brought = {
        "title": setup.title[:TITLE_MAX],
        "instructions": instructions[:TEXT_MAX],
        "form": setup.for_reviewers,
        "criteria": [_plain(row) for row in setup.criteria],
        "takes_text": setup.text != Asked.NO,
        "takes_files": setup.files != Asked.NO,
        "takes_late": setup.takes_late_work,
        "self_assesses": setup.has_self_assessment,
        "dates": {name: at.isoformat() for name, at in dates.items() if at},
    }
    return brought, left


def seal(brought: Brought, peer: PeerActivity) -> str:
    """So that it can be carried by the page that shows it, and comes back as it was."""
    return signing.dumps(brought, salt=f"{SALT}:{peer.activity.key}", compress=True)


def unseal(sealed: str, peer: PeerActivity) -> Brought:
    try:
        found: Brought = signing.loads(sealed, salt=f"{SALT}:{peer.activity.key}", max_age=A_DAY)
    except signing.BadSignature:
        raise ValidationError(
            _("This preview is too old. Nothing was kept; please choose the backup once more.")
        ) from None
    return found


@transaction.atomic
def bring(*, peer: PeerActivity, brought: Brought, by: Any) -> PeerActivity:
    """The form as a published rubric of the course, and the settings. All of it or, with a ValidationError, nothing."""
    rubric = _rubric(peer, brought, by) if brought["criteria"] else peer.activity.rubric
    assert rubric is not None
    peer.mode = PeerActivity.Mode.WORK
    for name in ("instructions", "takes_text", "takes_files", "takes_late", "self_assesses"):
        setattr(peer, name, brought[name])
    for name, at in brought["dates"].items():
        setattr(peer, name, datetime.fromisoformat(at))
    peer.activity.title = brought["title"]
    peer.activity.save(update_fields=["title"])
    return setting.change(peer=peer, rubric=rubric, by=by)


def _rubric(peer: PeerActivity, brought: Brought, by: Any) -> Rubric:
    wording = RubricWording(
        brought["title"],
        _cut(brought["form"]),
        tuple(_wording(row) for row in brought["criteria"]),
    )
    draft = drafting.start(context=peer.activity.context, by=by, wording=wording)
    return publishing.publish(rubric=draft, by=by)


def _plain(criterion: Criterion) -> Brought:
    return {
        "title": criterion.title,
        "description": criterion.description,
        "weight": str(criterion.weight),
        "levels": [[row.title, str(row.points), row.description] for row in criterion.levels],
    }


def _wording(row: Brought) -> CriterionWording:
    levels = _told_apart(row["levels"])
    return CriterionWording(
        row["title"],
        tuple(LevelWording(title, points, _cut(more)) for title, points, more in levels),
        description=_cut(row["description"]),
        weight=Decimal(row["weight"]),
        kind=Kind.RATING,
    )


def _told_apart(levels: list[list[str]]) -> list[list[str]]:
    """Moodle's levels may have the same words; here each says how many points it gives, where they would."""
    titles = [title.casefold() for title, _points, _more in levels]
    return [
        [
            f"{title[: TITLE_MAX - 12]} ({points})" if titles.count(title.casefold()) > 1 else title,
            points,
            more,
        ]
        for title, points, more in levels
    ]


def _cut(text: str) -> str:
    return text if len(text) <= RUBRIC_TEXT_MAX else f"{text[: RUBRIC_TEXT_MAX - 1]}…"

"""Giving out a file of somebody's work: to its authors, its reviewers, and staff. Its address says nothing of any of them."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from assessments.peer.finding import me, visitor
from assessments.peer.models import Participant, WorkFile
from assessments.peer.permissions import can_look_after, is_author
from lti_tool.port import launch_required


@require_GET
@launch_required
def file(http: HttpRequest, key: UUID, file_key: UUID, name: str) -> Any:
    """Always as a download, never in the page, and never under its author's name for it."""
    launch, peer = visitor(http, key)
    rows = WorkFile.objects.filter(submission__peer=peer, removed_at=None).select_related("submission")
    found = get_object_or_404(rows, key=file_key)
    if name != found.public_name or not _may_open(found, me(launch, peer), can_look_after(launch)):
        raise Http404
    answer = FileResponse(found.content.open("rb"), as_attachment=True, filename=found.public_name)
    answer["Content-Type"] = found.media_type
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _may_open(file: WorkFile, mine: Participant | None, looks_after: bool) -> bool:
    submission = file.submission
    if looks_after or is_author(mine, submission):
        return True
    if mine is None or submission.hidden_at:
        return False
    own = submission.reviews.live()
    return own.filter(reviewer=mine).exists() or bool(
        mine.group_id and own.filter(reviewer=None, group=mine.group_id).exists()
    )

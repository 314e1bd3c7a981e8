"""Who may hand in, review, read and look after a peer round. Which rounds there are: PeerActivity.objects.visible_to."""

from assessments.peer.models import Participant, PeerActivity, Review, Submission
from lti_tool.port import Launch, Role

STAFF = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}


def can_look_after(launch: Launch) -> bool:
    """See everybody's progress and the reviews, and act on reports."""
    return launch.role in STAFF


def can_set_up(launch: Launch) -> bool:
    return launch.role in {Role.INSTRUCTOR, Role.DESIGNER}


def can_decide(launch: Launch) -> bool:
    """Draw, release, override, unmask: the course's teachers."""
    return launch.role == Role.INSTRUCTOR


def can_take_part(launch: Launch) -> bool:
    return launch.is_learner


def is_lead(launch: Launch, peer: PeerActivity) -> bool:
    """Who alone reads concerns about professional conduct. Without a name it is any teacher."""
    return launch.role == Role.INSTRUCTOR and peer.lead_id in (None, launch.person.pk)


def is_author(participant: Participant | None, submission: Submission) -> bool:
    return participant is not None and any(row.pk == participant.pk for row in submission.authors.all())


def is_reviewer(participant: Participant | None, review: Review) -> bool:
    """Also each member of a group that reviews, until one of them has begun."""
    if participant is None:
        return False
    if review.reviewer_id:
        return review.reviewer_id == participant.pk
    return review.group_id is not None and review.group_id == participant.group_id

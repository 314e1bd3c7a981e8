"""What stands around the sheet of a review, and who does not open it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.marking.models import MarkSheet
from assessments.marking.surroundings import Surroundings
from assessments.peer import moderating, names
from assessments.peer.models import Review
from lti_tool.port import Launch


def surroundings(sheet: MarkSheet, launch: Launch) -> Surroundings | None:
    review = review_of(sheet)
    if review is None:
        return None
    is_here = review.peer.activity.resource_link_id == launch.resource_link.pk
    page = _page(review, launch) if is_here else ""
    return Surroundings(
        subject=_subject(review, launch),
        template="peer/_sheet_head.html",
        context={"review": review, "subject": _subject(review, launch)},
        back_url=page,
        back_words=_("Back to the work and your words"),
        done_url=f"{page or reverse('activities:start')}?done=handed_in",
        submit_words=_("Hand in"),
        comment_hint=_comment_hint(review),
    )


def shield(launch: Launch, sheet: MarkSheet) -> str:
    """Why a teacher does not open the sheet: it would say who reviewed whom, and they have not said yet why they need to know."""
    if sheet.assigned_to_id in (None, launch.person.pk):
        return ""
    review = review_of(sheet)
    if review is None or not review.peer.is_masked or moderating.is_unmasked(review, launch.person):
        return ""
    return _(
        "Names are hidden in this round. Read the review on its own page; there you can unmask it, with a reason."
    )


def review_of(sheet: MarkSheet) -> Review | None:
    return Review.objects.whole().filter(sheet=sheet).first()


def _page(review: Review, launch: Launch) -> str:
    key = review.peer.activity.key
    if review.reviewer and review.reviewer.person_id == launch.person.pk:
        return reverse("peer:review", args=[key, review.key])
    return reverse("peer:staff_review", args=[key, review.key])


def _subject(review: Review, launch: Launch) -> str:
    if review.is_self:
        return _("Your own work")
    if review.reviewer and review.reviewer.person_id == launch.person.pk:
        return names.author_name(review.submission, review.reviewer)
    is_unmasked = moderating.is_unmasked(review, launch.person)
    return names.staff_names(review, is_unmasked=is_unmasked)[1]


def _comment_hint(review: Review) -> str:
    if review.is_self:
        return _("For yourself: what you notice. You see it again beside what the others say.")
    return _("The author reads this. Your main words are on the page before; add here what is left to say.")

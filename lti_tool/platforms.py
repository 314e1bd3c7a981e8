"""What platforms do differently, in one place. Each line names what was seen and where a test shows it.

Sources: Moodle 5.1.3 recorded live (tests/samples/platforms), Canvas from its source and documentation.
"""

from dataclasses import dataclass

from lti_tool.errors import Kind
from lti_tool.http import Answer
from lti_tool.models import Registration


@dataclass(frozen=True)
class Platform:
    """The habits of one family of platforms that matter to us."""

    # Canvas adds a comment by nobody at each post; Moodle and others replace the one they have.
    comments_pile_up: bool = False
    # Canvas shows only the first line item of a resource link, so a further one must not be tied to the link.
    ties_columns_to_links: bool = True
    # Moodle answers a refused score with 200 and a body when the refusal cannot be put in the status line.
    accepted_score_is_empty: bool = False
    # Canvas makes a new attempt at each post unless told not to, opens our page in its grader if told where it is, and
    # spares a grade that stands in the cell if asked to. So what looks empty to us there needs no look beforehand.
    has_submission_extension: bool = False
    # Moodle's gradebook links each cell to the tool; where to, it takes by PUT only. Others take it when the column is made.
    takes_review_by_put: bool = False
    # Deep linking. Moodle forgets which tool a link belongs to when it gets an address for it, keeps no dates, and takes a
    # text for HTML, as Canvas does.
    takes_address_with_links: bool = True
    takes_dates_with_links: bool = True
    reads_text_as_html: bool = False
    # Requests about grades that may be under way at once. Canvas sets 50 of 600 aside for each (lti.md C17).
    at_once: int = 4
    # Scores that one worker takes in a go.
    batch: int = 40
    # Whether the list of results leaves nobody out who has a grade that we may see: read in the source of both.
    lists_everybody: bool = False
    # How many results one page holds, if asked; None: everything comes at once. Moodle answers `limit` with an error page.
    results_page: int | None = None
    # How many members one page of the roster shall hold. Moodle sends all at once unless asked, and takes 4 s for 1,000.
    roster_page: int | None = None
    # Canvas tells sections and groups only in a roster for a link, and takes the course's own id for one that lists everybody.
    roster_takes_the_course_as_link: bool = False


_HABITS = {
    Registration.Family.CANVAS: Platform(
        comments_pile_up=True,
        ties_columns_to_links=False,
        has_submission_extension=True,
        reads_text_as_html=True,
        at_once=2,
        batch=200,
        lists_everybody=True,
        results_page=100,
        roster_takes_the_course_as_link=True,
    ),
    Registration.Family.MOODLE: Platform(
        accepted_score_is_empty=True,
        takes_review_by_put=True,
        takes_address_with_links=False,
        takes_dates_with_links=False,
        reads_text_as_html=True,
        lists_everybody=True,
        roster_page=500,
    ),
}
_DEFAULT = Platform()


def habits(registration: Registration) -> Platform:
    return _HABITS.get(Registration.Family(registration.platform_family), _DEFAULT)


# Texts are matched on their stable core and only together with the status: reason phrases and `type` are not reliable.
_BY_STATUS_AND_TEXT: list[tuple[int, str, Kind]] = [
    (400, "before last updated", Kind.SUPERSEDED),
    (400, "already exists for the provided timestamp", Kind.SUPERSEDED),
    (400, "incorrect score received", Kind.GONE_USER),
    (400, "user could not be found", Kind.GONE_USER),
    (401, "not linked to a tool", Kind.NEEDS_ADMIN),
    (401, "invalid developer key", Kind.NEEDS_ADMIN),
    (401, "inactive developer key", Kind.NEEDS_ADMIN),
    (401, "insufficient permissions", Kind.NEEDS_ADMIN),
    (403, "rate limit exceeded", Kind.RATE),
    (422, "user not found", Kind.GONE_USER),
    (422, "concluded for this student", Kind.GONE_USER),
    (422, "concluded", Kind.GONE_COURSE),
    (422, "unpublished", Kind.NEEDS_TEACHER),
    (422, "attempts", Kind.NEEDS_TEACHER),
    (422, "moderat", Kind.NEEDS_TEACHER),
    (404, "user not found", Kind.GONE_USER),
]
_BY_STATUS = {
    401: Kind.TOKEN,
    403: Kind.NEEDS_ADMIN,
    404: Kind.GONE_ITEM,
    409: Kind.SUPERSEDED,
    410: Kind.GONE_ITEM,
    429: Kind.RATE,
}


def classify(answer: Answer) -> Kind:
    """What an answer of any status means for us. What we do not know is our own mistake for 4xx, passing for the rest."""
    if 200 <= answer.status < 300:
        return Kind.OK
    text = f"{answer.text[:4000]} {answer.reason}".lower()
    for status, needle, kind in _BY_STATUS_AND_TEXT:
        if answer.status == status and needle in text:
            return kind
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status]
    return Kind.BUG if 400 <= answer.status < 500 and answer.status != 408 else Kind.TRANSIENT

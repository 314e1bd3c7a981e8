from django.utils.translation import gettext as _

from assessments.rubrics.library.building import graded, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    situation, background, assessment = _("Situation"), _("Background"), _("Assessment")
    recommendation, read_back = _("Recommendation"), _("Read-back")
    return RubricWording(
        _("Structured handover"),
        _("Handing one patient over by telephone or at the bedside, in five steps. Five minutes."),
        (
            graded(
                _("Says who is calling"),
                _("Starts with the patient."),
                _("Name or role, not both."),
                _("Name, role and ward, before anything else."),
                section=situation,
            ),
            graded(
                _("Identifies the patient"),
                _("No name, or the wrong one."),
                _("Name only."),
                _("Name, age and one more, such as the bed or the record number."),
                section=situation,
                is_critical=True,
            ),
            graded(
                _("Names the problem in the first sentence"),
                _("The reason for calling is never said."),
                _("Said, after the story."),
                _("Said at once, with how urgent it is."),
                section=situation,
            ),
            graded(
                _("Gives the background that matters now"),
                _("None, or the whole record."),
                _("The reason for admission, with gaps or asides."),
                _("Reason for admission, what bears on today, allergies; nothing else."),
                section=background,
            ),
            graded(
                _("Reports the latest observations"),
                _("No figures."),
                _("Some figures, or without their time."),
                _("Figures with their time, and how they have changed."),
                section=assessment,
            ),
            graded(
                _("Says what they take the problem to be"),
                _("No view given."),
                _("A view, without its reason."),
                _("A view with its reason, or plainly that it is not clear."),
                section=assessment,
            ),
            graded(
                _("Asks for something definite"),
                _("Ends without a request."),
                _("A request without a time."),
                _("What is wanted, from whom, by when."),
                section=recommendation,
            ),
            graded(
                _("Agrees what to do until then"),
                _("Not raised."),
                _("Asked, not settled."),
                _("Settled, with what should lead to another call."),
                section=recommendation,
            ),
            graded(
                _("Has the plan read back"),
                _("No read-back."),
                _("A read-back with an error that is left standing."),
                _("A read-back, with errors put right."),
                section=read_back,
            ),
        ),
        statements(
            strengths=[
                _("You said what you needed in the first sentence."),
                _("Your figures came with their time."),
            ],
            next_steps=[
                _("Say the problem before the story."),
                _("End with one request: what, from whom, by when."),
                _("Ask the other to say the plan back to you."),
            ],
        ),
    )

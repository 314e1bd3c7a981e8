from django.utils.translation import gettext as _

from assessments.rubrics.library.building import graded
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    return RubricWording(
        _("Communicating a diagnosis"),
        _("Telling a patient what was found and what follows, in words they can take home."),
        (
            graded(
                _("Prepares the conversation"),
                _("Starts while standing, or with the door open."),
                _("Seated, but no word on what this is about."),
                _("Seated, private, and says why they are here."),
            ),
            graded(
                _("Asks what the patient has been told"),
                _("Not asked."),
                _("Asked, then not used."),
                _("Asked, and the explanation starts from there."),
            ),
            graded(
                _("Names the diagnosis in plain words"),
                _("Only technical terms, or not named."),
                _("Named, with terms left unexplained."),
                _("Named once, plainly, with every term explained."),
            ),
            graded(
                _("Gives information in small steps"),
                _("One long explanation."),
                _("Pauses, without a check."),
                _("Pauses after each step, and checks before going on."),
            ),
            graded(
                _("Responds to emotion"),
                _("Passes over it."),
                _("Notices it in words or by silence."),
                _("Names it, waits, and goes on when the patient is ready."),
            ),
            graded(
                _("Agrees on the next step"),
                _("No next step."),
                _("Next step told."),
                _("Next step chosen together, with a date."),
            ),
            graded(
                _("Checks what was understood"),
                _("Not checked."),
                _("Asks whether there are questions."),
                _("Asks the patient to tell it in their own words."),
            ),
        ),
    )

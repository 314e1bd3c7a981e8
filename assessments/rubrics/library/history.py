from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done, graded
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    return RubricWording(
        _("Focused history taking"),
        _("One presenting complaint, eight minutes, a patient who answers what is asked."),
        (
            done(_("Introduces self by name"), _("Says who they are; role and name are both heard.")),
            done(_("Checks the patient's identity"), _("Name plus one more, such as date of birth.")),
            graded(
                _("Opens with an open question"),
                _("Starts with closed questions."),
                _("Open question, then interrupts."),
                _("Open question, and lets the patient finish."),
            ),
            graded(
                _("Explores the main symptom"),
                _("Names it without exploring it."),
                _("Onset, character or severity, with gaps."),
                _("Onset, site, character, severity, what helps, what makes it worse."),
            ),
            graded(
                _("Asks about warning signs"),
                _("None asked."),
                _("At least one that belongs to this complaint."),
                _("All that change what must happen today."),
            ),
            graded(
                _("Takes the background"),
                _("Not asked."),
                _("Some of: past illness, medicines, allergies, family, home."),
                _("All of these, as far as they bear on the complaint."),
            ),
            graded(
                _("Finds out what the patient fears"),
                _("The patient's own view is not asked for."),
                _("Asked, but not taken up."),
                _("Asked, heard and answered in the conversation."),
            ),
            graded(
                _("Closes with a summary"),
                _("Ends without one."),
                _("Summary without a check."),
                _("Summary, and the patient is asked to correct it."),
            ),
        ),
    )

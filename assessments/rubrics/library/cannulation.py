from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done, graded
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    return RubricWording(
        _("Aseptic cannulation"),
        _("Placing a peripheral cannula on a part-task trainer, from explanation to record."),
        (
            done(_("Explains the procedure")),
            done(_("Obtains consent"), _("The patient says yes after the explanation.")),
            done(_("Cleans hands before touching the patient"), points="2"),
            graded(
                _("Prepares the site"),
                _("Not disinfected."),
                _("Disinfected, then touched again or not left to dry."),
                _("Disinfected, left to dry, not touched again."),
            ),
            graded(
                _("Keeps key parts sterile"),
                _("A key part touched, and used."),
                _("A key part touched, noticed and replaced."),
                _("No key part touched."),
            ),
            graded(
                _("Places the cannula"),
                _("No flashback, or more than two attempts."),
                _("Placed at the second attempt."),
                _("Placed at the first attempt."),
            ),
            done(
                _("Disposes of the sharp at once"),
                _("Straight into the container, by themselves."),
                points="2",
            ),
            done(_("Confirms that the line is open")),
            graded(
                _("Secures the line"),
                _("Not secured."),
                _("Secured; no date or site hidden."),
                _("Secured, site visible, dated."),
            ),
            done(_("Records the procedure"), _("Site, size, date and name.")),
        ),
    )

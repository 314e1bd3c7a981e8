from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    before, technique, after = _("Before"), _("Rubbing"), _("After")
    return RubricWording(
        _("Hand hygiene"),
        _("Cleaning hands with alcohol rub around one contact with a patient. Two minutes."),
        (
            done(
                _("Bares both wrists"), _("Sleeves above the elbow; no watch, no bracelet."), section=before
            ),
            done(
                _("Cleans hands before touching the patient"),
                _("Critical: touching first cannot be made up for."),
                section=before,
                is_critical=True,
            ),
            done(_("Fills the cupped palm with rub"), section=technique),
            done(_("Rubs palm against palm"), section=technique),
            done(_("Rubs the back of each hand"), _("With the fingers interlaced."), section=technique),
            done(_("Rubs between the fingers"), _("Palm to palm, fingers interlaced."), section=technique),
            done(_("Rubs the backs of the fingers"), _("Against the opposite palm."), section=technique),
            done(_("Rubs around each thumb"), section=technique),
            done(_("Rubs the fingertips in the palm"), _("Each hand in turn."), section=technique),
            done(
                _("Keeps rubbing until the hands are dry"),
                _("Critical: nothing is wiped or shaken off. About 20 to 30 seconds in all."),
                section=technique,
                is_critical=True,
            ),
            done(
                _("Touches nothing else before the patient"),
                _("Curtain, pen, phone and own face included."),
                section=after,
            ),
            done(_("Cleans hands again after the contact"), section=after),
        ),
    )

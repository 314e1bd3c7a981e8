from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    check, call, compress, shock = _("Check"), _("Call"), _("Compress"), _("Shock")
    return RubricWording(
        _("Adult collapse: basic life support"),
        _(
            "One rescuer, one manikin, then a defibrillator. Guideline year: ____ (write in the year that you teach; figures for "
            "depth, rate and ratio are those of that guideline). The order counts: what comes out of turn is not done."
        ),
        (
            done(_("Looks for danger before approaching"), section=check),
            done(_("Checks for a response"), _("Speaks loudly, touches the shoulders."), section=check),
            done(_("Shouts for help"), section=check),
            done(_("Opens the airway"), section=check),
            done(
                _("Checks for breathing"),
                _("Looks, listens and feels for at most ten seconds."),
                section=check,
            ),
            done(
                _("Calls the emergency team"),
                _("Critical: by number or by a person named for it; asks for a defibrillator."),
                points="2",
                section=call,
                is_critical=True,
            ),
            done(
                _("Starts compressions without delay"),
                _("Critical: at once after the call, hands on the centre of the chest."),
                points="2",
                section=compress,
                is_critical=True,
            ),
            done(_("Compresses to the depth of the guideline"), section=compress),
            done(_("Compresses at the rate of the guideline"), section=compress),
            done(_("Lets the chest rise fully each time"), section=compress),
            done(
                _("Gives breaths in the ratio of the guideline"),
                _("Where the guideline allows it, compressions without breaths count as done."),
                section=compress,
            ),
            done(_("Keeps pauses under ten seconds"), section=compress),
            done(
                _("Applies the pads while compressions go on"),
                _("Alone: as soon as it arrives."),
                section=shock,
            ),
            done(
                _("Has everybody stand clear before the shock"),
                _("Critical: says it and looks."),
                points="2",
                section=shock,
                is_critical=True,
            ),
            done(_("Resumes compressions right after the shock"), section=shock),
        ),
        statements(
            strengths=[_("You called early."), _("Your pauses were short.")],
            next_steps=[
                _("Let the chest come all the way up."),
                _("Switch the defibrillator on before you do anything else with it."),
                _("Say “stand clear”, and look before you press."),
            ],
        ),
    )

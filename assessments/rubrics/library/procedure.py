from django.utils.translation import gettext as _

from assessments.rubrics.library.building import overall, scale, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    names = [_("Unsafe"), _("Hesitant"), _("Steady"), _("Fluent")]
    return RubricWording(
        _("Rating of a procedural skill"),
        _("For any procedure, beside or instead of a checklist: seven dimensions on the same four levels."),
        (
            scale(
                _("Prepares the procedure"),
                names,
                [
                    _("Starts without consent, or without what is needed."),
                    _("Something has to be fetched on the way."),
                    _("Everything is laid out and checked; consent is there."),
                    _("Also laid out in the order of use, with a way out if it fails."),
                ],
            ),
            scale(
                _("Handles tissue"),
                names,
                [
                    _("Tears, crushes or hurts."),
                    _("Needless force now and then."),
                    _("Gentle; no damage that could be avoided."),
                    _("Gentle throughout; every touch serves the step."),
                ],
            ),
            scale(
                _("Moves with purpose"),
                names,
                [
                    _("Many movements without an aim."),
                    _("Gets there, with movements repeated."),
                    _("Few movements are wasted."),
                    _("None is wasted; both hands work together."),
                ],
            ),
            scale(
                _("Handles instruments"),
                names,
                [
                    _("Takes the wrong instrument, or endangers someone with it."),
                    _("The right ones, held awkwardly."),
                    _("The right ones, held as intended; sharps always in sight."),
                    _("As if they were part of the hand; sharps are announced."),
                ],
            ),
            scale(
                _("Keeps sterile what is sterile"),
                names,
                [
                    _("Contaminates, and goes on."),
                    _("Contaminates, is told, and replaces."),
                    _("Notices by themselves and replaces, or nothing happens."),
                    _("Arranges field and hands so that nothing can happen."),
                ],
                is_critical=True,
            ),
            scale(
                _("Follows the steps"),
                names,
                [
                    _("Cannot say what comes next, or leaves out a vital step."),
                    _("Stops to ask what comes next."),
                    _("Goes from step to step unprompted."),
                    _("Also thinks ahead, and adapts when something is different."),
                ],
            ),
            scale(
                _("Works with the assistant"),
                names,
                [
                    _("Ignores the assistant, or leaves them at risk."),
                    _("Asks late, or unclearly."),
                    _("Clear requests at the right time."),
                    _("Also says what is coming, so that hands are there before the request."),
                ],
                allows_not_applicable=True,
            ),
            overall(
                _("Would have to be taken over."),
                _("Might manage with somebody beside them; not yet alone."),
                _("Manages an ordinary case."),
                _("Manages an ordinary case with ease, and would notice an unusual one."),
            ),
        ),
        statements(
            strengths=[
                _("Everything was ready before you began."),
                _("You noticed a fault yourself and mended it."),
            ],
            next_steps=[
                _("Lay instruments out in the order of use."),
                _("Say aloud what you need before you need it."),
                _("Pause when you lose sight of the tip."),
            ],
        ),
    )

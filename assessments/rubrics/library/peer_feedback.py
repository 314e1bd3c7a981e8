from django.utils.translation import gettext as _

from assessments.rubrics.library.building import scale, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    names = [_("Not seen"), _("In part"), _("Clearly"), _("A model for me")]
    return RubricWording(
        _("Peer feedback after an encounter"),
        _(
            "For a fellow student who watched. Beside each answer write three short things: what I saw or heard, what it did "
            "to the patient or to me, what I suggest. About the work, never about the person."
        ),
        (
            scale(
                _("Made contact with the patient"),
                names,
                [
                    _("I saw no greeting and no look."),
                    _("A greeting; then eyes on paper or screen."),
                    _("Name, look and voice turned to the patient."),
                    _("The patient relaxed; I could say when."),
                ],
            ),
            scale(
                _("Listened"),
                names,
                [
                    _("Interrupted, or went on with the list."),
                    _("Let the patient finish; did not come back to it."),
                    _("Let the patient finish, and took it up."),
                    _("Heard what was not said, and asked."),
                ],
            ),
            scale(
                _("Kept an order"),
                names,
                [
                    _("I could not follow."),
                    _("An order, with jumps."),
                    _("I could always tell where we were."),
                    _("The patient could tell it too."),
                ],
            ),
            scale(
                _("Explained what comes next"),
                names,
                [
                    _("No word on it."),
                    _("Some of it, in terms I had to translate."),
                    _("In plain words."),
                    _("The patient could say it back."),
                ],
            ),
            scale(
                _("Worked safely"),
                names,
                [
                    _("I saw something that could have harmed."),
                    _("Noticed late."),
                    _("Hands, name, allergies: all that belonged here."),
                    _("Also said aloud why."),
                ],
                allows_not_applicable=True,
            ),
        ),
        statements(
            strengths=[
                _("When you paused, the patient went on talking."),
                _("When you said your name, the patient looked at you."),
                _("Your summary made the order plain to me."),
            ],
            next_steps=[
                _("When you looked at the paper, the patient stopped; try to write afterwards."),
                _("Two questions came at once, and one got lost; try one at a time."),
                _("I could not tell when it was over; try to say what happens next."),
            ],
        ),
    )

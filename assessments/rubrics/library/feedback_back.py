from django.utils.translation import gettext as _

from assessments.rubrics.library.building import graded, scale, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    return RubricWording(
        _("How helpful was this feedback?"),
        _(
            "For the person who got the feedback, about the feedback. One minute; it goes back to whoever wrote it."
        ),
        (
            graded(
                _("Names what was seen"),
                _("A verdict only, such as “nice”."),
                _("A topic, such as “your questions”."),
                _("A moment that I remember."),
            ),
            graded(
                _("Says what it did"),
                _("No effect named."),
                _("An effect, without on whom."),
                _("What it did to the patient, to the team, to whoever watched."),
            ),
            graded(
                _("Suggests a next step"),
                _("None."),
                _("A wish, such as “be clearer”."),
                _("Something I can try tomorrow."),
            ),
            graded(
                _("Speaks about the work"),
                _("About me as a person."),
                _("Mixed."),
                _("About what I did, throughout."),
            ),
            scale(
                _("Helped me"),
                [_("No"), _("A little"), _("Yes"), _("Very much")],
                [
                    _("I will do nothing differently."),
                    _("It confirmed what I had seen myself."),
                    _("I will try one thing."),
                    _("I see something that I had not seen."),
                ],
            ),
        ),
        statements(
            strengths=[_("You named the moment."), _("Your suggestion is one that I can try.")],
            next_steps=[_("Tell me what it did to the patient."), _("Give me one thing to try.")],
        ),
    )

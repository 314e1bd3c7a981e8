from django.utils.translation import gettext as _

from assessments.rubrics.library.building import scale, statements
from assessments.rubrics.wording import CriterionWording, RubricWording


def wording() -> RubricWording:
    return RubricWording(
        _("Supervision needed in one task"),
        _(
            "After one real piece of work, by the person who supervised it: how much help did it take this time? Read the "
            "answers one by one; their sum is no grade. Two minutes, and a word on what to keep doing."
        ),
        (
            _task(_("Gathers what is needed"), _("History, examination, record: for this patient, today.")),
            _task(_("Decides what to do")),
            _task(_("Carries it out")),
            _task(_("Talks with the patient about it")),
            _task(_("Keeps the team informed"), _("Colleagues, record, handover.")),
            _task(_("Notices where their limits are"), _("Stops, asks or calls in time.")),
        ),
        statements(
            strengths=[
                _("Keep doing: you told me what you were not sure of."),
                _("Keep doing: you checked before you acted."),
                _("Keep doing: you closed the loop with the team."),
            ],
            next_steps=[
                _("Next time: tell me your plan before you begin."),
                _("Next time: call earlier."),
                _("Next time: try the part that I did today."),
            ],
        ),
    )


def _task(title: str, description: str = "") -> CriterionWording:
    names = [_("I did it"), _("Step by step"), _("With prompts"), _("I was nearby"), _("On their own")]
    looks = [
        _("They watched, or I had to take over."),
        _("I told them each step."),
        _("They did it; I stepped in with a word now and then."),
        _("They did it; I checked afterwards, or was there in case."),
        _("They did it, and I would have trusted them with it unseen."),
    ]
    return scale(title, names, looks, description=description, allows_not_applicable=True)

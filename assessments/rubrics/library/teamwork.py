from django.utils.translation import gettext as _

from assessments.rubrics.library.building import scale, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    names = [_("Below"), _("At times"), _("As a rule"), _("Throughout")]
    person, team = _("This person"), _("The team")
    return RubricWording(
        _("Interprofessional teamwork"),
        _(
            "Several professions, one patient. Four behaviours of this person, then the same four of the team as a whole: the "
            "second part is the same for every member."
        ),
        (
            scale(
                _("Seeks what the others have to say"),
                names,
                [
                    _("Acts alone, or talks over others."),
                    _("Listens when spoken to."),
                    _("Asks others for their view, and uses it."),
                    _("Also brings in the one who has not spoken yet."),
                ],
                section=person,
                domain=_("Collaboration"),
            ),
            scale(
                _("Makes their own role plain"),
                names,
                [
                    _("Nobody can tell what they are there for."),
                    _("Says so when asked."),
                    _("Says what they can do, and hands over what others do better."),
                    _("Also steps in where a role is empty, and says so."),
                ],
                section=person,
                domain=_("Roles"),
            ),
            scale(
                _("Speaks with the patient as part of the team"),
                names,
                [
                    _("Talks about the patient across the bed."),
                    _("Speaks with the patient when the patient asks."),
                    _("Tells the patient what happens, and asks what matters to them."),
                    _("Also carries what the patient said into the team's plan."),
                ],
                section=person,
                domain=_("Patient"),
            ),
            scale(
                _("Raises disagreement openly"),
                names,
                [
                    _("Stays silent, or attacks."),
                    _("Hints at it."),
                    _("Says what they see differently, with the reason."),
                    _("Also proposes how to settle it, and accepts what was settled."),
                ],
                section=person,
                domain=_("Conflict"),
            ),
            scale(
                _("The team works from one plan"),
                names,
                [
                    _("Several plans at once, or none."),
                    _("One plan that not everybody has heard."),
                    _("One plan, said aloud and followed."),
                    _("Also checked on the way, and changed together."),
                ],
                section=team,
                domain=_("Collaboration"),
            ),
            scale(
                _("The team shares the work out"),
                names,
                [
                    _("Tasks are done twice, or not at all."),
                    _("Tasks find someone, by chance."),
                    _("Each task has a name to it."),
                    _("Also shifted when somebody is overloaded."),
                ],
                section=team,
                domain=_("Roles"),
            ),
            scale(
                _("The team keeps the patient in the conversation"),
                names,
                [
                    _("The patient is not spoken to."),
                    _("The patient is told at the end."),
                    _("The patient hears the plan, and is asked."),
                    _("The plan is made with the patient."),
                ],
                section=team,
                domain=_("Patient"),
            ),
            scale(
                _("The team settles disagreement"),
                names,
                [
                    _("It is passed over, or becomes personal."),
                    _("It ends because somebody gives in."),
                    _("It is named, and decided with a reason."),
                    _("Also looked at again when it turned out otherwise."),
                ],
                section=team,
                domain=_("Conflict"),
                allows_not_applicable=True,
            ),
        ),
        statements(
            strengths=[
                _("You asked the person who had not spoken."),
                _("You said what you saw differently."),
            ],
            next_steps=[
                _("Say at the start what you are there for."),
                _("Repeat the plan aloud before everybody leaves."),
                _("Ask the patient before the team decides."),
            ],
        ),
    )

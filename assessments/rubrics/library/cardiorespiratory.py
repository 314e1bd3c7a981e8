from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done, graded, overall, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    beginning, looking, heart = _("Beginning"), _("Looking"), _("Heart")
    lungs, end = _("Lungs"), _("End")
    return RubricWording(
        _("Examination of heart and lungs"),
        _(
            "The physical examination of an adult with breathlessness; findings are presented at the end. Eight minutes."
        ),
        (
            done(_("Cleans hands before touching the patient"), section=beginning, is_critical=True),
            done(
                _("Obtains consent"),
                _("Says what will be done; waits for a yes; offers a chaperone."),
                section=beginning,
            ),
            done(
                _("Positions the patient half upright"),
                _("At about 45 degrees, chest bare, covered until needed."),
                section=beginning,
            ),
            done(
                _("Looks at the patient from the foot of the bed"),
                _("Effort of breathing, colour, scars."),
                section=looking,
            ),
            done(_("Inspects both hands"), section=looking),
            done(_("Looks for central cyanosis"), _("Under the tongue or at the lips."), section=looking),
            done(
                _("Judges the jugular venous pressure"),
                _("Head turned a little, light from the side."),
                section=looking,
            ),
            graded(
                _("Takes the pulse"),
                _("Not felt."),
                _("Felt; rate or rhythm not said."),
                _("Rate counted over at least 15 seconds; rhythm said."),
                section=heart,
            ),
            done(_("Finds the apex beat"), section=heart),
            graded(
                _("Listens over the heart"),
                _("Not done, or through clothes."),
                _("Fewer than four places, or without feeling a pulse."),
                _("All four valve areas, with a pulse under the finger."),
                section=heart,
            ),
            graded(
                _("Percusses the chest"),
                _("Not done."),
                _("One side only, or sides not compared."),
                _("Side against side, top to bottom."),
                section=lungs,
            ),
            graded(
                _("Listens over the lungs"),
                _("Not done, or through clothes."),
                _("Front or back only, or sides not compared."),
                _("Front and back, side against side, with the mouth open."),
                section=lungs,
            ),
            done(_("Looks for swelling of the legs"), section=end),
            graded(
                _("Presents the findings"),
                _("None, or findings that were not there."),
                _("Findings in no order, or without a conclusion."),
                _("What was found first, in order, with one conclusion."),
                section=end,
            ),
            overall(
                _("Hurts, uncovers without need, or makes findings up."),
                _("The parts are there in part; the findings are not reliable."),
                _("Ordered, gentle, findings reliable."),
                _("Also fluent, and every step is fitted to this patient."),
            ),
        ),
        statements(
            strengths=[_("You compared side with side."), _("You kept the patient covered between steps.")],
            next_steps=[
                _("Feel a pulse while you listen to the heart."),
                _("Begin your report with what you found."),
                _("Say before each step what you are about to do."),
            ],
        ),
    )

from django.utils.translation import gettext as _

from assessments.rubrics.library.building import done, overall, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    opening, pain, patient = _("Opening"), _("The pain"), _("The patient's view")
    return RubricWording(
        _("Focused pain history"),
        _(
            "One pain, eight minutes; then what the patient makes of it. Items are done or not; the global rating is your own."
        ),
        (
            done(_("Introduces self by name"), _("Name with role."), section=opening),
            done(_("Begins with an open question"), _("The patient is not interrupted."), section=opening),
            done(_("Asks where the pain is"), section=pain),
            done(_("Asks when it began"), _("And whether it came slowly or at once."), section=pain),
            done(
                _("Asks what the pain is like"),
                _("In the patient's words, such as dull or burning."),
                section=pain,
            ),
            done(_("Asks whether it spreads"), section=pain),
            done(
                _("Asks how strong it is"), _("From 0 to 10, or against a pain they remember."), section=pain
            ),
            done(_("Asks what changes it"), _("Both what eases it and what makes it worse."), section=pain),
            done(_("Asks what else came with it"), section=pain),
            done(
                _("Asks for the warning signs of this pain"),
                _("Critical: at least one that would change what must happen today."),
                points="2",
                section=pain,
                is_critical=True,
            ),
            done(_("Asks what has been taken for it"), _("With the effect it had."), section=pain),
            done(_("Asks what the patient believes it is"), section=patient),
            done(_("Asks what the patient fears"), _("And answers it in the conversation."), section=patient),
            done(_("Asks what the patient hopes for today"), section=patient),
            overall(
                _("No picture of the pain, or a danger missed."),
                _("A picture with gaps; the dangers are asked for, the patient's view hardly."),
                _("A clear picture; dangers and the patient's view are both there."),
                _("Also in a conversation that follows the patient and wastes nothing."),
            ),
        ),
        statements(
            strengths=[_("Your first question was open."), _("You asked for the signs that matter today.")],
            next_steps=[
                _("Ask about one thing at a time."),
                _("Ask what the patient fears, then answer it."),
                _("Ask for warning signs before the time runs out."),
            ],
        ),
    )

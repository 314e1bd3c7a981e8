from django.utils.translation import gettext as _

from assessments.rubrics.library.building import scale, statements
from assessments.rubrics.wording import RubricWording


def wording() -> RubricWording:
    names = [_("Absent"), _("Weak"), _("Fair"), _("Strong"), _("Outstanding")]
    return RubricWording(
        _("Communication in a consultation"),
        _(
            "A whole consultation in six phases, each on the same five levels. For any complaint; ten minutes."
        ),
        (
            scale(
                _("Opens the consultation"),
                names,
                [
                    _("Begins without a greeting."),
                    _("Greets; name or role is missing, and the reason for the visit is assumed."),
                    _("Name and role are said; asks why the patient came."),
                    _("Also agrees what this visit is for, and sits at eye level."),
                    _(
                        "Also hears out everything the patient brings before choosing with them where to begin."
                    ),
                ],
            ),
            scale(
                _("Gathers the patient's story"),
                names,
                [
                    _("A list of closed questions."),
                    _("One open question, cut short."),
                    _("Open questions first, closed ones later; some jumps."),
                    _("Lets the patient finish, then follows up what was said."),
                    _("Also sums up on the way, so that the patient corrects or adds."),
                ],
            ),
            scale(
                _("Takes up the patient's own view"),
                names,
                [
                    _("Never asked; hints are passed over."),
                    _("A hint is heard and dropped."),
                    _("Asks for ideas, worries or wishes; one of the three."),
                    _("Asks for all three, and answers the worry."),
                    _("Also builds what follows on them, in words the patient used."),
                ],
            ),
            scale(
                _("Explains in plain words"),
                names,
                [
                    _("No explanation, or in technical terms only."),
                    _("Explains at length; terms stay unexplained."),
                    _("Mostly plain, with one or two terms unexplained."),
                    _("Plain, in small steps, with pauses."),
                    _("Also has the patient say it back, and mends what was missed."),
                ],
            ),
            scale(
                _("Plans together with the patient"),
                names,
                [
                    _("Tells what will happen, or nothing."),
                    _("Tells the plan and asks “OK?”."),
                    _("Names more than one way, then chooses alone."),
                    _("Names the ways with what speaks for each, and asks what matters to the patient."),
                    _("Also reaches a choice that both can say in one sentence."),
                ],
            ),
            scale(
                _("Closes the consultation"),
                names,
                [
                    _("Breaks off."),
                    _("Ends politely; no summary, no next step."),
                    _("A summary or a next step."),
                    _("A summary, a next step with its time, and room for one more question."),
                    _("Also says what should bring the patient back sooner."),
                ],
            ),
        ),
        statements(
            strengths=[
                _("You let the patient finish."),
                _("You used the patient's own words."),
                _("You asked what mattered to the patient before you planned."),
            ],
            next_steps=[
                _("Wait three seconds after the first answer."),
                _("Ask what the patient fears most."),
                _("Explain one thing, then ask the patient to say it back."),
            ],
        ),
    )

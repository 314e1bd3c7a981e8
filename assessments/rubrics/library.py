"""Ready rubrics to start from, in our own words. A course gets a draft copy and changes it as it likes."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.rubrics.wording import CriterionWording, LevelWording, RubricWording


@dataclass(frozen=True)
class Template:
    slug: str
    wording: RubricWording


def templates() -> tuple[Template, ...]:
    """All of them, in the language of the moment."""
    return (_history(), _diagnosis(), _cannulation())


def find(slug: str) -> Template | None:
    return next((template for template in templates() if template.slug == slug), None)


def _graded(title: str, missed: str, partly: str, fully: str) -> CriterionWording:
    return CriterionWording(
        title,
        (
            LevelWording(_("Not done"), "0", missed),
            LevelWording(_("Partly"), "1", partly),
            LevelWording(_("Fully"), "2", fully),
        ),
    )


def _done(title: str, description: str = "", points: str = "1") -> CriterionWording:
    levels = (LevelWording(_("Not done"), "0"), LevelWording(_("Done"), points))
    return CriterionWording(title, levels, description)


def _history() -> Template:
    return Template(
        "history",
        RubricWording(
            _("Focused history taking"),
            _("One presenting complaint, eight minutes, a patient who answers what is asked."),
            (
                _done(_("Introduces self by name"), _("Says who they are; role and name are both heard.")),
                _done(_("Checks the patient's identity"), _("Name plus one more, such as date of birth.")),
                _graded(
                    _("Opens with an open question"),
                    _("Starts with closed questions."),
                    _("Open question, then interrupts."),
                    _("Open question, and lets the patient finish."),
                ),
                _graded(
                    _("Explores the main symptom"),
                    _("Names it without exploring it."),
                    _("Onset, character or severity, with gaps."),
                    _("Onset, site, character, severity, what helps, what makes it worse."),
                ),
                _graded(
                    _("Asks about warning signs"),
                    _("None asked."),
                    _("At least one that belongs to this complaint."),
                    _("All that change what must happen today."),
                ),
                _graded(
                    _("Takes the background"),
                    _("Not asked."),
                    _("Some of: past illness, medicines, allergies, family, home."),
                    _("All of these, as far as they bear on the complaint."),
                ),
                _graded(
                    _("Finds out what the patient fears"),
                    _("The patient's own view is not asked for."),
                    _("Asked, but not taken up."),
                    _("Asked, heard and answered in the conversation."),
                ),
                _graded(
                    _("Closes with a summary"),
                    _("Ends without one."),
                    _("Summary without a check."),
                    _("Summary, and the patient is asked to correct it."),
                ),
            ),
        ),
    )


def _diagnosis() -> Template:
    return Template(
        "diagnosis",
        RubricWording(
            _("Communicating a diagnosis"),
            _("Telling a patient what was found and what follows, in words they can take home."),
            (
                _graded(
                    _("Prepares the conversation"),
                    _("Starts while standing, or with the door open."),
                    _("Seated, but no word on what this is about."),
                    _("Seated, private, and says why they are here."),
                ),
                _graded(
                    _("Asks what the patient has been told"),
                    _("Not asked."),
                    _("Asked, then not used."),
                    _("Asked, and the explanation starts from there."),
                ),
                _graded(
                    _("Names the diagnosis in plain words"),
                    _("Only technical terms, or not named."),
                    _("Named, with terms left unexplained."),
                    _("Named once, plainly, with every term explained."),
                ),
                _graded(
                    _("Gives information in small steps"),
                    _("One long explanation."),
                    _("Pauses, without a check."),
                    _("Pauses after each step, and checks before going on."),
                ),
                _graded(
                    _("Responds to emotion"),
                    _("Passes over it."),
                    _("Notices it in words or by silence."),
                    _("Names it, waits, and goes on when the patient is ready."),
                ),
                _graded(
                    _("Agrees on the next step"),
                    _("No next step."),
                    _("Next step told."),
                    _("Next step chosen together, with a date."),
                ),
                _graded(
                    _("Checks what was understood"),
                    _("Not checked."),
                    _("Asks whether there are questions."),
                    _("Asks the patient to tell it in their own words."),
                ),
            ),
        ),
    )


def _cannulation() -> Template:
    return Template(
        "cannulation",
        RubricWording(
            _("Aseptic cannulation"),
            _("Placing a peripheral cannula on a part-task trainer, from explanation to record."),
            (
                _done(_("Explains the procedure")),
                _done(_("Obtains consent"), _("The patient says yes after the explanation.")),
                _done(_("Cleans hands before touching the patient"), points="2"),
                _graded(
                    _("Prepares the site"),
                    _("Not disinfected."),
                    _("Disinfected, then touched again or not left to dry."),
                    _("Disinfected, left to dry, not touched again."),
                ),
                _graded(
                    _("Keeps key parts sterile"),
                    _("A key part touched, and used."),
                    _("A key part touched, noticed and replaced."),
                    _("No key part touched."),
                ),
                _graded(
                    _("Places the cannula"),
                    _("No flashback, or more than two attempts."),
                    _("Placed at the second attempt."),
                    _("Placed at the first attempt."),
                ),
                _done(
                    _("Disposes of the sharp at once"),
                    _("Straight into the container, by themselves."),
                    points="2",
                ),
                _done(_("Confirms that the line is open")),
                _graded(
                    _("Secures the line"),
                    _("Not secured."),
                    _("Secured; no date or site hidden."),
                    _("Secured, site visible, dated."),
                ),
                _done(_("Records the procedure"), _("Site, size, date and name.")),
            ),
        ),
    )

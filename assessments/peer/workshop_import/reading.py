"""The set-up of the workshops in a Moodle backup.

Source: Moodle's mod/workshop/backup/moodle2/backup_workshop_stepslib.php, read in 2026: names of elements only.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO
from xml.etree.ElementTree import Element

from assessments.peer.workshop_import import archive, forms, markup
from assessments.peer.workshop_import.workshops import Asked, ImportProblem, Limits, WorkshopSetup

_ASKED = (Asked.NO, Asked.OPTIONAL, Asked.REQUIRED)  # 0, 1, 2 in Moodle
_PICTURE = "@@PLUGINFILE@@"
_NO_WORKSHOP = (
    "There is no workshop in this backup. In Moodle, back up the workshop itself, or its course with it."
)
_NO_MOODLE = "This archive is no Moodle backup. In Moodle, choose “Backup” in the workshop's menu and bring the .mbz file."
_NOT_A_WORKSHOP = "A workshop in this backup cannot be read. Make the backup in Moodle again."


def read(stream: IO[bytes], limits: Limits = Limits()) -> tuple[WorkshopSetup, ...]:  # noqa: B008 — frozen
    """Every workshop in the backup, in the order of Moodle's numbers. `stream` can seek.

    Raises ImportProblem, with a sentence, for everything else.
    """
    files = archive.wanted(stream, limits)
    paths = sorted((name for name in files if name.startswith("activities/")), key=_number)
    if not paths:
        raise ImportProblem(_NO_WORKSHOP if "moodle_backup.xml" in files else _NO_MOODLE)
    scales = _scales(files.get("scales.xml"))
    return tuple(_setup(_workshop(files[path]), scales) for path in paths)


def _number(path: str) -> int:
    return int(path.split("/")[1].removeprefix("workshop_"))


def _scales(content: bytes | None) -> dict[int, list[str]]:
    """Names of each scale's items, from least to most."""
    if content is None:
        return {}
    return {
        int(scale.get("id", "")): [markup.plain(name) for name in markup.value(scale, "scale").split(",")]
        for scale in markup.parse(content).iter("scale")
        if scale.get("id", "").isdecimal()
    }


def _workshop(content: bytes) -> Element:
    root = markup.parse(content)
    found = root.find("workshop")
    if root.tag != "activity" or root.get("modulename") != "workshop" or found is None:
        raise ImportProblem(_NOT_A_WORKSHOP)
    return found


def _setup(workshop: Element, scales: Mapping[int, Sequence[str]]) -> WorkshopSetup:
    strategy = markup.value(workshop, "strategy")
    form = forms.read(workshop, strategy, scales)
    return WorkshopSetup(
        title=markup.plain(markup.value(workshop, "name")[: markup.LONGEST_TEXT]) or "–",
        strategy=strategy,
        description=markup.text(workshop, "intro"),
        for_authors=markup.text(workshop, "instructauthors"),
        for_reviewers=markup.text(workshop, "instructreviewers"),
        conclusion=markup.text(workshop, "conclusion"),
        criteria=form.criteria,
        submissions_from=_time(workshop, "submissionstart"),
        submissions_until=_time(workshop, "submissionend"),
        reviews_from=_time(workshop, "assessmentstart"),
        reviews_until=_time(workshop, "assessmentend"),
        text=_text_asked(workshop),
        files=_files_asked(workshop),
        most_files=markup.whole(workshop, "nattachments"),
        file_types=markup.value(workshop, "submissionfiletypes"),
        takes_late_work=markup.whole(workshop, "latesubmissions") == 1,
        has_self_assessment=markup.whole(workshop, "useselfassessment") == 1,
        not_brought=(*form.not_brought, *_not_brought(workshop)),
    )


def _time(workshop: Element, name: str) -> datetime | None:
    seconds = markup.whole(workshop, name)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def _text_asked(workshop: Element) -> Asked:
    """Before Moodle asked by type, text was always there."""
    return _asked(workshop, "submissiontypetext") or Asked.OPTIONAL


def _files_asked(workshop: Element) -> Asked:
    """Before Moodle asked by type, files were there when some were allowed."""
    by_number = Asked.OPTIONAL if markup.whole(workshop, "nattachments") > 0 else Asked.NO
    return _asked(workshop, "submissiontypefile") or by_number


def _asked(workshop: Element, name: str) -> Asked | None:
    if not markup.value(workshop, name):
        return None
    return _ASKED[min(max(markup.whole(workshop, name), 0), 2)]


def _not_brought(workshop: Element) -> Iterator[str]:
    yield "How many reviews each person gives is not in a Moodle backup. Choose it here."
    yield "Who sees whose name is set by permissions in Moodle and not in the workshop. Choose it here."
    if markup.whole(workshop, "grade") or markup.whole(workshop, "gradinggrade"):
        yield "The highest grades for work and reviewing are not brought. Choose here whether marks count at all."
    if markup.value(workshop, "evaluation") == "best":
        yield "Moodle graded reviewers by how close they came to each other. That is not done here."
    if workshop.find("examplesubmissions/examplesubmission") is not None:
        yield "Example submissions are not brought: there is no place for them."
    if workshop.find("submissions/submission") is not None:
        yield "Students' work and reviews stay in Moodle; only the set-up is brought."
    if any(_PICTURE in (element.text or "") for element in _own_texts(workshop)):
        yield "Pictures and files inside the texts are not brought. Give a link to them in the instructions."


def _own_texts(workshop: Element) -> Iterator[Element]:
    """Of the set-up, not of students' work."""
    for element in workshop:
        if element.tag not in ("examplesubmissions", "submissions", "aggregations"):
            yield from element.iter()

"""An exam's marks as files for whoever computes further: row by row, so that any number of ratings needs the same memory.

Files are de-identified unless they are asked for with names: candidates and examiners get pseudonyms that are the same in every
file of one exam, others in another exam, and cannot be turned back without this installation's key. Rows stand in the order of
the pseudonyms, so that no order tells who it is. Words, dates and ids of the LMS are in none of them.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from openpyxl import Workbook

from assessments.activities.models import Activity
from assessments.marking.models import Mark
from assessments.measurement.undefined import Undefined
from assessments.results.scores import Rating
from assessments.results.standing import Standing
from assessments.results.traces import traces
from assessments.rubrics.models import Criterion

# So many sheets are read at once.
CHUNK = 200
# Above this a file that is made at once goes to the disk.
IN_MEMORY = 2_000_000
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

LONG = {
    "candidate": "The candidate's number, or a pseudonym.",
    "station": "The station's name.",
    "circuit": "The circuit the candidate was in.",
    "examiner": "The examiner's name, or a pseudonym.",
    "role": "first or second examiner, or patient: a simulated patient, who counts in nothing.",
    "sheet": "Which sheet: the same for all its items.",
    "item": "Which item: the same on every sheet of the rubric.",
    "item_title": "The item's words.",
    "kind": "checklist, rating, domain or global; global is the global rating, which is not in the marks.",
    "domain": "The item's domain, empty without one.",
    "competency": "The item's competency code, empty without one.",
    "level": "Which of the item's levels was chosen: 0 is the one with the fewest points; empty where not applicable.",
    "points": "Points given, weighted; of the global rating its grade.",
    "maximum": "The most points the item gives; 0 for the global rating.",
    "not_applicable": "1 where the item did not apply to the candidate, else 0.",
}
WIDE = {
    "candidate": "The candidate's number, or a pseudonym.",
    "name": "The candidate's name; only in files with names.",
    "total": "Per cent, stations by their weights; empty where nothing is decided.",
    "pass_mark": "Per cent: cuts by the same weights and the standard errors of the rule.",
    "stations_passed": "How many.",
    "decision": "pass, fail, or none: not decided.",
    "by_board": "1 where the board decided in place of the rule, else 0.",
    "<station>: mark": "Per cent of what the station gives, as it counts; empty where there is none.",
    "<station>: grade": "Points of the global rating, the mean of two examiners.",
    "<station>: cut": "Per cent.",
    "<station>: passed": "1, 0, or empty where there is no mark or no cut.",
}
LME4 = {
    "candidate": LONG["candidate"],
    "station": LONG["station"],
    "examiner": LONG["examiner"],
    "item": LONG["item"],
    "score": "Share of the item's points, 0 to 1.",
}
FILES = {"long.csv": LONG, "wide.xlsx": WIDE, "lme4.csv": LME4}


@dataclass(frozen=True)
class Naming:
    """How people are called in the files of one exam."""

    activity: Activity
    is_identified: bool

    def candidate(self, person_id: int, code: str) -> str:
        return code if self.is_identified else self._pseudonym("c", person_id)

    def examiner(self, name: str) -> str:
        return name if self.is_identified else self._pseudonym("e", name)

    def sheet(self, pk: int) -> str:
        return self._pseudonym("s", pk)

    def _pseudonym(self, kind: str, who: object) -> str:
        told = f"{self.activity.key}:{kind}:{who}"
        return f"{kind}-{salted_hmac('assessments.results.exporting', told, algorithm='sha256').hexdigest()[:12]}"


@dataclass(frozen=True)
class Export:
    standing: Standing
    naming: Naming

    def long(self) -> Iterator[list[Any]]:
        """A row for each item of each submitted sheet, under a row of names."""
        yield list(LONG)
        for rating, criterion, level, is_not_applicable in self._marks():
            points, maximum = self._worth(criterion, level)
            yield [
                *self._place(rating),
                self.naming.sheet(rating.sheet),
                f"i{criterion.pk}",
                criterion.title,
                criterion.kind,
                criterion.domain,
                criterion.competency,
                "" if level is None else self._order[criterion.pk][level],
                points,
                maximum,
                int(is_not_applicable),
            ]

    def lme4(self) -> Iterator[list[Any]]:
        """score ~ 1 + (1 | candidate) + (1 | station) + (1 | examiner): examiners' items with points, nothing else."""
        yield list(LME4)
        for rating, criterion, level, _is_not_applicable in self._marks():
            points, maximum = self._worth(criterion, level)
            if level is not None and maximum and rating.rater != "patient":
                candidate, station, _circuit, examiner, _role = self._place(rating)
                yield [candidate, station, examiner, f"i{criterion.pk}", points / maximum]

    def tam(self) -> Iterator[list[Any]]:
        """A row for each examiner's sheet, a column for each item with the place of the level; NA elsewhere."""
        items = [row for row in self._criteria.values() if not row.is_global_rating]
        columns = {row.pk: place for place, row in enumerate(items)}
        yield ["pid", "rater", "station", *(f"i{row.pk}" for row in items)]
        row: list[Any] = []
        sheet = None
        for rating, criterion, level, _is_not_applicable in self._marks():
            if rating.rater == "patient":
                continue
            if rating.sheet != sheet:
                if row:
                    yield row
                candidate, station, _circuit, examiner, _role = self._place(rating)
                row, sheet = [candidate, examiner, station, *["NA"] * len(items)], rating.sheet
            if level is not None and criterion.pk in columns:
                row[3 + columns[criterion.pk]] = self._order[criterion.pk][level]
        if row:
            yield row

    def facets(self) -> Iterator[str]:
        """A specification with its data, for FACETS: candidates, examiners, items; a scale for each item."""
        candidates = sorted(map(self._candidate, range(len(self.standing.scores.candidates))))
        places = {label: place for place, label in enumerate(candidates, start=1)}
        examiners = sorted({self.naming.examiner(row.name) for row in self._ratings.values()})
        items = [row for row in self._criteria.values() if not row.is_global_rating]
        yield "Title = OSCE\nFacets = 3\nPositive = 1\nNoncenter = 1\nModels = ?,?,#,R\nLabels =\n"
        for number, (name, labels) in enumerate(
            [
                ("Candidates", candidates),
                ("Examiners", examiners),
                ("Items", [f"i{row.pk} {row.title}" for row in items]),
            ],
            start=1,
        ):
            yield f"{number},{name}\n"
            yield from (f"{place}={_plain(label)}\n" for place, label in enumerate(labels, start=1))
            yield "*\n"
        yield "Data =\n"
        numbers = {row.pk: place for place, row in enumerate(items, start=1)}
        for rating, criterion, level, _is_not_applicable in self._marks():
            if level is not None and criterion.pk in numbers and rating.rater != "patient":
                examiner = examiners.index(self.naming.examiner(rating.name)) + 1
                score = self._order[criterion.pk][level]
                candidate = places[self._candidate(rating.candidate)]
                yield f"{candidate},{examiner},{numbers[criterion.pk]},{score}\n"

    def wide(self) -> Iterator[list[Any]]:
        """A row for each candidate."""
        standing = self.standing
        parts = standing.scores.parts
        of_parts = [f"{part.title}: {what}" for part in parts for what in ("mark", "grade", "cut", "passed")]
        names = [name for name in WIDE if "<" not in name and (name != "name" or self.naming.is_identified)]
        yield [*names, *of_parts]
        decided = traces(standing)
        for place in sorted(range(len(decided)), key=self._candidate):
            trace = decided[place].trace
            row: list[Any] = [self._candidate(place)]
            row += [decided[place].person.display_name] if self.naming.is_identified else []
            row += [_number(trace["total"]), _number(trace["pass_mark"]), trace["parts_passed"]]
            row += [trace["verdict"], int(trace["board"] is not None)]
            for at, link in enumerate(trace["parts"]):
                grade, passed = standing.grades[place, at], link["passed"]
                row += [link["mark"], float(grade) if grade == grade else None, _number(link["cut"])]
                row += [None if passed is None else int(passed)]
            yield row

    def stations(self) -> Iterator[list[Any]]:
        yield [
            "station",
            "weight",
            "counts",
            "must_pass",
            "cut",
            "cut_by",
            "standard_error",
            "n",
            "mean",
            "sd",
        ]
        standing = self.standing
        for place, part in enumerate(standing.scores.parts):
            marks = standing.marks[:, place]
            marks = marks[marks == marks]
            cut = standing.cuts[place]
            yield [
                part.title,
                part.weight,
                int(place in standing.counted),
                int(part.is_must_pass),
                None if isinstance(cut.value, Undefined) else cut.value,
                standing.ruling(place).method,
                None if isinstance(cut.standard_error, Undefined) else cut.standard_error,
                int(marks.size),
                float(marks.mean()) if marks.size else None,
                float(marks.std(ddof=1)) if marks.size > 1 else None,
            ]

    def _marks(self) -> Iterator[tuple[Rating, Criterion, int | None, bool]]:
        """Sheet by sheet in the order of their names in the file; the database is read a chunk at a time."""
        sheets = sorted(self._ratings, key=self.naming.sheet)
        for start in range(0, len(sheets), CHUNK):
            marks = Mark.objects.filter(sheet__in=sheets[start : start + CHUNK])
            rows = marks.order_by("criterion__position", "criterion")
            found: dict[int, list[Any]] = {}
            for sheet, *answer in rows.values_list("sheet", "criterion", "level", "is_not_applicable"):
                found.setdefault(sheet, []).append(answer)
            for sheet in sheets[start : start + CHUNK]:
                for criterion, level, is_not_applicable in found.get(sheet, []):
                    yield self._ratings[sheet], self._criteria[criterion], level, is_not_applicable

    def _place(self, rating: Rating) -> list[str]:
        part = self.standing.scores.parts[rating.part]
        circuit = self.standing.scores.groups[rating.candidate][rating.part]
        examiner = self.naming.examiner(rating.name)
        return [self._candidate(rating.candidate), part.title, circuit, examiner, str(rating.rater)]

    def _candidate(self, place: int) -> str:
        row = self.standing.scores.candidates[place]
        return self.naming.candidate(row.person.pk, row.code)

    def _worth(self, criterion: Criterion, level: int | None) -> tuple[Any, float]:
        if criterion.is_global_rating:
            return "" if level is None else self._points[criterion.pk, level], 0.0
        return "" if level is None else self._points[criterion.pk, level], float(criterion.maximum)

    @cached_property
    def _ratings(self) -> dict[int, Rating]:
        return {row.sheet: row for row in self.standing.scores.ratings}

    @cached_property
    def _criteria(self) -> dict[int, Criterion]:
        found = Criterion.objects.filter(rubric__mark_sheets__in=list(self._ratings)).distinct()
        return {row.pk: row for row in found.prefetch_related("levels").order_by("rubric", "position")}

    @cached_property
    def _points(self) -> dict[tuple[int, int], float]:
        return {
            (row.pk, level.pk): float(level.points if row.is_global_rating else row.points_for(level))
            for row in self._criteria.values()
            for level in row.levels.all()
        }

    @cached_property
    def _order(self) -> dict[int, dict[int, int]]:
        """Of each item's levels, by points, which place they have."""
        return {
            row.pk: {
                level.pk: place
                for place, level in enumerate(sorted(row.levels.all(), key=lambda it: it.points))
            }
            for row in self._criteria.values()
        }


def dictionary() -> Iterator[list[Any]]:
    yield ["file", "column", "meaning"]
    for name, columns in FILES.items():
        for column, meaning in columns.items():
            yield [name, column, meaning]


def csv_lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    """A line at a time, in UTF-8 that spreadsheets recognise."""
    yield "\ufeff"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def guarded(cell: Any) -> Any:
    """A text that a spreadsheet would compute stays a text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def workbook(export: Export) -> IO[bytes]:
    """Candidates, stations, and what the columns mean."""
    book = Workbook(write_only=True)
    sheets: Mapping[str, Iterable[list[Any]]] = {
        "candidates": export.wide(),
        "stations": export.stations(),
        "dictionary": dictionary(),
    }
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([guarded(cell) for cell in row])
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the answer closes it
    book.save(file)
    file.seek(0)
    return file


READ_ME = """Files for further computation; dictionary.csv says what the columns mean.

lme4.csv    R: library(lme4); x <- read.csv("lme4.csv", fileEncoding = "UTF-8-BOM")
            lmer(score ~ 1 + (1 | candidate) + (1 | station) + (1 | examiner), x)
tam.csv     R: library(TAM); x <- read.csv("tam.csv", fileEncoding = "UTF-8-BOM", na.strings = "NA")
            tam.mml.mfr(x[, -(1:3)], facets = x["rater"], formulaA = ~ item + rater + step, pid = x$pid)
facets.txt  FACETS reads it as it is: specification, labels and data.
"""


def bundle(export: Export) -> IO[bytes]:
    """For R and FACETS, in one file."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the answer closes it
    makers: Mapping[str, Callable[[], Iterable[str]]] = {
        "lme4.csv": lambda: csv_lines(export.lme4()),
        "tam.csv": lambda: csv_lines(export.tam()),
        "facets.txt": export.facets,
        "dictionary.csv": lambda: csv_lines(dictionary()),
        "README.txt": lambda: [READ_ME],
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in makers.items():
            with archive.open(name, "w") as entry:
                for line in lines():
                    entry.write(line.encode())
    file.seek(0)
    return file


def _number(kept: Any) -> float | None:
    return None if isinstance(kept, dict) else kept


def _plain(label: str) -> str:
    """One line, without what FACETS takes for a sign."""
    return " ".join(label.replace("=", " ").replace(",", " ").replace("*", " ").split())

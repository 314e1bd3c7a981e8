"""Rubrics from files and as files: nothing is lost on the way, and what is wrong is said by its place."""

import io
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.audit.models import Event
from assessments.rubrics import drafting, library
from assessments.rubrics.files import canvas_csv, losses, rubric_json, tables, workbook
from assessments.rubrics.files.formats import FORMATS
from assessments.rubrics.files.outcome import Remark
from assessments.rubrics.files.reading import MOST_BYTES, read
from assessments.rubrics.models import Rubric
from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)
from lti_tool.models import Role
from tests import factories
from tests.factories import criterion, global_rating

CANVAS_SAMPLE = Path("tests/samples/rubrics/canvas.import.csv").read_text()
LOSSLESS = ["xlsx", "csv", "json"]


# --- any rubric that drafting would accept


def texts(most, least=0):
    """As drafting keeps them: no outer blanks, no NUL, line ends as \\n. Half of them try to be something else."""
    letters = st.characters(codec="utf-8", exclude_characters="\x00")
    nasty = st.sampled_from(
        ["=1+1", "'=1", "''", "-", "+x", "@me", "＝1", "a;b,c\td", 'say "so"', "_x0041_", "_x005F_", "1.0", "007", "yes",
         "a\rb", "a\nb", "\ufeffmark", "x\x0by", "a\x85b", "\u2028", "rubric", "none", "TRUE", "1e5", "\ufffe", "<b>&amp;"]
    )  # fmt: skip
    anything = st.one_of(nasty, st.text(letters, max_size=most))
    return anything.map(lambda text: text.replace("\r\n", "\n").strip()[:most].strip()).filter(
        lambda text: len(text) >= least
    )


points = st.decimals(0, 1000, places=2)
weights = st.integers(1, 1000).map(lambda tenths: Decimal(tenths) / 10)


def levels(kind):
    is_borderline = st.booleans() if kind == Kind.GLOBAL else st.just(False)
    return st.lists(st.builds(LevelWording, texts(40, 1), points, texts(40), is_borderline), max_size=5).map(
        tuple
    )


@st.composite
def criteria(draw, kinds=(Kind.CHECKLIST, Kind.RATING, Kind.DOMAIN)):
    kind = draw(st.sampled_from(kinds))
    return CriterionWording(
        draw(texts(40, 1)), draw(levels(kind)), draw(texts(40)), kind.value, draw(texts(20)), draw(texts(20)),
        draw(texts(20)), draw(weights), *(draw(st.booleans()) for _ in range(4)),
    )  # fmt: skip


@st.composite
def rubrics(draw):
    rows = draw(st.lists(criteria(), max_size=4))
    if draw(st.booleans()):
        rows.insert(draw(st.integers(0, len(rows))), draw(criteria(kinds=(Kind.GLOBAL,))))
    statement = st.builds(StatementWording, texts(40, 1), st.sampled_from(StatementKind.values))
    return RubricWording(
        draw(texts(40, 1)), draw(texts(40)), tuple(rows), tuple(draw(st.lists(statement, max_size=3)))
    )


@pytest.mark.parametrize("form", LOSSLESS)
@settings(max_examples=80, deadline=None)
@given(given_rubrics=st.lists(rubrics(), min_size=1, max_size=2))
def test_round_trip_loses_nothing(form, given_rubrics):
    assert all(drafting.check(rubric) == (rubric, []) for rubric in given_rubrics)

    found = read(FORMATS[form].write(given_rubrics))

    assert (found.problems, found.notes) == ((), ())
    assert found.rubrics == tuple(given_rubrics)


@settings(max_examples=80, deadline=None)
@given(rubric=rubrics())
def test_round_trip_through_canvas_loses_what_was_named(rubric):
    found = read(FORMATS["canvas"].write([rubric]))

    expected = as_canvas_keeps(rubric)
    if not expected.criteria:
        assert [problem.sentence for problem in found.problems] == [
            "There are headings and nothing below them. Write one criterion on each row."
        ]
    elif too_many := [row for row in expected.criteria if any(level.points > 1000 for level in row.levels)]:
        assert len({problem.where for problem in found.problems}) == len(too_many)
    else:
        assert found.rubrics == (expected,)
    if not losses.of(rubric) and rubric.criteria:
        assert found.rubrics == (rubric,)


def as_canvas_keeps(rubric):
    rows = [as_canvas_keeps_it(row) for row in rubric.criteria if row.kind != Kind.GLOBAL and row.levels]
    return RubricWording(rubric.title, criteria=tuple(rows))


def as_canvas_keeps_it(row):
    weighted = [replace(level, points=hundredths(level.points * row.weight)) for level in row.levels]
    order = [level.points for level in row.levels]
    if order != sorted(order):
        weighted = sorted(weighted, key=lambda level: level.points, reverse=True)[::-1]
    kind = "checklist" if len(weighted) <= 2 else "rating"
    return CriterionWording(row.title, tuple(weighted), row.description, kind)


def hundredths(value):
    return value.quantize(Decimal("0.01"), "ROUND_HALF_UP")


@pytest.mark.parametrize("template", [template.slug for template in library.templates()])
@pytest.mark.parametrize("form", LOSSLESS)
def test_our_templates_survive_every_lossless_file(form, template):
    wording, faults = drafting.check(library.find(template).wording)

    assert faults == []
    assert read(FORMATS[form].write([wording])).rubrics == (wording,)


# --- Canvas


def test_sample_of_canvas_is_read():
    found = read(CANVAS_SAMPLE.encode())

    assert found.rubrics == (
        RubricWording(
            "OSCE communication",
            criteria=(
                CriterionWording(
                    "Introduces self",
                    (
                        LevelWording("Absent", Decimal(0), "None"),
                        LevelWording("Partial", Decimal("2.5"), "Two of three"),
                        LevelWording("Complete", Decimal(5), "All three"),
                    ),
                    "Name, role, consent",
                    "rating",
                ),
                CriterionWording(
                    "Structure",
                    (LevelWording("No marks", Decimal(0)), LevelWording("Full marks", Decimal(5))),
                    kind="rating",
                ),
            ),
        ),
        RubricWording(
            "Peer feedback quality",
            criteria=(
                CriterionWording(
                    "Specific",
                    (LevelWording("No", Decimal(0)), LevelWording("Yes", Decimal(1))),
                    "Names the behaviour",
                ),
            ),
        ),
    )
    assert found.notes == (
        Remark(
            "Points between two ratings (Canvas' “range”) are not kept: here each level gives its own points.",
            "Row 3",
            "Criteria Enable Range",
        ),
    )


def test_sample_of_canvas_is_written_as_it_was_but_for_the_range_that_was_named():
    again = canvas_csv.write(read(CANVAS_SAMPLE.encode()).rubrics)

    assert again.replace("\r\n", "\n") == CANVAS_SAMPLE.replace("Structure,,true,", "Structure,,false,")


def test_file_for_canvas_begins_with_its_first_heading():
    assert FORMATS["canvas"].write([RubricWording("A", criteria=(criterion(),))]).startswith(b"Rubric Name,")


def test_numbered_headings_and_decimal_commas_of_canvas_are_read():
    text = (
        "Rubric Name,Criteria Name,Criteria Description,Criteria Enable Range,"
        "RATING NAME 1,Rating description 1,Rating Points 1,Rating Name 2,Rating Description 2,Rating Points 2\n"
        'A,B,,FALSE,Yes,,"1,255",No,,0\n'
    )

    found = read(text.encode())

    assert [level.points for level in found.rubrics[0].criteria[0].levels] == [Decimal(0), Decimal("1.26")]
    assert found.notes == (
        Remark("Points are rounded to two decimals, as Canvas does.", "Row 2", "Rating Points"),
    )


def test_what_canvas_will_not_keep_is_named():
    rubric = RubricWording(
        "Chest pain",
        "A station.",
        (
            criterion(
                "Washes hands", ("No", "0"), ("Yes", "0.55"), section="S", domain="D", competency="C",
                weight=Decimal("2.5"), is_critical=True, allows_not_applicable=True, is_mandatory=False,
                is_shown_to_student=False,
            ),
            criterion("- Falls", ("Yes", "2"), ("No", "0"), kind=Kind.DOMAIN),
            criterion("Empty", ("x", "0")),
            CriterionWording("Nothing yet"),
            global_rating(),
        ),
        (StatementWording("Fine."),),
    )  # fmt: skip

    assert losses.of(rubric) == [
        "The global rating (“Global rating”): Canvas would add its points to the total. It is left out.",
        "Criteria without levels (“Nothing yet”): Canvas refuses them. They are left out.",
        "The feedback statements: 1.",
        "What the rubric is for.",
        "Critical: “Washes hands”.",
        "Need not be answered: “Washes hands”.",
        "May be not applicable: “Washes hands”.",
        "Not shown in the feedback: “Washes hands”.",
        "Weights: the points are multiplied by them (“Washes hands”).",
        "Points with more than two decimals are rounded: “Washes hands”.",
        "Kinds of criteria: “- Falls”.",
        "Sections: “Washes hands”.",
        "Domains: “Washes hands”.",
        "Competencies: “Washes hands”.",
        "The order of the levels, which Canvas sorts by points: “- Falls”.",
        "Texts that begin like a formula (=, +, -, @) get an apostrophe in front, so that no spreadsheet runs them.",
    ]
    assert losses.of(RubricWording("Plain", criteria=(criterion("A", ("No", "0"), ("Yes", "1")),))) == []


def test_weights_are_multiplied_in_for_canvas():
    rubric = RubricWording(
        "A", criteria=(criterion("B", ("No", "0"), ("Yes", "1.5"), weight=Decimal("2.5")),)
    )

    assert canvas_csv.write([rubric]).splitlines()[1] == "A,B,,false,Yes,,3.75,No,,0"


# --- as people's programs write files

SHEET = "Kind,Criterion,Level 1,Level 1 points,Level 2,Level 2 points\nrubric,R\nchecklist item,Greets,No,0,Yes,1\n"
READ_SHEET = (
    RubricWording(
        "R",
        criteria=(
            CriterionWording("Greets", (LevelWording("No", Decimal(0)), LevelWording("Yes", Decimal(1)))),
        ),
    ),
)


@pytest.mark.parametrize(
    "content",
    [
        SHEET.encode(),
        SHEET.encode("utf-8-sig"),
        SHEET.encode("utf-16"),
        SHEET.replace(",", ";").encode(),
        SHEET.replace(",", "\t").encode(),
        SHEET.replace("\n", "\r\n").encode(),
        SHEET.replace("\n", "\r").encode(),
        (SHEET + ",,,,,\n\n   \n" * 300).encode(),
        ("\n\n" + SHEET.replace(",", ";")).encode(),
        SHEET.upper().replace("GREETS", "Greets").replace("NO,", "No,").replace("YES", "Yes").encode(),
        SHEET.replace("checklist item", "").encode(),
    ],
    ids=[
        "utf-8",
        "mark",
        "utf-16",
        "semicolons",
        "tabs",
        "crlf",
        "cr",
        "trailing",
        "leading",
        "capitals",
        "default",
    ],
)
def test_sheet_is_read_however_it_was_saved(content):
    found = read(content)

    assert (found.rubrics, found.problems) == (READ_SHEET, ())


def test_decimal_comma_in_a_file_with_semicolons():
    found = read(SHEET.replace(",", ";").replace("Yes;1", "Yes;1,5").encode())

    assert found.rubrics[0].criteria[0].levels[1].points == Decimal("1.5")


def book(*rows, formulas=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, formula in formulas:
        made.active[cell] = formula
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


SHEET_ROWS = [line.split(",") for line in SHEET.splitlines()]


def test_workbook_that_people_wrote_is_read():
    rows = [*SHEET_ROWS[:2], ["checklist item", "Greets", "No", 0, "Yes", 0.1 + 0.7], *[[None] * 6] * 600]

    assert read(book(*rows)).rubrics[0].criteria[0].levels[1].points == Decimal("0.8")


def test_half_a_character_in_a_workbook_stays_as_it_is_written():
    rows = [*SHEET_ROWS[:1], ["rubric", "_xD83D_ and _x0041_"]]

    assert read(book(*rows)).rubrics[0].title == "_xD83D_ and A"


def test_other_sheets_of_a_workbook_are_named():
    made = openpyxl.load_workbook(io.BytesIO(book(*SHEET_ROWS)))
    made.create_sheet("Old version")
    out = io.BytesIO()
    made.save(out)

    found = read(out.getvalue())

    assert found.rubrics == READ_SHEET
    assert found.notes == (Remark("Only the first sheet is read. Not read: Old version."),)


def test_formula_in_a_workbook_is_never_taken_as_text():
    content = book(*SHEET_ROWS, formulas=[("B3", '=HYPERLINK("http://evil.example")')])

    found = read(content)  # openpyxl wrote no value for it, as nobody has calculated it

    assert found.problems == (Remark("Say what this criterion is about.", "Row 3", "Criterion"),)


@pytest.mark.parametrize("form", ["csv", "xlsx", "canvas"])
def test_nothing_that_is_exported_runs_in_a_spreadsheet(form):
    rubric = RubricWording(
        "=cmd()", criteria=(criterion("@SUM(A1)", ("+1", "0"), ("-1", "1"), description="=2"),)
    )

    content = FORMATS[form].write([rubric])

    if form == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())
        assert {cell.data_type for row in rows for cell in row} == {"s", "n"}
        cells = [cell.value for row in rows for cell in row if cell.value is not None]
    else:
        cells = [cell for row in tables.csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    written = {str(cell) for cell in cells}
    assert {"'=cmd()", "'@SUM(A1)", "'+1", "'-1", "'=2"} <= written
    assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@"))]
    assert read(content).rubrics[0].title == "=cmd()"


# --- each mistake in its own words


def says(value):
    """Test ids: the sentence alone, never a megabyte of content."""
    return value[-1][:50] if isinstance(value, tuple) else value[:50] if isinstance(value, str) else "file"


def sheet(*lines, headings="Kind,Criterion,Level 1,Level 1 points,Level 2,Level 2 points"):
    return "\n".join([headings, "rubric,R", *lines]).encode()


def remarks(content):
    found = read(content)
    assert found.rubrics == ()
    return [(remark.where, remark.column, remark.sentence) for remark in found.problems]


KNOWN_KINDS = "rubric, checklist item, rating scale, domain grade, global rating, strength, next step"
KNOWN_HEADINGS = (
    "Kind, Section, Criterion, What to look for, Domain, Competency, Weight, Mandatory, Critical, Not applicable allowed, "
    "Shown to student, Borderline level, Level 1, Level 1 points, Level 1 looks like"
)
FULL = "Kind,Criterion,Weight,Critical,Borderline level,What to look for,Level 1,Level 1 points,Level 2,Level 2 points"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("", "", "There is nothing in this file.")),
        (b"\n ,,\n", ("", "", "There is nothing in this file.")),
        (
            "Kind,Criterion\nrubric,Säule".encode("latin-1"),
            (
                "", "",
                "The letters of this file cannot be read. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx), and choose "
                "that file.",
            ),
        ),
        (
            SHEET.encode("utf-16-le"),
            (
                "", "",
                "The letters of this file cannot be read. Save it as “CSV UTF-8” or as an Excel workbook (.xlsx), and choose "
                "that file.",
            ),
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on",
            ("", "", "This is an older Excel file (.xls), or one with a password. Save it as .xlsx without one."),
        ),
        (
            b"x" * (MOST_BYTES + 1),
            ("", "", "The file is larger than 1 MB. A rubric is much smaller: is this the right file?"),
        ),
        (
            b"Name,Mark\nAlice,3",
            (
                "", "",
                "The first row holds no heading that we know. It should be that of our mark-sheet template (“Kind”, "
                "“Criterion”, …) or of Canvas' rubric files (“Rubric Name”, …).",
            ),
        ),
        (
            b'Kind,Criterion\n"' + b"x" * 200_000,
            ("", "", "Line 2 cannot be read as CSV. Look for a quotation mark that is not closed."),
        ),
        (sheet(*["checklist item,A"] * 500), ("", "", "The file has more than 500 rows. Split it into several files.")),
        (
            b"Kind,Criterion\n" + b"," * 300 + b"x",
            ("", "", "Row 2 has more than 200 cells. Is this the right file?"),
        ),
        (
            b"Kind,Criterion\n",
            ("", "", "There are headings and nothing below them. Write one item on each row."),
        ),
        (
            b"Kind,Criterion,kind\nrubric,R",
            ("Row 1", "kind", "The heading “kind” is there twice. Keep one."),
        ),
        (
            b"Kind,Criterion,Title\nrubric,R",
            (
                "Row 1", "Title",
                f"This heading is not known. Rename or remove the column. Known are: {KNOWN_HEADINGS}, and so on.",
            ),
        ),
        (
            b"Kind,,Criterion\nrubric,,R",
            ("Row 1", "B", "Column B has no heading. Give it one, or empty the column."),
        ),
        (
            b"Criterion\nR",
            ("Row 1", "Kind", "The column “Kind” is missing. Add it, with exactly this heading."),
        ),
        (
            b"Kind,Criterion,Level 1\nrubric,R",
            ("Row 1", "Level 1 points", "The column “Level 1 points” is missing. Add it, with exactly this heading."),
        ),
        (
            b"Kind,Criterion\nchecklist item,A",
            ("Row 2", "Kind", "Above this row there must be one of kind “rubric”, with the rubric's title under “Criterion”."),
        ),
        (sheet("tick box,A"), ("Row 3", "Kind", f"“tick box” is not known here. Known are: {KNOWN_KINDS}.")),
        (
            sheet("checklist item,A,1,maybe", headings="Kind,Criterion,Weight,Critical"),
            ("Row 3", "Critical", "“maybe” is not known here. Known are: yes, no."),
        ),
        (
            sheet("checklist item,A,heavy", headings="Kind,Criterion,Weight"),
            (
                "Row 3", "Weight",
                "“heavy” is not a weight. Write a number above 0 and up to 100 with at most one decimal, like 2 or 0.5.",
            ),
        ),
        (
            sheet("checklist item,A,No,nil,Yes,1"),
            (
                "Row 3", "Level 1 points",
                "“nil” is not a number of points. Write it like 2 or 1.5, with at most two decimals.",
            ),
        ),
        (sheet("checklist item,A,No,-1,Yes,1"), ("Row 3", "Level 1 points", "Points cannot be below zero: -1.")),
        (sheet("checklist item,A,No,0,Yes,1001"), ("Row 3", "Level 2 points", "A level can give at most 1000 points.")),
        (
            sheet("checklist item,A,No,,Yes,1"),
            ("Row 3", "Level 1 points", "Write how many points this level gives; 0 is fine."),
        ),
        (sheet("checklist item,A,No,0,,1"), ("Row 3", "Level 2", "Give this level a name.")),
        (sheet("checklist item,,No,0,Yes,1"), ("Row 3", "Criterion", "Say what this criterion is about.")),
        (
            sheet("checklist item," + "x" * 201),
            ("Row 3", "Criterion", "This text has 201 characters; at most 200 fit here."),
        ),
        (sheet("strength,"), ("Row 3", "Criterion", "Write the statement, or remove its row.")),
        (
            sheet("strength,Fine,No"),
            ("Row 3", "Level 1", "A row of kind “strength” has nothing here. Empty this cell."),
        ),
        (sheet("rubric,"), ("Row 3", "Criterion", "Give the rubric a title.")),
        (
            sheet("global rating,A", "global rating,B"),
            ("Row 4", "Kind", "The rubric has a global rating already; it can have one."),
        ),
        (
            sheet("checklist item,A,,,2", headings=FULL),
            ("Row 3", "Borderline level", "Only a global rating has a borderline. Empty this cell."),
        ),
        (
            sheet("global rating,A,,,middle", headings=FULL),
            ("Row 3", "Borderline level", "Write the number of the level that is the borderline, such as 2."),
        ),
        (
            sheet("global rating,A,,,2,,Fail,0", headings=FULL),
            ("Row 3", "Borderline level", "There is no level 2 on this row."),
        ),
        (sheet(*["checklist item,A"] * 101), ("Row 2", "", "A rubric can have at most 100 criteria.")),
        (sheet(*["strength,A"] * 61), ("Row 2", "", "A rubric can have at most 60 feedback statements.")),
        (
            sheet(
                "checklist item,A" + ",L,1" * 13,
                headings="Kind,Criterion," + ",".join(f"Level {n},Level {n} points" for n in range(1, 14)),
            ),
            ("Row 3", "Level 13", "A criterion can have at most 12 levels."),
        ),
    ],
    ids=says,
)  # fmt: skip
def test_mistake_in_a_sheet_is_named(content, expected):
    assert remarks(content) == [expected]


def canvas(*lines, headings="Rubric Name,Criteria Name,Criteria Description,Criteria Enable Range"):
    ratings = ",Rating Name,Rating Description,Rating Points" * 2
    return "\n".join([headings + ratings, *lines]).encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            canvas(),
            ("", "", "There are headings and nothing below them. Write one criterion on each row."),
        ),
        (
            canvas(",A,,false,Yes,,1,No,,0"),
            ("Row 2", "Rubric Name", "Write the name of the rubric here: Canvas' files repeat it on every row."),
        ),
        (canvas("R,,,false,Yes,,1,No,,0"), ("Row 2", "Criteria Name", "Say what this criterion is about.")),
        (canvas("R,A,,false"), ("Row 2", "Rating Name", "This criterion has no ratings. Give it at least two.")),
        (
            canvas("R,A,,perhaps,Yes,,1,No,,0"),
            ("Row 2", "Criteria Enable Range", "“perhaps” is not known here. Write true or false."),
        ),
        (
            canvas("R,A,,false,,,,No,,"),
            ("Row 2", "Rating Points 2", "Write how many points this level gives; 0 is fine."),
        ),
        (canvas("R,A,,false,Yes,,-1,No,,0"), ("Row 2", "Rating Points 1", "Points cannot be below zero: -1.")),
        (
            canvas("R,A,B", headings="Rubric Name,Criteria Name,Criteria Name"),
            ("Row 1", "Criteria Name", "The heading “Criteria Name” is there twice. Keep one."),
        ),
        (
            canvas("R", headings="Rubric Name"),
            ("Row 1", "Criteria Name", "The column “Criteria Name” is missing."),
        ),
        (
            b"Rubric Name,Criteria Name,Rating Name\nR,A,Yes",
            ("Row 1", "Rating Points", "The column “Rating Points” is missing. Ratings need one each."),
        ),
        (
            canvas("R," + "x" * 201 + ",,false,Yes,,1,No,,0"),
            ("Row 2", "Criteria Name", "This text has 201 characters; at most 200 fit here."),
        ),
    ],
    ids=says,
)  # fmt: skip
def test_mistake_in_a_file_of_canvas_is_named(content, expected):
    assert remarks(content) == [expected]


def as_json(*sent, **more):
    return json.dumps({"format": "bellringer-rubric", "version": 1, "rubrics": list(sent), **more}).encode()


def one(**row):
    return as_json({"title": "R", "criteria": [{"title": "A", **row}]})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": ', ("", "", "This is not JSON: line 1, character 7 cannot be read. Was the file cut off?")),
        (b"[" * 100_000, ("", "", "This JSON is nested too deeply to be a rubric.")),
        (
            b'{"a": 1}',
            ("", "", "This JSON is not a rubric of ours: it should begin with “format”: “bellringer-rubric”."),
        ),
        (
            as_json(version=2),
            ("", "", "This file is of version 2; version 1 can be read here. Is this installation older?"),
        ),
        (as_json(), ("", "", "There is no rubric in this file.")),
        (as_json("R"), ("Rubric 1", "", "This should be an object, in curly brackets.")),
        (as_json({}), ("Rubric 1", "title", "This field is missing.")),
        (
            as_json({"title": "R", "owner": "x"}),
            ("Rubric 1", "owner", "This field is not known. Known are: title, description, criteria, statements."),
        ),
        (as_json({"title": 7}), ("Rubric 1", "title", "Write a text, in quotation marks.")),
        (as_json({"title": None}), ("Rubric 1", "title", "Write a text, in quotation marks.")),
        (
            one(weight="\ud800"),
            ("", "", "There is half a character in this file, such as one half of an emoji. Type that text again."),
        ),
        (
            as_json(*[{"title": "R"}] * 51),
            ("", "", "A file can bring at most 50 rubrics at once. Split it into several files."),
        ),
        (
            as_json({"title": "R", "criteria": {}}),
            ("Rubric 1", "criteria", "Write a list, in square brackets."),
        ),
        (
            one(kind="tick"),
            ("Rubric 1, criterion 1", "kind", "This kind is not known. Known are: checklist, rating, domain, global."),
        ),
        (one(is_critical="yes"), ("Rubric 1, criterion 1", "is_critical", "Write true or false.")),
        (one(weight=True), ("Rubric 1, criterion 1", "weight", "Write a number, such as 2 or 1.5.")),
        (
            one(levels=[{"title": "L", "points": float("nan")}]),
            (
                "Rubric 1, criterion 1, level 1", "points",
                "“NaN” is not a number of points. Write it like 2 or 1.5, with at most two decimals.",
            ),
        ),
        (
            one(levels=[{"title": "L"}]),
            ("Rubric 1, criterion 1, level 1", "points", "This field is missing."),
        ),
        (one(section="x" * 101), (
            "Rubric 1, criterion 1", "section", "This text has 101 characters; at most 100 fit here.",
        )),
        (
            as_json({"title": "R", "statements": [{"text": ""}]}),
            ("Rubric 1, statement 1", "", "Write the statement, or remove its row."),
        ),
    ],
    ids=says,
)  # fmt: skip
def test_mistake_in_json_is_named(content, expected):
    assert remarks(content) == [expected]


def test_json_that_is_all_wrong_is_not_read_to_its_end():
    assert len(read(as_json({"criteria": [{"a": 1}] * 50_000})).problems) == rubric_json.MOST_PROBLEMS


def packed(*parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts:
            made.writestr(name, content)
    return out.getvalue()


def with_sheet(change):
    """A workbook that is right in all but the text of its sheet."""
    with zipfile.ZipFile(io.BytesIO(book(*SHEET_ROWS))) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    sheet_name = "xl/worksheets/sheet1.xml"
    return packed(*(parts | {sheet_name: change(parts[sheet_name])}).items())


def test_workbook_that_is_packed_again_is_read():
    assert read(with_sheet(lambda xml: xml)).rubrics == READ_SHEET


TOO_LARGE = "Unpacked, this workbook is too large to be a rubric. Copy its rows into a new workbook."
UNREADABLE = "This workbook cannot be read. Open it in your spreadsheet program and save it again as .xlsx, without a password."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed(("xl/worksheets/sheet1.xml", b"0" * (workbook.MOST_UNPACKED + 1))), TOO_LARGE),
        (packed(("xl/styles.xml", b"0" * (workbook.MOST_OF_A_PART + 1))), TOO_LARGE),
        (packed(*((str(n), b"") for n in range(workbook.MOST_PARTS + 1))), TOO_LARGE),
        (packed(("a.txt", b"not a workbook")), UNREADABLE),
        (with_sheet(lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml), UNREADABLE),
        (with_sheet(lambda xml: xml.decode().encode("utf-16")), UNREADABLE),
        (book(*SHEET_ROWS)[:-200], UNREADABLE),
        (b"PK\x03\x04" + b"x" * 50, UNREADABLE),
    ],
    ids=["bomb", "styles", "parts", "text", "entities", "utf-16", "cut", "magic"],
)
def test_workbook_that_is_none_is_refused(content, sentence):
    assert remarks(content) == [("", "", sentence)]


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, 2000),
    junk=st.binary(max_size=20),
    form=st.sampled_from(sorted(FORMATS)),
)
def test_damaged_file_is_read_or_refused_and_never_breaks(place, junk, form):
    content = FORMATS[form].write([library.templates()[0].wording])
    place %= len(content)

    found = read(content[:place] + junk + content[place + len(junk) :])

    assert bool(found.rubrics) != bool(found.problems)


def test_everything_wrong_with_a_file_is_said_at_once():
    content = sheet(
        "tick box,A,,,,,No,0,Yes,one",
        "checklist item,B,heavy,perhaps,,,No,0,,1",
        "",
        "global rating,C,,,9",
        headings=FULL,
    )

    assert [(where, column) for where, column, _ in remarks(content)] == [
        ("Row 3", "Kind"),
        ("Row 3", "Level 2 points"),
        ("Row 4", "Critical"),
        ("Row 4", "Weight"),
        ("Row 4", "Level 2"),
        ("Row 6", "Borderline level"),
    ]


# --- the pages


@pytest.fixture
def teacher(visit, course):
    return visit(course.teacher)


def upload(someone, content, **more):
    chosen = io.BytesIO(content)
    chosen.name = "rubric.csv"
    return someone.post("/rubrics/files/", {"file": chosen, **more})


def test_story_of_an_import(teacher, course):
    Event.objects.all().delete()
    before = set(Rubric.objects.values_list("pk", flat=True))
    assert reverse("rubrics:files") in teacher.get("/rubrics/").text

    refused = upload(teacher, sheet("checklist item,Greets,No,nil,Yes,1"))
    assert refused.status_code == 400
    assert "Nothing is imported yet. Please mend this in the file" in refused.text
    assert "“nil” is not a number of points." in refused.text
    assert "Row 3" in refused.text

    shown = upload(teacher, CANVAS_SAMPLE.encode())
    assert "2 drafts. Nothing is stored yet" in shown.text
    assert "Read otherwise than it is written:" in shown.text
    assert set(Rubric.objects.values_list("pk", flat=True)) == before
    assert not Event.objects.exists()

    answer = teacher.post("/rubrics/files/drafts/", {"rubrics": shown.context["carried"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rubrics/?done=imported")
    made = Rubric.objects.whole().exclude(pk__in=before).order_by("pk")
    assert [row.wording() for row in made] == list(read(CANVAS_SAMPLE.encode()).rubrics)
    assert {(row.context_id, row.state, row.created_by) for row in made} == {
        (course.context.pk, "draft", course.teacher)
    }
    assert sorted(Event.objects.values_list("verb", "actor", "object_id")) == sorted(
        (verb, course.teacher.pk, row.pk) for row in made for verb in ("rubric.started", "rubric.imported")
    )
    assert "imported as drafts" in teacher.get(answer.headers["Location"]).text


def test_pasted_rows_are_read_and_one_draft_opens(teacher):
    shown = teacher.post("/rubrics/files/", {"text": SHEET.replace(",", "\t")})
    answer = teacher.post("/rubrics/files/drafts/", {"rubrics": shown.context["carried"]})

    assert answer.headers["Location"] == Rubric.objects.get(title="R").get_absolute_url()


def test_pasted_rows_that_are_refused_are_still_there(teacher):
    answer = teacher.post("/rubrics/files/", {"text": "Kind,Criterion\nrubric,"})

    assert answer.status_code == 400
    assert "Kind,Criterion\nrubric,</textarea>" in answer.text


def test_what_is_carried_to_the_confirmation_is_checked_again(teacher):
    before = Rubric.objects.count()
    carried = rubric_json.write(READ_SHEET).replace('"points": "1"', '"points": "-1"')

    answer = teacher.post("/rubrics/files/drafts/", {"rubrics": carried})

    assert answer.status_code == 400
    assert "Points cannot be below zero: -1." in answer.text
    assert Rubric.objects.count() == before


def test_drafts_are_made_together_or_not_at_all(teacher, monkeypatch):
    before = Rubric.objects.count()
    carried = rubric_json.write([*READ_SHEET, RubricWording("Second")])
    start = drafting.start

    def refusing_the_second(*, wording, **more):
        if wording.title == "Second":
            raise drafting.ValidationError("No.")
        return start(wording=wording, **more)

    monkeypatch.setattr(drafting, "start", refusing_the_second)
    answer = teacher.post("/rubrics/files/drafts/", {"rubrics": carried})

    assert (answer.status_code, Rubric.objects.count()) == (400, before)


def test_nothing_chosen_and_files_that_are_too_large_are_answered_in_words(teacher):
    assert "Choose a file, or paste the rows of one." in teacher.post("/rubrics/files/").text
    too_large = "The file is larger than 1 MB."
    assert too_large in upload(teacher, b"x" * (5 * MOST_BYTES)).text
    for field, path in (("text", "/rubrics/files/"), ("rubrics", "/rubrics/files/drafts/")):
        answer = teacher.post(path, {field: "x" * (2 * MOST_BYTES)})
        assert answer.status_code == 400
        assert too_large in answer.text


def test_page_says_how_many_problems_it_does_not_show(teacher):
    wrong = "tick,,,1,,x"  # five mistakes
    answer = upload(teacher, sheet(*[wrong] * 90))

    assert answer.text.count("<tr><th") == 1 + 300
    assert f"There are {90 * 5 - 300} more." in answer.text


def test_text_that_does_not_fit_into_the_confirmation_is_refused(teacher):
    row = "checklist item,A," + ",".join(f"{'x' * 150},1" for _ in range(12))
    headings = "Kind,Criterion," + ",".join(f"Level {n},Level {n} points" for n in range(1, 13))
    rows = [row if n % 90 else "rubric,R" for n in range(480)]

    answer = upload(teacher, sheet(*rows, headings=headings))

    assert answer.status_code == 400
    assert "too much text in this file for one step" in answer.text


def test_markup_in_a_file_stays_text(teacher):
    shown = upload(teacher, sheet("checklist item,<script>alert(1)</script>,No,0,Yes,1"))

    assert shown.status_code == 200
    assert "<script>alert" not in shown.text


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_rubric_is_downloaded_through_a_one_time_code(client, teacher, course, form):
    rubric = factories.draft(course.context, title='A "quoted" / ../../título')
    page = teacher.get(f"/rubrics/{rubric.key}/export/")
    path = f"/rubrics/{rubric.key}/export/{form}/"
    assert f'href="{path}" data-download="/lti/codes/"' in page.text

    url = teacher.post("/lti/codes/", {"path": path}).json()["url"]
    answer = client.get(url)

    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename*=utf-8''a-quoted-t%C3%ADtulo-1.{FORMATS[form].suffix}"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == FORMATS[form].content_type
    wording = Rubric.objects.whole().get(pk=rubric.pk).wording()
    assert answer.content.startswith(b"PK") or answer.content == FORMATS[form].write([wording])
    if form != "canvas":
        assert read(answer.content).rubrics == (wording,)


def test_export_page_names_what_canvas_will_not_keep(teacher, course):
    plain = factories.draft(course.context, criterion("A", ("No", "0"), ("Yes", "1")))
    weighted = factories.draft(course.context, criterion("A", weight="2"))

    assert "Canvas keeps everything" in teacher.get(f"/rubrics/{plain.key}/export/").text
    page = teacher.get(f"/rubrics/{weighted.key}/export/").text
    assert "Canvas will not keep:" in page
    assert "Weights: the points are multiplied by them (“A”)." in page


def test_template_for_a_spreadsheet_can_be_imported_as_it_is(teacher):
    for form in ("xlsx", "csv"):
        content = teacher.get(f"/rubrics/files/template/{form}/").content
        assert read(content).rubrics[0].title == "Focused history taking"


def test_unknown_kind_of_file_is_not_there(teacher, course):
    assert teacher.get(f"/rubrics/{course.activity.rubric.key}/export/pdf/").status_code == 404
    assert teacher.get("/rubrics/files/template/pdf/").status_code == 404


def test_way_to_the_files_is_shown_to_those_who_may(visit, course):
    rubric = course.activity.rubric
    designer = visit(factories.member(course.context, Role.DESIGNER))
    for someone, may in ((designer, True), (visit(course.examiner), False)):
        assert ("/rubrics/files/" in someone.get("/rubrics/").text) == may
        assert (f"/rubrics/{rubric.key}/export/" in someone.get(f"/rubrics/{rubric.key}/").text) == may

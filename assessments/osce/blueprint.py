"""Which station covers which competency: as planned, and as its rubric's criteria measure it."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.osce.models import Competency, Exam, Station


@dataclass(frozen=True)
class Cell:
    """`items`: how many criteria of the station's rubric carry the competency's code."""

    competency: Competency
    is_planned: bool
    items: int

    @property
    def is_gap(self) -> bool:
        return self.is_planned and not self.items


@dataclass(frozen=True)
class Row:
    station: Station
    cells: list[Cell]


@dataclass(frozen=True)
class Column:
    competency: Competency
    stations: int
    items: int

    @property
    def is_gap(self) -> bool:
        """Nothing that counts measures it."""
        return not self.items


@dataclass(frozen=True)
class Blueprint:
    rows: list[Row]
    columns: list[Column]

    @property
    def gaps(self) -> list[Column]:
        return [column for column in self.columns if column.is_gap]


def blueprint(exam: Exam) -> Blueprint:
    """The stations that are marked × the competencies. Pilots are rows, but measure nothing that counts."""
    stations = [
        row for row in exam.stations.prefetch_related("competencies", "rubric__criteria") if not row.is_rest
    ]
    competencies = list(exam.competencies.all())
    rows = [Row(station, [_cell(station, competency) for competency in competencies]) for station in stations]
    return Blueprint(rows, [_column(competency, n, rows) for n, competency in enumerate(competencies)])


def _cell(station: Station, competency: Competency) -> Cell:
    criteria = station.rubric.criteria.all() if station.rubric else ()
    items = sum(row.competency.casefold() == competency.code.casefold() for row in criteria)
    return Cell(competency, competency in station.competencies.all(), items)


def _column(competency: Competency, number: int, rows: Sequence[Row]) -> Column:
    counted = [row.cells[number] for row in rows if row.station.is_counted]
    return Column(competency, sum(cell.items > 0 for cell in counted), sum(cell.items for cell in counted))

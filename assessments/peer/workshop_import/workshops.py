"""What a Moodle Workshop's backup says of its set-up, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

MB = 1024 * 1024


class ImportProblem(Exception):
    """Nothing was brought. The sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Limits:
    """Bytes, but for `files`. What is over is refused before it is held in memory."""

    packed: int = 200 * MB
    unpacked: int = 500 * MB  # of a whole archive that has to be read through
    xml: int = 8 * MB  # of one file that is read
    kept: int = 32 * MB  # of all of them
    files: int = 20_000


class Asked(StrEnum):
    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True)
class Level:
    title: str
    points: Decimal  # 0 for the lowest
    description: str = ""


@dataclass(frozen=True)
class Criterion:
    title: str
    description: str = ""
    levels: tuple[Level, ...] = ()  # from least to most points
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class WorkshopSetup:
    """Texts are plain. Times are aware (UTC), None where Moodle had none. `strategy` is Moodle's word for its form."""

    title: str
    strategy: str
    description: str = ""
    for_authors: str = ""
    for_reviewers: str = ""
    conclusion: str = ""
    criteria: tuple[Criterion, ...] = ()
    submissions_from: datetime | None = None
    submissions_until: datetime | None = None
    reviews_from: datetime | None = None
    reviews_until: datetime | None = None
    text: Asked = Asked.OPTIONAL
    files: Asked = Asked.NO
    most_files: int = 0
    file_types: str = ""  # as Moodle lists them: ".pdf,.docx"
    takes_late_work: bool = False
    has_self_assessment: bool = False
    not_brought: tuple[str, ...] = ()  # sentences

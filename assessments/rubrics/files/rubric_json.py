"""Rubrics as JSON, whole and versioned, for keeping and for moving between courses and installations.

    {"format": "bellringer-rubric", "version": 1,
     "rubrics": [{"title": …, "criteria": [{"title": …, "levels": [{…}, …]}, …], "statements": [{…}, …]}, …]}

The fields are those of wording.py; what is left out has its default there. Points and weights are texts, so that they stay exact.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from assessments.rubrics import drafting
from assessments.rubrics.files.cells import number
from assessments.rubrics.files.outcome import MOST_RUBRICS, Reading, Remark, outcome
from assessments.rubrics.wording import (
    CriterionWording,
    Kind,
    LevelWording,
    RubricWording,
    StatementKind,
    StatementWording,
)

FORMAT = "bellringer-rubric"
VERSION = 1
MOST_PROBLEMS = 2000
NUMBERS = {"points", "weight"}
PARTS: dict[str, type] = {
    "criteria": CriterionWording,
    "levels": LevelWording,
    "statements": StatementWording,
}

KINDS: dict[type, type[TextChoices]] = {CriterionWording: Kind, StatementWording: StatementKind}


def write(rubrics: Sequence[RubricWording], *, indent: int | None = 2) -> str:
    whole = {"format": FORMAT, "version": VERSION, "rubrics": [asdict(rubric) for rubric in rubrics]}
    return json.dumps(whole, ensure_ascii=False, indent=indent, default=_exact)


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return number(value)
    raise TypeError(type(value))


def read(text: str) -> Reading:
    """Raises ValidationError where it is not our JSON at all; every other problem is in what it gives."""
    reader = _Reader()
    sent = _rubrics(text)[: MOST_RUBRICS + 1]  # one too many is enough to be refused
    with suppress(_Enough):
        rubrics = [
            reader.object(RubricWording, rubric, _("Rubric %(n)d") % {"n": place})
            for place, rubric in enumerate(sent, start=1)
        ]
    if reader.problems:  # counts and lengths are asked of what can be read as a rubric
        return outcome([], reader.problems)
    kept = []
    for place, rubric in enumerate(rubrics, start=1):
        wording, faults = drafting.check(rubric)
        reader.problems += [_remark(fault, place) for fault in faults]
        kept.append(wording)
    return outcome(kept, reader.problems)


def _rubrics(text: str) -> list[Any]:
    try:
        # Numbers as they are written; Python's own float would round them.
        sent = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
        json.dumps(sent, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValidationError(
            _("This is not JSON: line %(line)d, character %(column)d cannot be read. Was the file cut off?")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except UnicodeEncodeError:
        raise ValidationError(
            _("There is half a character in this file, such as one half of an emoji. Type that text again.")
        ) from None
    except RecursionError:
        raise ValidationError(_("This JSON is nested too deeply to be a rubric.")) from None
    if not isinstance(sent, dict) or sent.get("format") != FORMAT:
        raise ValidationError(
            _("This JSON is not a rubric of ours: it should begin with “format”: “%(format)s”.")
            % {"format": FORMAT}
        )
    if str(sent.get("version")) != str(VERSION):
        raise ValidationError(
            _(
                "This file is of version %(version)s; version %(known)d can be read here. Is this installation older?"
            )
            % {"version": str(sent.get("version"))[:20], "known": VERSION}
        )
    rubrics = sent.get("rubrics")
    if not isinstance(rubrics, list) or not rubrics:
        raise ValidationError(_("There is no rubric in this file."))
    return rubrics


class _Enough(Exception):
    """So much is wrong that nobody will read more of it."""


class _Number(str):
    """A number as it stands in the file."""


@dataclass
class _Reader:
    problems: list[Remark] = field(default_factory=list)

    def object(self, kind: type, sent: Any, where: str) -> Any:
        """A wording of that kind from an object of the file; what is wrong with it is noted and gets its default."""
        if not isinstance(sent, dict):
            self.note(_("This should be an object, in curly brackets."), where)
            return kind(**_blank(kind))
        known = {row.name: row.default for row in fields(kind)}
        for name in sent:
            if name not in known:
                sentence = _("This field is not known. Known are: %(known)s.") % {"known": ", ".join(known)}
                self.note(sentence, where, name[:40])
        given = {name: value for name, value in sent.items() if name in known}
        read = {name: self.value(name, value, known[name], where) for name, value in given.items()}
        if kind in KINDS and read.get("kind", known["kind"]) not in KINDS[kind].values:
            words = {"known": ", ".join(KINDS[kind].values)}
            self.note(_("This kind is not known. Known are: %(known)s.") % words, where, "kind")
        for name in _blank(kind):
            if name not in read:
                self.note(_("This field is missing."), where, name)
        return kind(**{**_blank(kind), **read})

    def value(self, name: str, sent: Any, default: Any, where: str) -> Any:
        if name in PARTS:
            return tuple(self.parts(name, sent, where))
        if isinstance(default, bool):
            return self.typed(sent, bool, default, name, where, _("Write true or false."))
        if name in NUMBERS:
            return self.typed(sent, str, "0", name, where, _("Write a number, such as 2 or 1.5."))
        text = self.typed(sent, str, "", name, where, _("Write a text, in quotation marks."))
        if isinstance(text, _Number):
            self.note(_("Write a text, in quotation marks."), where, name)
        return text

    def parts(self, name: str, sent: Any, where: str) -> Iterator[Any]:
        if not isinstance(sent, list):
            self.note(_("Write a list, in square brackets."), where, name)
            return
        for place, part in enumerate(sent, start=1):
            yield self.object(PARTS[name], part, f"{where}, {_part(name, place)}")

    def typed(self, sent: Any, kind: type, default: Any, name: str, where: str, sentence: str) -> Any:
        if isinstance(sent, kind):
            return sent
        self.note(sentence, where, name)
        return default

    def note(self, sentence: str, where: str, name: str = "") -> None:
        self.problems.append(Remark(sentence, where, name))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Enough


def _blank(kind: type) -> dict[str, str]:
    """What must be written: the fields without a default."""
    return {row.name: "" for row in fields(kind) if row.default is MISSING}


def _part(name: str, place: int) -> str:
    sentences = {
        "criteria": _("criterion %(n)d"),
        "levels": _("level %(n)d"),
        "statements": _("statement %(n)d"),
    }
    return sentences[name] % {"n": place}


def _remark(fault: drafting.Fault, place: int) -> Remark:
    where = _("Rubric %(n)d") % {"n": place}
    if fault.part == "rubric":
        return Remark(fault.sentence, where, fault.field)
    if fault.part == "statement":
        return Remark(fault.sentence, f"{where}, {_part('statements', fault.place + 1)}", "")
    where = f"{where}, {_part('criteria', fault.place + 1)}"
    if not fault.field.startswith("level_"):
        return Remark(fault.sentence, where, fault.field)
    _level, level, name = fault.field.split("_")
    return Remark(fault.sentence, f"{where}, {_part('levels', int(level) + 1)}", name)

"""What each kind of criterion is for, and the levels that one may start with."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.rubrics.wording import Kind, LevelWording


@dataclass(frozen=True)
class Explained:
    kind: Kind
    sentence: str


@dataclass(frozen=True)
class Beginning:
    slug: str
    words: str
    kind: Kind
    levels: tuple[LevelWording, ...]


def explained() -> tuple[Explained, ...]:
    return (
        Explained(Kind.CHECKLIST, _("One thing that is done or not, or partly.")),
        Explained(Kind.RATING, _("How well something is done, in steps.")),
        Explained(Kind.DOMAIN, _("One grade for a whole domain, such as communication.")),
        Explained(
            Kind.GLOBAL,
            _("The examiner's own overall judgement. It gives no points; standard setting reads it."),
        ),
    )


def beginnings() -> tuple[Beginning, ...]:
    """Levels to start with, from least to most, in the language of the moment."""
    return (
        Beginning("done", _("Done or not"), Kind.CHECKLIST, _levels(_("Not done"), _("Done"))),
        Beginning(
            "partly",
            _("Not, partly, fully"),
            Kind.CHECKLIST,
            _levels(_("Not done"), _("Partly"), _("Fully")),
        ),
        Beginning(
            "rating",
            _("Rating of five"),
            Kind.RATING,
            _levels(_("Very poor"), _("Poor"), _("Fair"), _("Good"), _("Very good")),
        ),
        Beginning("domain", _("Domain grade A to E"), Kind.DOMAIN, _levels(*"EDCBA")),
        Beginning(
            "global",
            _("Global rating"),
            Kind.GLOBAL,
            _levels(_("Clear fail"), _("Borderline"), _("Pass"), _("Excellent"), borderline=1),
        ),
    )


def find(slug: str) -> Beginning | None:
    return next((beginning for beginning in beginnings() if beginning.slug == slug), None)


def _levels(*titles: str, borderline: int | None = None) -> tuple[LevelWording, ...]:
    """0 points for the first, one more for each that follows."""
    return tuple(
        LevelWording(title, str(place), is_borderline=place == borderline)
        for place, title in enumerate(titles)
    )

"""Reviews by the ten thousand: written and counted in a handful of statements."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from assessments.peer.models import PeerActivity, Review, Submission

# Participant (or, where groups review, group) and submission.
Place = tuple[int, int]
BATCH = 2_000


def write(peer: PeerActivity, places: Collection[Place], *, source: Review.Source) -> None:
    """A planned review for each place, and the counts of the works. In one statement, without making model rows first, which
    costs five times as much.
    """
    if not places:
        return
    fields = [field for field in Review._meta.concrete_fields if field.name != "id"]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table, values = Review._meta.db_table, _values(peer, places, source, fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as rows:
                for row in values:
                    rows.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values))  # noqa: S608
    recount({work for _who, work in places})


def _values(
    peer: PeerActivity, places: Iterable[Place], source: Review.Source, fields: list[Any]
) -> Iterator[list[Any]]:
    """One pattern, made by Django once, in which only the key and the place change."""
    who = "group_id" if peer.groups_review else "reviewer_id"
    example = Review(peer=peer, source=source, made_at=timezone.now())
    pattern = [field.get_db_prep_save(getattr(example, field.attname), connection) for field in fields]
    at = {field.attname: place for place, field in enumerate(fields)}
    is_native = connection.features.has_native_uuid_field
    for reviewer, work in places:
        row = pattern.copy()
        key = uuid.uuid4()
        row[at["key"]] = key if is_native else key.hex
        row[at[who]], row[at["submission_id"]] = reviewer, work
        yield row


def recount(works: Collection[int], *, less: int = 0) -> None:
    """Count the live reviews of these works anew. `less`: so many are left out, whose reviewers let their time pass.

    Their rows are locked first: whoever takes one meanwhile is counted, or waits.
    """
    ids = sorted(set(works))
    for start in range(0, len(ids), BATCH):
        rows = Submission.objects.filter(pk__in=ids[start : start + BATCH])
        there = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
        live = Review.objects.of_peers().live().filter(submission__in=there, staff=None)
        counted = dict(live.order_by().values_list("submission").annotate(Count("pk")))
        with_as_many = defaultdict(list)
        for work in there:
            with_as_many[max(counted.get(work, 0) - less, 0)].append(work)
        for number, some in with_as_many.items():
            Submission.objects.filter(pk__in=some).update(live_reviews=number)

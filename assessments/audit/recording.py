from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.transaction import TransactionManagementError

from assessments.audit.models import Event


def record(verb: str, *, by: Any, on: models.Model, data: Mapping[str, Any] | None = None) -> Event:
    """Append what `by` (a Person, or None for the tool itself) did to the row `on`, in the transaction that does it.

    The course is taken from the row's own `context`. Raises TransactionManagementError outside a transaction: a
    change without its Event, or an Event without its change, must not exist.
    """
    return record_each(verb, by=by, on=[(on, data or {})])[0]


def record_each(verb: str, *, by: Any, on: Sequence[tuple[models.Model, Mapping[str, Any]]]) -> list[Event]:
    """The same for many rows, each with its own data, in one statement."""
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{verb} must be recorded in the transaction that does it.")
    return Event.objects.bulk_create(
        Event(
            verb=verb,
            actor=by,
            context_id=getattr(row, "context_id", None),
            object_type=str(row._meta.model_name),
            object_id=row.pk,
            data=dict(data),
        )
        for row, data in on
    )

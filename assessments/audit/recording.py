from collections.abc import Mapping
from typing import Any

from django.db import connection, models
from django.db.transaction import TransactionManagementError

from assessments.audit.models import Event


def record(verb: str, *, by: Any, on: models.Model, data: Mapping[str, Any] | None = None) -> Event:
    """Append what `by` (a Person, or None for the tool itself) did to the row `on`, in the transaction that does it.

    The course is taken from the row's own `context`. Raises TransactionManagementError outside a transaction: a
    change without its Event, or an Event without its change, must not exist.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{verb} must be recorded in the transaction that does it.")
    return Event.objects.create(
        verb=verb,
        actor=by,
        context_id=getattr(on, "context_id", None),
        object_type=str(on._meta.model_name),
        object_id=on.pk,
        data=dict(data or {}),
    )

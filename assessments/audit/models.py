from typing import Any

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Who did what to which row. Append-only: the database refuses to change one (migration 0002).

    Holds ids and choices, never names, addresses or free text: it outlives the people it is about, so its links to
    them are kept even when their rows are gone.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        "lti_tool.Person", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    context = models.ForeignKey(
        "lti_tool.Context", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="event_of_object"),
            models.Index(fields=["context", "id"], name="event_of_context"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An Event is never changed; record another one.")
        super().save(*args, **kwargs)

"""What every screen of a session asks for again and again: its clocks and its announcements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.osce import running
from assessments.osce.master_clock import Clock
from assessments.osce.models import Session
from assessments.osce.permissions import can_see_clock
from lti_tool.port import current_launch

# Older ones were read by whoever was there.
MOST_ANNOUNCEMENTS = 5


class BeatOut(serializers.Serializer):
    rotation = serializers.IntegerField()
    round = serializers.IntegerField()
    phase = serializers.CharField()
    starts = serializers.IntegerField()
    ends = serializers.IntegerField()


class ClockOut(serializers.Serializer):
    key = serializers.UUIDField()
    title = serializers.CharField()
    is_started = serializers.BooleanField()
    paused_at = serializers.IntegerField(allow_null=True)
    beats = BeatOut(many=True)


class AnnouncementOut(serializers.Serializer):
    key = serializers.UUIDField()
    text = serializers.CharField()
    at = serializers.IntegerField()
    circuit = serializers.UUIDField(allow_null=True)


class ClocksOut(serializers.Serializer):
    """Moments are milliseconds since 1970 by the server's clock. Without news only `now` and `revision` are told."""

    now = serializers.IntegerField()
    revision = serializers.IntegerField()
    circuits = ClockOut(many=True, allow_null=True)
    announcements = AnnouncementOut(many=True, allow_null=True)


class ClocksView(APIView):
    @extend_schema(parameters=[OpenApiParameter("revision", int)], responses=ClocksOut)
    def get(self, request: Request, key: UUID) -> Response:
        launch = current_launch(request._request)
        assert launch
        sessions = Session.objects.filter(exam__activity__resource_link=launch.resource_link)
        session = get_object_or_404(sessions.select_related("exam__activity"), key=key)
        if not can_see_clock(launch, session):
            raise PermissionDenied(_("This clock is for those who have to do with the session."))
        revision = running.revision(session)
        told: dict[str, Any] = {"now": _moment(timezone.now()), "revision": revision}
        if request.query_params.get("revision") == str(revision):
            return Response({**told, "circuits": None, "announcements": None})
        circuits = {row.pk: row for row in session.exam.circuits.all()}
        told["circuits"] = [_told(circuits[pk], clock) for pk, clock in running.clocks(session).items()]
        newest = session.announcements.select_related("circuit").order_by("-id")[:MOST_ANNOUNCEMENTS]
        told["announcements"] = [
            {
                "key": row.key,
                "text": row.text,
                "at": _moment(row.at),
                "circuit": row.circuit.key if row.circuit else None,
            }
            for row in newest
        ]
        return Response(ClocksOut(told).data)


def _told(circuit: Any, clock: Clock) -> dict[str, Any]:
    return {
        "key": circuit.key,
        "title": circuit.title,
        "is_started": clock.is_started,
        "paused_at": _moment(clock.paused_at) if clock.paused_at else None,
        "beats": [
            {
                "rotation": beat.rotation,
                "round": beat.round,
                "phase": beat.phase.value,
                "starts": _moment(beat.starts),
                "ends": _moment(beat.ends),
            }
            for beat in clock.beats
            if beat.starts < beat.ends
        ],
    }


def _moment(at: datetime) -> int:
    return round(at.timestamp() * 1000)

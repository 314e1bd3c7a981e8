"""Where devices tell their taps. Telling the same twice does no harm; a tap is forgotten on the device only after a 2xx."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.marking import presence, taps
from assessments.marking.models import MarkSheet, Tap
from assessments.marking.permissions import can_mark, can_see, why_not_seen
from assessments.marking.taps import Told
from lti_tool.port import Launch, current_launch

MOST_TAPS = 200
MOST_SHEETS = 500
BIGGEST = 2**31 - 1


class TapIn(serializers.Serializer):
    sequence = serializers.IntegerField(min_value=1, max_value=BIGGEST)
    field = serializers.CharField(max_length=40)
    value = serializers.JSONField(allow_null=True)
    seen = serializers.IntegerField(min_value=0, max_value=BIGGEST)
    at = serializers.DateTimeField(required=False, allow_null=True)


class TapsIn(serializers.Serializer):
    log = serializers.UUIDField()
    taps = serializers.ListField(child=TapIn(), min_length=1, max_length=MOST_TAPS)


class TapOut(serializers.ModelSerializer):
    class Meta:
        model = Tap
        fields = ("sequence", "outcome", "reason")


class MarkOut(serializers.Serializer):
    criterion = serializers.IntegerField(source="criterion_id")
    level = serializers.IntegerField(source="level_id", allow_null=True)
    is_not_applicable = serializers.BooleanField()
    comment = serializers.CharField()


class SheetOut(serializers.Serializer):
    key = serializers.UUIDField()
    state = serializers.CharField()
    is_open = serializers.BooleanField()
    revision = serializers.IntegerField()
    overall_comment = serializers.CharField()
    concern = serializers.CharField()
    statements = serializers.SerializerMethodField()
    marks = MarkOut(many=True)
    unanswered = serializers.SerializerMethodField()

    def get_statements(self, sheet: MarkSheet) -> list[int]:
        return [statement.pk for statement in sheet.statements.all()]

    def get_unanswered(self, sheet: MarkSheet) -> list[int]:
        return [criterion.pk for criterion in sheet.unanswered()]


class TapsOut(serializers.Serializer):
    """The whole sheet only where it is not what the device knows: most taps are answered with a few words."""

    taken = TapOut(many=True)
    revision = serializers.IntegerField()
    sheet = SheetOut(allow_null=True)


class SheetView(APIView):
    @extend_schema(responses=SheetOut)
    def get(self, request: Request, key: UUID) -> Response:
        launch = _launch(request)
        sheet = get_object_or_404(MarkSheet.objects.visible_to(launch).whole(), key=key)
        if not can_see(launch, sheet):
            raise PermissionDenied(why_not_seen(launch, sheet))
        return Response(SheetOut(sheet).data)


class TapsView(APIView):
    @extend_schema(request=TapsIn, responses=TapsOut)
    def post(self, request: Request, key: UUID) -> Response:
        launch = _launch(request)
        sheet = get_object_or_404(MarkSheet.objects.visible_to(launch), key=key)
        if not can_mark(launch, sheet):
            raise PermissionDenied(why_not_seen(launch, sheet))
        reading = TapsIn(data=request.data)
        reading.is_valid(raise_exception=True)
        told = [_told(row) for row in reading.validated_data["taps"]]
        taken = taps.take(sheet=sheet, log=reading.validated_data["log"], told=told, by=launch.person)
        now = None if taken.is_as_known else MarkSheet.objects.whole().get(pk=sheet.pk)
        return Response(TapsOut({"taken": taken.rows, "revision": taken.revision, "sheet": now}).data)


class WaitingIn(serializers.Serializer):
    sheet = serializers.UUIDField()
    n = serializers.IntegerField(min_value=1, max_value=BIGGEST)


class DeviceIn(serializers.Serializer):
    """All that waits on a device of whoever says so."""

    log = serializers.UUIDField()
    waiting = serializers.ListField(child=WaitingIn(), max_length=MOST_SHEETS)


class PresenceIn(DeviceIn):
    """`revision`: of the sheet on the screen. `is_leaving`: the page says good-bye, and nothing is answered."""

    revision = serializers.IntegerField(min_value=0, max_value=BIGGEST)
    is_leaving = serializers.BooleanField(default=False)


class PresenceOut(serializers.Serializer):
    """The whole sheet only where the device knows an older one."""

    revision = serializers.IntegerField()
    sheet = SheetOut(allow_null=True)


class PresenceView(APIView):
    """A page that has a sheet open to mark says so, and hears what others changed."""

    @extend_schema(request=PresenceIn, responses=PresenceOut)
    def post(self, request: Request, key: UUID) -> Response:
        launch = _launch(request)
        sheet = get_object_or_404(MarkSheet.objects.visible_to(launch), key=key)
        if not can_mark(launch, sheet):
            raise PermissionDenied(why_not_seen(launch, sheet))
        reading = PresenceIn(data=request.data)
        reading.is_valid(raise_exception=True)
        said = reading.validated_data
        is_leaving = said["is_leaving"]
        where = {"left": sheet} if is_leaving else {"open_on": sheet}
        presence.hear(log=said["log"], by=launch.person, waiting=_waiting(launch, said), **where)
        is_as_known = is_leaving or (sheet.revision == said["revision"] and sheet.is_open)
        now = None if is_as_known else MarkSheet.objects.whole().get(pk=sheet.pk)
        return Response(PresenceOut({"revision": sheet.revision, "sheet": now}).data)


class DeviceView(APIView):
    """A device with another page open says what waits on it."""

    @extend_schema(request=DeviceIn, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        launch = _launch(request)
        reading = DeviceIn(data=request.data)
        reading.is_valid(raise_exception=True)
        said = reading.validated_data
        presence.hear(log=said["log"], by=launch.person, waiting=_waiting(launch, said))
        return Response({})


def _waiting(launch: Launch, said: dict[str, Any]) -> dict[MarkSheet, int]:
    """Of sheets that are theirs to mark, or that they spoke of before: one may have been given to somebody else meanwhile."""
    counts = {row["sheet"]: row["n"] for row in said["waiting"]}
    if not counts:
        return {}
    visible = MarkSheet.objects.visible_to(launch).filter(key__in=list(counts))
    mine = {sheet for sheet in visible if can_mark(launch, sheet)}
    mine |= set(presence.known_to(said["log"], launch.person, counts))
    return {sheet: counts[sheet.key] for sheet in mine}


def _told(row: dict[str, Any]) -> Told:
    return Told(row["sequence"], row["field"], row["value"], row["seen"], row.get("at"))


def _launch(request: Request) -> Launch:
    launch = current_launch(request._request)
    assert launch
    return launch

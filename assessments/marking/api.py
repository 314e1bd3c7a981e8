"""Where devices tell their taps. Telling the same twice does no harm; a tap is forgotten on the device only after a 2xx."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.marking import taps
from assessments.marking.models import MarkSheet, Tap
from assessments.marking.permissions import can_mark, can_see, why_not_seen
from assessments.marking.taps import Told
from lti_tool.port import Launch, current_launch

MOST_TAPS = 200
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


def _told(row: dict[str, Any]) -> Told:
    return Told(row["sequence"], row["field"], row["value"], row["seen"], row.get("at"))


def _launch(request: Request) -> Launch:
    launch = current_launch(request._request)
    assert launch
    return launch

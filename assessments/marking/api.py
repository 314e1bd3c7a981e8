"""Autosave. A PUT says the whole of the field it names and of no other, so sending it twice does no harm.

Every answer to a PUT gives the `revision` to submit with: the newest one, unless somebody else wrote in between.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.marking import marking
from assessments.marking.models import MarkSheet
from assessments.marking.permissions import can_mark, can_see
from lti_tool.port import Launch, current_launch

BIGGEST_ID = 2**63 - 1


class SeenIn(serializers.Serializer):
    revision = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=BIGGEST_ID)


class CommentIn(SeenIn):
    comment = serializers.CharField(allow_blank=True, trim_whitespace=False)


class MarkIn(SeenIn):
    """What is left out stays as it is: a tap on a level says nothing about the comment."""

    level = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST_ID)
    comment = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"level", "comment"} & attrs.keys():
            raise serializers.ValidationError(_("Nothing to save was sent."))
        return attrs


class SavedOut(serializers.Serializer):
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()


class MarkOut(serializers.Serializer):
    criterion = serializers.IntegerField(source="criterion_id")
    level = serializers.IntegerField(source="level_id", allow_null=True)
    comment = serializers.CharField()


class SheetOut(serializers.Serializer):
    key = serializers.UUIDField()
    state = serializers.CharField()
    revision = serializers.IntegerField()
    overall_comment = serializers.CharField()
    marks = MarkOut(many=True)
    unanswered = serializers.SerializerMethodField()

    def get_unanswered(self, sheet: MarkSheet) -> list[int]:
        return [criterion.pk for criterion in sheet.unanswered()]


class SheetView(APIView):
    @extend_schema(responses=SheetOut)
    def get(self, request: Request, key: UUID) -> Response:
        launch, sheet = _find(request, key)
        if not can_see(launch, sheet):
            raise PermissionDenied(_("Your role in this course does not include this mark sheet."))
        return Response(SheetOut(sheet).data)


class MarkView(APIView):
    @extend_schema(request=MarkIn, responses=SavedOut)
    def put(self, request: Request, key: UUID, criterion_id: int) -> Response:
        launch, sheet = _find_to_mark(request, key)
        criterion = get_object_or_404(sheet.rubric.criteria, pk=criterion_id)
        sent = _read(MarkIn, request)
        said: dict[str, Any] = {"comment": sent["comment"]} if "comment" in sent else {}
        if "level" in sent:
            said["level"] = criterion.levels.filter(pk=sent["level"]).first() if sent["level"] else None
            if sent["level"] and said["level"] is None:
                raise serializers.ValidationError(
                    {"level": [_("This level is not one of the criterion's levels.")]}
                )
        sheet = marking.mark(sheet=sheet, criterion=criterion, by=launch.person, **said)
        return _saved(sheet, launch, sent)


class CommentView(APIView):
    @extend_schema(request=CommentIn, responses=SavedOut)
    def put(self, request: Request, key: UUID) -> Response:
        launch, sheet = _find_to_mark(request, key)
        sent = _read(CommentIn, request)
        sheet = marking.comment_overall(sheet=sheet, comment=sent["comment"], by=launch.person)
        return _saved(sheet, launch, sent)


def _find(request: Request, key: UUID) -> tuple[Launch, MarkSheet]:
    launch = current_launch(request._request)
    assert launch
    return launch, get_object_or_404(MarkSheet.objects.visible_to(launch).whole(), key=key)


def _find_to_mark(request: Request, key: UUID) -> tuple[Launch, MarkSheet]:
    launch = current_launch(request._request)
    assert launch
    sheet = get_object_or_404(MarkSheet.objects.visible_to(launch).select_related("rubric"), key=key)
    if not can_mark(launch, sheet):
        raise PermissionDenied(_("Your role in this course does not include marking this sheet."))
    return launch, sheet


def _read(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    reading = serializer(data=request.data)
    reading.is_valid(raise_exception=True)
    return reading.validated_data


def _saved(sheet: MarkSheet, launch: Launch, sent: dict[str, Any]) -> Response:
    revision = marking.revision_seen(sheet=sheet, by=launch.person, known=sent.get("revision"))
    saved_at: datetime = timezone.now()
    return Response({"revision": revision, "saved_at": saved_at})

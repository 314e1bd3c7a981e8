"""What an administrator sees and may do: approve, block, invite; look at deliveries, problems and keys.

No name, `sub` or e-mail address of a person, no mark, no token and no private key is shown. Nothing is deleted here:
marks hang on these rows. What must not go on is blocked.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lti_tool import approval, doctor
from lti_tool.models import (
    Deployment,
    Invite,
    Notice,
    Problem,
    Registration,
    Score,
    ScorePost,
    Status,
    ToolKey,
)

admin.site.unregister(Group)  # superusers only: there is nothing to group


class LookOnly(admin.ModelAdmin):
    """Rows to read. `fields` names everything that is shown."""

    actions: Sequence[Any] | None = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Decided(LookOnly):
    """Rows to read, with approve and block as actions."""

    actions = ("approve", "block")
    decide: Any  # the verb of lti_tool.approval

    @admin.action(description=_("Approve"))
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Status.ACTIVE)

    @admin.action(description=_("Block"))
    def block(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Status.BLOCKED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Any], status: Status) -> None:
        rows = list(queryset)
        for row in rows:
            type(self).decide(row, status=status)
            self.log_change(request, row, f"{status.value}")
        said = ngettext("%(count)d changed: %(status)s.", "%(count)d changed: %(status)s.", len(rows))
        self.message_user(request, said % {"count": len(rows), "status": status.label}, messages.SUCCESS)


@admin.register(Registration)
class RegistrationAdmin(Decided):
    decide = staticmethod(approval.decide_registration)
    list_display = ("name", "platform_family", "status", "issuer", "client_id", "places", "waiting")
    list_filter = ("status", "platform_family")
    search_fields = ("name", "issuer", "client_id")
    fields = (
        "name", "platform_family", "status", "issuer", "client_id", "auth_url", "token_url", "token_audience",
        "jwks_url", "allowed_origins", "platform_guid", "configuration_url", "configuration", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        waiting = Count("deployments", filter=Q(deployments__status=Status.PENDING))
        return super().get_queryset(request).annotate(_places=Count("deployments"), _waiting=waiting)

    @admin.display(description=_("places"))
    def places(self, row: Any) -> int:
        return row._places

    @admin.display(description=_("waiting"))
    def waiting(self, row: Any) -> int:
        return row._waiting


@admin.register(Deployment)
class DeploymentAdmin(Decided):
    decide = staticmethod(approval.decide_deployment)
    list_display = (
        "deployment_id",
        "registration",
        "status",
        "first_seen_at",
        "paused_until",
        "pause_reason",
    )
    list_filter = ("status", "registration")
    list_select_related = ("registration",)
    search_fields = ("deployment_id", "registration__name")
    fields = (
        "registration", "deployment_id", "status", "origins", "first_seen_at", "paused_until", "pause_reason",
        "notices_url", "notices_asked_at",
    )  # fmt: skip
    ordering = ("-first_seen_at",)
    change_form_template = "admin/lti_tool/deployment/look.html"

    def get_urls(self) -> list[Any]:
        mine = [
            path(
                "<int:pk>/doctor/", self.admin_site.admin_view(self.doctor), name="lti_tool_deployment_doctor"
            ),
            path(
                "<int:pk>/support-bundle.json",
                self.admin_site.admin_view(self.support_bundle),
                name="lti_tool_deployment_support_bundle",
            ),
        ]
        return [*mine, *super().get_urls()]

    def doctor(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Looks at the deployment from end to end. A POST, because it asks the platform a dozen questions."""
        row = self._seen(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check of a deployment"),
            "opts": self.opts,
            "row": row,
            "findings": doctor.examine(row) if request.method == "POST" else None,
        }
        return TemplateResponse(request, "admin/lti_tool/deployment/doctor.html", context)

    def support_bundle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What helps somebody far away, as a file: without secrets, names and marks."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._seen(request, pk)
        response = JsonResponse(doctor.support_bundle(row), json_dumps_params={"indent": 2})
        response.headers["Content-Disposition"] = f'attachment; filename="bellringer-support-{row.pk}.json"'
        return response

    def _seen(self, request: HttpRequest, pk: int) -> Deployment:
        row = get_object_or_404(Deployment.objects.select_related("registration"), pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row


@admin.register(ToolKey)
class ToolKeyAdmin(LookOnly):
    """Keys are made and turned by rotate_keys, never by hand; the private half is not even read from the database."""

    list_display = fields = ("kid", "state", "created_at", "current_at", "retiring_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToolKey]:
        return super().get_queryset(request).defer("private_pem")


@admin.register(Invite)
class InviteAdmin(LookOnly):
    list_display = ("label", "approves", "created_by", "created_at", "expires_at", "used_at", "registration")
    fields = (*list_display[:2], "privacy_level", "renews", *list_display[2:])
    list_select_related = ("registration",)
    ordering = ("-created_at",)


@admin.register(Score)
class ScoreAdmin(LookOnly):
    """How far each grade has got: whose it is and what it says stays in the course."""

    list_display = (
        "id", "registration", "line_item_id", "person_key", "state", "reason", "attempts", "not_before", "delivered_at",
    )  # fmt: skip
    list_filter = ("state", "reason", "line_item__resource_link__deployment__registration")
    list_select_related = ("line_item__resource_link__deployment__registration", "person")
    search_fields = ("=person__key",)
    search_help_text = _("The key of a person")
    fields = (
        "registration", "deployment", "line_item_id", "person_key", "state", "reason", "revision", "attempts",
        "not_before", "lease_expires_at", "last_timestamp", "delivered_at",
    )  # fmt: skip
    readonly_fields = ("registration", "deployment", "line_item_id", "person_key")
    ordering = ("-id",)

    @admin.display(description=_("registration"))
    def registration(self, row: Score) -> str:
        return str(self.deployment(row).registration)

    @admin.display(description=_("deployment"))
    def deployment(self, row: Score) -> Deployment:
        return row.line_item.resource_link.deployment

    @admin.display(description=_("column"))
    def line_item_id(self, row: Score) -> int:
        return row.line_item_id

    @admin.display(description=_("person"))
    def person_key(self, row: Score) -> str:
        return str(row.person.key)


@admin.register(ScorePost)
class ScorePostAdmin(LookOnly):
    list_display = fields = ("id", "score_number", "revision", "timestamp", "status", "outcome")
    readonly_fields = ("id", "score_number")
    list_filter = ("outcome", "status")
    search_fields = ("=score__id",)
    search_help_text = _("The number of a score")

    @admin.display(description=_("score"))
    def score_number(self, row: ScorePost) -> int:
        return row.score_id


@admin.register(Problem)
class ProblemAdmin(LookOnly):
    list_display = ("registration", "deployment", "area", "code", "said", "times", "first_at", "last_at")
    fields = list_display
    list_filter = ("area", "code", "registration")
    list_select_related = ("registration", "deployment__registration")
    search_fields = ("code", "said", "registration__name")


@admin.register(Notice)
class NoticeAdmin(LookOnly):
    """What a platform told us of itself. The body may name people: it is not shown."""

    list_display = fields = ("deployment", "notice_type", "notice_id", "received_at", "handled_at")
    list_filter = ("notice_type",)
    list_select_related = ("deployment__registration",)
    ordering = ("-received_at",)

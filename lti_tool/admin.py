"""What an administrator sees and may do: approve, block, invite; look at deliveries, problems and keys.

No name, `sub` or e-mail address of a person, no mark, no token and no private key is shown. Nothing is deleted here:
marks hang on these rows. What must not go on is blocked.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lti_tool import approval, doctor, invites, registration, support_bundle, tool_configuration
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
from lti_tool.openid_configuration import HOSTED_CANVAS
from lti_tool.registration_forms import InviteForm, RegistrationForm
from lti_tool.tool_configuration import Family

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
    form = RegistrationForm
    change_form_template = "lti_tool/administration/registration.html"
    list_display = ("name", "platform_family", "status", "issuer", "client_id", "places", "waiting")
    list_filter = ("status", "platform_family")
    search_fields = ("name", "issuer", "client_id")
    fields = (
        "name", "platform_family", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "token_audience",
        "allowed_origins", "deployment_ids",
    )  # fmt: skip
    kept = ("status", "platform_guid", "configuration_url", "confirmed", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """By hand is typed; what the platform confirmed is read."""
        typed = (None, {"fields": self.fields})
        return [typed, (_("What else is known"), {"fields": self.kept})] if obj else [typed]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.kept if obj else ()

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        ours = {
            "addresses": tool_configuration.to_copy(),
            "custom": [(Family(code).label, asked) for code, asked in tool_configuration.CUSTOM.items()],
            "canvas_json": json.dumps(tool_configuration.canvas_json(""), indent=2),
            "hosted_canvas": HOSTED_CANVAS,
        }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **ours})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the one verb. A change by hand leaves a platform that works working, and approves none that waits."""
        row = registration.keep(
            _agreement(obj, form.cleaned_data),
            approves=not change or form.initial_status == Status.ACTIVE,
            renews=obj if change else None,
        )
        registration.approve_deployments(row, form.cleaned_data["deployment_ids"])
        obj.pk = row.pk

    @admin.display(description=_("confirmed by the LMS"))
    def confirmed(self, row: Registration) -> str:
        return json.dumps(row.configuration, indent=2, ensure_ascii=False) if row.configuration else "-"

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
        "notices_url", "notices_ask_at",
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
        response = JsonResponse(support_bundle.of(row), json_dumps_params={"indent": 2})
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
    """The address of an invitation is shown once, on the page that answers the form."""

    actions = ("withdraw",)
    list_display = (
        "label", "approves", "created_by", "created_at", "expires_at", "used_at", "registration", "refused_code",
    )  # fmt: skip
    list_select_related = ("registration",)
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A plain list of registrations, without the buttons to make another in passing."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        assert field is not None
        for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(field.widget, name, False)
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": InviteForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("label", "minutes", "privacy_level", "approves", "renews")
        return (*self.list_display, "privacy_level", "renews", "refused_said", "refused_at")

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """One button: whichever else were pressed, the address would be gone."""
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **one_button})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        row, address = invites.invite(by=request.user.get_username(), **form.cleaned_data)
        obj.pk, obj.address = row.pk, address

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        row = Invite.objects.get(pk=obj.pk)
        shown = {"opts": self.opts, "title": str(row), "invite": row, "address": obj.address}
        page = {**self.admin_site.each_context(request), **shown}
        return render(request, "lti_tool/administration/invited.html", page)

    @admin.action(description=_("Withdraw"))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        for row in queryset:
            invites.withdraw(row)
            self.log_change(request, row, "withdrawn")
        self.message_user(request, _("They open nothing any more."), messages.SUCCESS)


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


def _agreement(row: Registration, typed: Mapping[str, Any]) -> registration.Agreement:
    return registration.Agreement(
        name=typed["name"],
        issuer=typed["issuer"],
        client_id=typed["client_id"],
        auth_url=typed["auth_url"],
        token_url=typed["token_url"],
        jwks_url=typed["jwks_url"],
        token_audience=typed["token_audience"],
        family=typed["platform_family"],
        allowed_origins=tuple(typed["allowed_origins"]),
        platform_guid=row.platform_guid,
        configuration_url=row.configuration_url,
    )

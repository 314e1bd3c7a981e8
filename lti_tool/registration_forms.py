"""What an administrator types to register an LMS by hand, or to invite one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lti_tool import http
from lti_tool.errors import ServiceError
from lti_tool.models import ID_LENGTH, URL_LENGTH, Invite, Registration
from lti_tool.tool_configuration import PRIVACY_WORDS

MINUTES = [(60, _("one hour")), (24 * 60, _("one day")), (7 * 24 * 60, _("one week"))]


class Lines(forms.CharField):
    """One value a line; a list of the values that are there."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


def _address(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=URL_LENGTH, widget=forms.URLInput(attrs={"size": 80}))


class RegistrationForm(forms.ModelForm):
    auth_url = _address(_("Authentication request URL"))
    token_url = _address(_("Access token URL"))
    jwks_url = _address(_("Public keyset URL"))
    allowed_origins = Lines(
        label=_("Further origins"),
        required=False,
        help_text=_(
            "https://host[:port], one a line. Only where the LMS serves courses from other hosts than above."
        ),
    )
    deployment_ids = Lines(
        label=_("Deployment ids"),
        required=False,
        help_text=_(
            "One a line; these are approved. Others wait for your approval when they first open Bellringer."
        ),
    )

    class Meta:
        model = Registration
        fields = (
            "name",
            "platform_family",
            "issuer",
            "client_id",
            "auth_url",
            "token_url",
            "jwks_url",
            "token_audience",
        )
        labels = {
            "platform_family": _("Kind of LMS"),
            "issuer": _("Issuer (Canvas) or Platform ID (Moodle)"),
            "client_id": _("Client ID"),
            "token_audience": _("Audience of token requests"),
        }
        help_texts = {
            "name": _("What people here call this LMS."),
            "token_audience": _("Only where the LMS wants another one than the access token URL."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial_status = self.instance.status  # before the form fills the row
        if self.instance.pk:
            self.initial.setdefault("allowed_origins", self.instance.allowed_origins)

    def clean_issuer(self) -> str:
        """Letter for letter as the LMS sends it; it need not be an address that answers."""
        return self.cleaned_data["issuer"].strip()

    def clean_auth_url(self) -> str:
        return self._usable("auth_url")

    def clean_token_url(self) -> str:
        return self._usable("token_url")

    def clean_jwks_url(self) -> str:
        return self._usable("jwks_url")

    def _usable(self, name: str) -> str:
        url = self.cleaned_data[name]
        try:
            http.check_address(url)
        except ServiceError as error:
            raise ValidationError(
                _("Bellringer cannot use this address: %(said)s."), params={"said": error.said}
            ) from None
        return url

    def clean_allowed_origins(self) -> list[str]:
        for origin in self.cleaned_data["allowed_origins"]:
            if http.origin(origin) != origin:
                raise ValidationError(_("%(origin)s is not https://host[:port]."), params={"origin": origin})
        return self.cleaned_data["allowed_origins"]

    def clean_deployment_ids(self) -> list[str]:
        if any(len(line) > ID_LENGTH for line in self.cleaned_data["deployment_ids"]):
            raise ValidationError(_("A deployment id has at most 255 characters."))
        return self.cleaned_data["deployment_ids"]


class InviteForm(forms.ModelForm):
    minutes = forms.TypedChoiceField(label=_("Can be used for"), choices=MINUTES, coerce=int, initial=60)
    privacy_level = forms.ChoiceField(
        label=_("Ask to be told of people"),
        choices=list(PRIVACY_WORDS.items()),
        help_text=_("What Bellringer asks the LMS for. Nothing but an opaque id is needed."),
    )

    class Meta:
        model = Invite
        fields = ("label", "privacy_level", "approves", "renews")
        labels = {
            "label": _("Who it is for"),
            "approves": _("What comes of it works at once"),
            "renews": _("Renews the registration"),
        }
        help_texts = {
            "label": _("The name of the registration, until the LMS gives a better one."),
            "approves": _("Only where the address goes to somebody you trust, by a way you trust."),
            "renews": _("Leave empty for an LMS that is new here."),
        }

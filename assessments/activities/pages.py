"""What pages with forms have in common, whatever the feature."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

SEE_OTHER = 303


def posted(request: HttpRequest) -> QueryDict | None:
    """What was posted, also when that is nothing; None while the form is only looked at."""
    return request.POST if request.method == "POST" else None


def see(name: str, *place: object, **query: object) -> HttpResponse:
    """Where to look after a change: the page of this name, with its arguments."""
    told = QueryDict(mutable=True)
    told.update({name: str(value) for name, value in query.items()})
    address = reverse(name, args=place)
    return HttpResponse(status=SEE_OTHER, headers={"Location": f"{address}?{told.urlencode()}"})


def problems_of(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def form_problems(form: Any) -> dict[str, list[str]]:
    """By field, for the summary on top; what is about no field in particular first."""
    errors = getattr(form, "errors", {})
    return {("" if name == "__all__" else name): list(found) for name, found in errors.items()}


class Dressed:
    """A form with the classes and ids that pages and their summaries of problems know."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"auto_id": "field-%s", **more})
        for field in self.fields.values():  # type: ignore[attr-defined]
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"


class PageForm(Dressed, forms.Form):
    pass


class PageModelForm(Dressed, forms.ModelForm):
    pass

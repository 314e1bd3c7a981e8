"""The answer that begins a visit: a page of ours, which hands the token over."""

import copy
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import resolve

from lti_tool import session
from lti_tool.middleware import activate_for
from lti_tool.session import Visit


def first_page(request: HttpRequest, visit: Visit, path: str) -> HttpResponse:
    """The page at `path` as this person sees it, with the token that its further requests will send."""
    target = urlsplit(path)
    page_request = copy.copy(request)
    page_request.method = "GET"
    page_request.path = page_request.path_info = target.path
    page_request.META = {
        **request.META,
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": target.query,
        "PATH_INFO": target.path,
    }
    page_request.GET = QueryDict(target.query)
    page_request.POST = QueryDict()
    session.attach(page_request, visit)
    session.attach(request, visit)
    activate_for(visit)
    match = resolve(target.path)
    page_request.resolver_match = match
    return match.func(page_request, *match.args, **match.kwargs)

"""A page of the tool in a tab of its own, opened by a one-time code as its link would: no LMS around it, no frame."""

from django.urls import reverse

from lti_tool import session


def visit(tab, tool, launch, path):
    """Opens `path` as the person of `launch` and waits until it listens."""
    tab.bring_to_front()
    tab.goto(tool.url + reverse("lti_tool:open", args=[session.issue_code(launch, path)]))
    tab.locator("#page:not([inert]) h1").first.wait_for()
    return tab

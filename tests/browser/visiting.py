"""A page of the tool in a tab of its own, opened by a one-time code as its link would: no LMS around it, no frame."""

from django.urls import reverse
from playwright.sync_api import Error

from lti_tool import session


def visit(tab, tool, launch, path):
    """Opens `path` as the person of `launch` and waits until it listens."""
    tab.bring_to_front()
    try:
        _opens(tab, tool, launch, path)
    except Error as error:
        if "ERR_ABORTED" not in str(error):
            raise
        # The page before was on its way somewhere, such as back to the LMS with a choice, and got in between.
        _opens(tab, tool, launch, path)
    tab.locator("#page:not([inert]) h1").first.wait_for()
    return tab


def _opens(tab, tool, launch, path):
    tab.goto(tool.url + reverse("lti_tool:open", args=[session.issue_code(launch, path)]))

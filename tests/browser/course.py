"""What people do in the LMS and in the course frame, in words."""

import re
from contextlib import contextmanager

from lti_tool import worker


class Someone:
    """One person's tab: the LMS around, the tool in its frame."""

    def __init__(self, context, school, handle):
        self.school, self.handle = school, handle
        self.tab = context.new_page()

    def goes_to_the_course(self):
        self.tab.bring_to_front()  # clicks into a frame of another site get lost in a tab that is not in front
        self.tab.goto(f"{self.school.url}/as/{self.handle}/")
        return self

    def adds_activity(self, name):
        self.goes_to_the_course()
        self.tab.get_by_label("Name of the activity").fill(name)
        self.tab.get_by_role("button", name="Add activity").click()
        self.tab.get_by_role("link", name=name, exact=True).wait_for()
        publish = self.tab.get_by_role("button", name=re.compile("^Publish"))
        if publish.count():  # Canvas makes assignments unpublished
            publish.click()
        return self

    def opens(self, name):
        self.goes_to_the_course()
        self.tab.get_by_role("link", name=name, exact=True).click()
        self.tool.locator("#page h1").first.wait_for()
        return self.is_painted()

    def is_painted(self):
        """A frame of another site takes clicks only once the browser has painted it; nobody clicks faster than that."""
        self.frame.wait_for_function("() => document.readyState === 'complete'")
        self.frame.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)))")
        return self

    def reloads(self):
        """Reloads the frame, as its own context menu does, and waits for the new document."""
        self.stays()
        self.frame.evaluate("window.isOld = true; location.reload()")
        self.frame.wait_for_function("() => !window.isOld && document.querySelector('#page h1')")
        return self.is_painted()

    def stays(self):
        """Waits until the page has put its own address in the place of the launch's."""
        self.frame.wait_for_url(lambda url: "/lti/" not in url)
        return self

    @property
    def tool(self):
        """The tool inside the course frame."""
        return self.tab.frame_locator("iframe[name=tool-frame]")

    @property
    def frame(self):
        """The same as a frame, for what only a frame can be asked."""
        return next(frame for frame in self.tab.frames if frame.url.startswith("http://127.0.0.1"))

    def gradebook(self):
        self.tab.goto(f"{self.school.url}/as/{self.handle}/gradebook/")
        return self.tab.locator("main").inner_text()


def writes_and_uses_a_rubric(teacher):
    """From a template, published, used for the activity that the teacher has open."""
    tool = teacher.tool
    tool.get_by_role("button", name="Start from").first.click()
    tool.get_by_role("button", name="Publish").click()
    tool.get_by_role("dialog").get_by_role("button", name="Publish").click()
    tool.get_by_role("button", name="Use").first.click()
    tool.get_by_text("The activity is ready").wait_for()


def fills_sheet(examiner, *, level=1, comment=""):
    """One level for each criterion, by position, and the overall comment."""
    tool = examiner.tool
    tool.get_by_text("Unanswered:").wait_for()
    for criterion in tool.locator("[data-criterion]").all():
        criterion.locator("label:has(input[type=radio]), input[type=radio] + label").nth(level).click()
    if comment:
        tool.get_by_label("Overall comment").fill(comment)
    tool.get_by_text("All answered").wait_for()
    tool.get_by_text("Saved on server").wait_for()


@contextmanager
def no_network(context):
    context.set_offline(True)
    yield
    context.set_offline(False)


def work():
    """What the worker does; in these tests in this process, so that it can be watched."""
    while worker.work_once():
        pass

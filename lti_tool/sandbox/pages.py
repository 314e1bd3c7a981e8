"""The pages for people: pick a school and be somebody, open an activity, look at the gradebook.

Who somebody is stands in the URL on purpose: several people can be open side by side. It is a sandbox.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lti_tool.sandbox import addresses, deep_linking, launches, profiles, schools
from lti_tool.sandbox import gradebook as grades
from lti_tool.sandbox.models import (
    Course,
    Dialogue,
    Enrolment,
    Grade,
    LaunchHint,
    Link,
    Person,
    School,
    as_number,
)

Begun = tuple[LaunchHint, dict[str, str]]
ROLE_WORDS = {
    "teacher": "instructor",
    "ta": "teaching assistant",
    "student": "student",
    "observer": "observer",
    "designer": "course designer",
    "test_student": "test student",
    "both": "instructor and student",
    "admin": "administrator",
}


class SecurityHeaders:
    """Nothing inline, from nowhere else; any tool may be framed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src *; base-uri 'none'"
            response["Content-Security-Policy"] = policy
            response["Cache-Control"] = "no-store"
        return response


@dataclass
class Visit:
    """Somebody on a page of their course."""

    school: School
    person: Person
    enrolment: Enrolment
    course: Course

    @property
    def is_staff(self) -> bool:
        return self.enrolment.role in profiles.STAFF

    @property
    def is_teacher(self) -> bool:
        return self.enrolment.role in ("teacher", "both", "admin")

    @property
    def may_add(self) -> bool:
        return self.is_teacher or self.enrolment.role == "designer"

    def page(self) -> dict[str, Any]:
        return {
            "visit": self,
            "school": self.school,
            "person": self.person,
            "course": self.course,
            "role": ROLE_WORDS[self.enrolment.role],
            "profile": profiles.of(self.school),
        }


def _visit(school: str, person: str) -> Visit:
    enrolments = Enrolment.objects.select_related("person__school__tool", "course__school")
    enrolment = enrolments.filter(person__school__slug=school, person__handle=person).order_by("pk").first()
    if enrolment is None or enrolment.suspended:
        raise Http404
    return Visit(enrolment.person.school, enrolment.person, enrolment, enrolment.course)


def home(request: HttpRequest) -> HttpResponse:
    listed = [
        {"school": school, "profile": profiles.of(school), "people": _people(school)}
        for school in School.objects.order_by("pk")[:20]
    ]
    choices = [(key, profile.name) for key, profile in profiles.PROFILES.items()]
    return render(request, "sandbox/home.html", {"schools": listed, "profiles": choices})


def _people(school: School) -> list[dict[str, Any]]:
    enrolments = Enrolment.objects.filter(course__school=school).select_related("person").order_by("pk")[:50]
    return [{"person": e.person, "role": ROLE_WORDS[e.role], "suspended": e.suspended} for e in enrolments]


@require_POST
def set_profile(request: HttpRequest, school: str) -> HttpResponse:
    """Another behaviour for the same school: issuer, ids and registration stay as they are."""
    found = get_object_or_404(School, slug=school)
    if request.POST.get("profile") in profiles.PROFILES:
        found.profile = request.POST["profile"]
        found.save()
    return HttpResponseRedirect(reverse("home"))


def course(request: HttpRequest, school: str, person: str) -> HttpResponse:
    visit = _visit(school, person)
    links = visit.course.links.filter(deleted=False, of_other_tool=False).order_by("pk")
    if not visit.is_staff:
        links = links.filter(published=True)
    message = request.GET.get("lti_msg") or request.GET.get("lti_errormsg")
    placements = deep_linking.PLACEMENTS[visit.school.profile] if visit.may_add else {}
    shown = {"links": links, "message": message, "placements": placements.items()}
    return render(request, "sandbox/course.html", visit.page() | shown)


def choose(request: HttpRequest, school: str, person: str) -> HttpResponse:
    """The tool in a frame, to choose content in."""
    visit = _visit(school, person)
    name = request.GET.get("placement", "")
    placement = deep_linking.PLACEMENTS[visit.school.profile].get(name)
    if placement is None:
        raise Http404

    def begin(target: str) -> Begun:
        _, hint, params = deep_linking.begin(person=visit.person, course=visit.course, placement=name)
        return hint, params

    return _tool(request, visit, placement.words, begin)


@require_POST
def deep_linking_response(request: HttpRequest, school: str) -> HttpResponse:
    """Where the tool posts the choice, inside the frame; the page around it goes on."""
    query = request.GET
    token = query.get("sesskey") or query.get("data") or query.get("dialogue") or ""
    dialogues = Dialogue.objects.select_related("school__tool", "course__school", "person__school")
    dialogue = get_object_or_404(dialogues, school__slug=school, token=token)
    try:
        deep_linking.take(dialogue, request.POST.get("JWT", ""))
    except deep_linking.Refused as refused:
        if isinstance(refused.body, dict):
            return JsonResponse(refused.body, status=refused.status)
        return render(request, "sandbox/refused.html", {"words": refused.body}, status=refused.status)
    return render(request, "sandbox/returned.html", {"next": _after(dialogue)})


def _after(dialogue: Dialogue) -> str:
    if dialogue.state == "filled":
        return addresses.dialogue_page(dialogue)
    said = (
        {"lti_errormsg": dialogue.error_message} if dialogue.error_message else {"lti_msg": dialogue.message}
    )
    page = addresses.course_page(dialogue.school, dialogue.person)
    # Moodle live: neither is shown.
    return page if dialogue.school.profile == "moodle" else f"{page}?{urlencode(said)}"


def dialogue(request: HttpRequest, school: str, person: str, number: int) -> HttpResponse:
    """The form that the choice has filled in; Save makes the activity."""
    visit = _visit(school, person)
    found = get_object_or_404(Dialogue, school=visit.school, person=visit.person, pk=number)
    if request.method == "POST":
        deep_linking.save(
            found,
            title=request.POST.get("title", ""),
            points=request.POST.get("points", ""),
            published=request.POST.get("published") == "yes",
        )
        return _back(visit)
    shown = {
        "words": deep_linking.placement_of(found).words,
        "fields": deep_linking.form(found) if found.state == "filled" else [],
        "is_canvas": visit.school.profile == "canvas",
    }
    return render(request, "sandbox/dialogue.html", visit.page() | shown)


@require_POST
def add_link(request: HttpRequest, school: str, person: str) -> HttpResponse:
    visit = _visit(school, person)
    title = request.POST.get("title", "").strip()
    if visit.is_teacher and title:
        # As Canvas does with what a tool adds: unpublished until the teacher says so.
        schools.add_link(visit.course, title=title, published=visit.school.profile != "canvas")
    return _back(visit)


@require_POST
def set_published(request: HttpRequest, school: str, person: str, number: int) -> HttpResponse:
    visit = _visit(school, person)
    if visit.is_teacher:
        visit.course.links.filter(pk=number).update(published=request.POST.get("published") == "yes")
    return _back(visit)


def _back(visit: Visit) -> HttpResponse:
    return HttpResponseRedirect(reverse("course", args=[visit.school.slug, visit.person.handle]))


def link(request: HttpRequest, school: str, person: str, number: int) -> HttpResponse:
    """The activity with the tool in a frame; ?window=1 is the bare form, for a tab of its own."""
    visit = _visit(school, person)
    found = get_object_or_404(Link, course=visit.course, pk=number, deleted=False)
    if not found.published and not visit.is_staff:
        raise Http404

    def begin(target: str) -> Begun:
        return launches.begin(
            school=visit.school, person=visit.person, course=visit.course, link=found, document_target=target
        )

    return _tool(request, visit, found.title, begin)


def _tool(request: HttpRequest, visit: Visit, title: str, begin: Callable[[str], Begun]) -> HttpResponse:
    """The tool in a frame under a title, or with ?window=1 as a bare form. `begin` takes the document target."""
    if not visit.school.tool.is_on:
        words = "This tool is not switched on"
        return render(request, "sandbox/refused.html", {"words": words}, status=403)
    in_window = request.GET.get("window") == "1"
    _, params = begin("window" if in_window else "iframe")
    if in_window:
        params.pop("lti_storage_target", None)
        login = {"action": visit.school.tool.login_url, "fields": params}
        return render(request, "sandbox/form_post.html", login)
    query = request.GET.copy()
    query["window"] = "1"
    shown = {
        "title": title,
        "params": params,
        "tool": visit.school.tool,
        "query": query.urlencode(),
        "allow": profiles.frame_allow(visit.school),
        "storage_frame": profiles.STORAGE_FRAME,
    }
    return render(request, "sandbox/link.html", visit.page() | shown)


def storage(request: HttpRequest, school: str) -> HttpResponse:
    """The frame that Canvas keeps beside the tool's, for LTI platform storage."""
    found = get_object_or_404(School.objects.select_related("tool"), slug=school)
    return render(request, "sandbox/forwarding.html", {"school": found, "tool": found.tool})


def review(
    request: HttpRequest, school: str, person: str, number: int, student: str | None = None
) -> HttpResponse:
    """What the gradebook's cells and column heads lead to. Moodle live: nobody checks who opens it."""
    visit = _visit(school, person)
    columns = visit.course.line_items.select_related("course__school", "link")
    column = get_object_or_404(columns, pk=number, deleted=False, link__isnull=False)
    of = get_object_or_404(Person, school=visit.school, handle=student) if student else None

    def begin(target: str) -> Begun:
        return launches.begin_review(
            school=visit.school, person=visit.person, column=column, of=of, document_target=target
        )

    return _tool(request, visit, f"{column.label}: {of.name if of else 'everybody'}", begin)


def speed_grader(request: HttpRequest, school: str, person: str, number: int, student: str) -> HttpResponse:
    """Canvas's page for one submission: the address that the tool stored, or the words that Canvas has for none."""
    visit = _visit(school, person)
    if not visit.is_staff:
        raise Http404
    grade = get_object_or_404(
        Grade.objects.select_related("person", "line_item"),
        line_item__course=visit.course,
        line_item=number,
        person__handle=student,
    )
    url = grade.submission.get("data") if grade.submission.get("type") == "basic_lti_launch" else ""
    title = f"{grade.line_item.label}: {grade.person.name}"
    if not url:
        return render(request, "sandbox/no_preview.html", visit.page() | {"title": title})
    return _retrieve(request, visit, title, url)


def retrieve(request: HttpRequest, school: str, person: str) -> HttpResponse:
    """Canvas opens any address of a tool for anybody in the course: `external_tools/retrieve?url=`."""
    visit = _visit(school, person)
    return _retrieve(request, visit, visit.school.tool.name, request.GET.get("url", ""))


def _retrieve(request: HttpRequest, visit: Visit, title: str, url: str) -> HttpResponse:
    def begin(target: str) -> Begun:
        return launches.begin_retrieve(
            school=visit.school, person=visit.person, course=visit.course, url=url, document_target=target
        )

    return _tool(request, visit, title, begin)


def gradebook(request: HttpRequest, school: str, person: str) -> HttpResponse:
    visit = _visit(school, person)
    columns = grades.columns(visit.course)
    shown = grades.students(visit.course) if visit.is_staff else [visit.person]
    stored = {
        (grade.line_item_id, grade.person_id): grade
        for grade in Grade.objects.filter(line_item__in=columns, person__in=shown)
    }
    rows = [
        {
            "student": student,
            "cells": [_cell(column, stored.get((column.pk, student.pk))) for column in columns],
        }
        for student in shown
    ]
    shown = {"columns": columns, "rows": rows, "is_canvas": visit.school.profile == "canvas"}
    return render(request, "sandbox/gradebook.html", visit.page() | shown)


def _cell(column: Any, grade: Grade | None) -> dict[str, Any]:
    return {
        "column": column,
        "grade": grade,
        "score": as_number(grade.score) if grade else None,
        "maximum": as_number(column.score_maximum),
    }


@require_POST
def type_grade(request: HttpRequest, school: str, person: str, number: int, student: str) -> HttpResponse:
    visit = _visit(school, person)
    column = get_object_or_404(visit.course.line_items, pk=number, deleted=False)
    graded = get_object_or_404(Person, school=visit.school, handle=student)
    if visit.is_teacher:
        grades.teacher_types(
            column, graded, _typed(request.POST.get("score", "")), request.POST.get("comment", "")
        )
    anchor = f"#g-{number}-{student}"
    return HttpResponseRedirect(reverse("gradebook", args=[visit.school.slug, visit.person.handle]) + anchor)


def _typed(text: str) -> float | None:
    """Anything that is not a number empties the cell, as clearing it does."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None

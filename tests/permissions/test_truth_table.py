"""URL × role × own or foreign course: who may what. A URL without a row here fails."""

import json

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.permissions.world import ROLES

pytestmark = pytest.mark.django_db

# Abbreviations for the columns below.
I, T, D, L, O, V, G, N = (
    "instructor",
    "teaching_assistant",
    "designer",
    "learner",
    "observer",
    "visitor",
    "guest",
    "nobody",
)
SHELL = 200  # nobody's GET: the same small page for everyone


def allow(*roles, ok=200, no=403, nobody=401):
    """`ok` for the roles named, `no` for the others, `nobody` without a launch."""
    return {role: ok if role in roles else no for role in ROLES if role != N} | {N: nobody}


def page(*roles, ok=200):
    return allow(*roles, ok=ok, nobody=SHELL)


EVERYONE = (I, T, D, L, O, V, G)
# Pages on which somebody chooses in the LMS: no launch opens them, whatever its role (test_deep_linking.py).
CLOSED_PAGE = dict.fromkeys(EVERYONE, 401) | {N: SHELL}
CLOSED = dict.fromkeys((*EVERYONE, N), 401)

TAPS = {
    "log": "5f0c0f6e-0000-4000-8000-000000000001",
    "taps": [{"sequence": 1, "field": "overall", "value": "x", "seen": 0}],
}
DEVICE = {"log": TAPS["log"], "waiting": []}
PRESENCE = DEVICE | {"revision": 0}

# Method, URL name, URL arguments, body, status by role in the own course. Foreign keys are 404, or 403 for roles that never may.
TABLE = [
    ("GET", "activities:start", (), None, page(*EVERYONE)),
    ("GET", "activities:setup", (), None, page(I, D)),
    ("POST", "activities:setup", (), {"rubric": "draft"}, allow(I, D, ok=400)),  # only a published one
    ("POST", "activities:begin", (), {"kind": "osce"}, allow(I, D, ok=303)),
    # What is not offered is not there: `activity` here is the link's own.
    ("POST", "activities:copy", (), {"activity": "activity"}, allow(I, D, ok=404)),
    ("POST", "activities:move", (), {"activity": "activity"}, allow(I, D, ok=404)),
    ("POST", "activities:empty", (), {}, allow(I, D, ok=400)),  # it was not copied
    ("GET", "activities:picker", (), None, CLOSED_PAGE),
    ("POST", "activities:picker", (), {"activity": "activity"}, CLOSED),
    ("POST", "activities:picker_new", (), {}, CLOSED),
    ("GET", "lti_tool:deep_linking_return", (), None, CLOSED_PAGE),
    ("POST", "lti_tool:deep_linking_cancel", (), {}, CLOSED),
    ("POST", "activities:roster", (), {}, allow(I, T, ok=303)),
    ("POST", "activities:sheet", ("activity", "person"), {}, allow(I, T, ok=303)),
    ("GET", "results:home", ("activity",), None, page(*EVERYONE)),
    ("GET", "results:feedback", ("activity",), None, page(L)),
    ("GET", "results:candidate", ("activity", "person"), None, page(I, T)),
    ("GET", "results:candidate", ("activity", "learner"), None, page(I, T, L)),  # the learner's own
    ("GET", "activities:review", (), None, page(*EVERYONE)),
    ("GET", "results:release", ("activity",), None, page(I)),
    ("POST", "results:release", ("activity",), {"seen": "something else"}, allow(I, ok=409)),
    ("POST", "results:deliveries", ("activity",), {}, allow(I, ok=303)),
    ("POST", "results:delivery", ("activity", "person"), {"decision": "neither"}, allow(I, ok=400)),
    ("GET", "results:quality", ("decided",), None, page(I)),
    ("GET", "results:examiners", ("decided",), None, page(I)),
    ("GET", "results:reliability", ("decided",), None, page(I)),
    ("GET", "results:years", ("decided",), None, page(I)),
    ("GET", "results:board_pack", ("decided",), None, page(I)),
    ("GET", "results:exports", ("decided",), None, page(I)),
    ("GET", "results:export", ("decided", "pseudonyms", "long.csv"), None, page(I)),
    ("GET", "results:moderation", ("decided",), None, page(I)),
    ("GET", "results:rule", ("decided",), None, page(I)),
    ("POST", "results:rule", ("decided",), {}, allow(I, ok=400)),
    ("GET", "results:part", ("decided", "part"), None, page(I)),
    ("POST", "results:part", ("decided", "part"), {}, allow(I, ok=400)),
    ("GET", "results:discrepancies", ("decided",), None, page(I)),
    ("POST", "results:discrepancies", ("decided",), {}, allow(I, ok=404)),  # nothing was marked twice
    ("GET", "results:gaps", ("decided",), None, page(I)),
    ("POST", "results:gaps", ("decided",), {}, allow(I, ok=400)),
    ("GET", "results:concerns", ("decided",), None, page(I)),
    ("POST", "results:concerns", ("decided",), {}, allow(I, ok=404)),  # none was raised
    ("GET", "results:decisions", ("decided",), None, page(I)),
    ("GET", "results:decision", ("decided", "decided_person"), None, page(I)),
    ("POST", "results:decision", ("decided", "decided_person"), {}, allow(I, ok=400)),
    ("GET", "results:trace_json", ("decided", "decided_person"), None, page(I)),
    ("GET", "results:trace_pdf", ("decided", "decided_person"), None, page(I)),
    ("POST", "results:sign_off", ("decided",), {"step": "propose"}, allow(I, ok=409)),  # it is signed
    ("GET", "results:exam", ("decided",), None, page(I)),
    ("GET", "results:exam_release", ("decided",), None, page(I)),
    ("POST", "results:exam_release", ("decided",), {}, allow(I, ok=409)),
    ("GET", "results:exam_back", ("decided",), None, page(I)),
    ("POST", "results:exam_back", ("decided",), {}, allow(I, ok=409)),  # no reason
    ("GET", "results:exam_candidate", ("decided", "decided_person"), None, page(I)),
    ("GET", "results:exam_candidate", ("decided", "learner"), None, page(I, L)),  # the learner's own
    ("GET", "results:exam_feedback", ("decided",), None, page(L)),
    ("GET", "results:exam_feedback_file", ("decided",), None, page(L)),
    ("POST", "results:reply", ("decided",), {"kind": "read"}, allow(L, ok=303)),
    ("GET", "results:replies", ("decided",), None, page(I)),
    ("POST", "results:replies", ("decided",), {}, allow(I, ok=404)),  # nothing was asked
    ("GET", "results:words", ("decided",), None, page(I)),
    ("POST", "results:words", ("decided",), {}, allow(I, ok=404)),
    ("POST", "results:deliveries", ("decided",), {}, allow(I, ok=303)),
    ("POST", "results:delivery", ("decided", "decided_person"), {"decision": "neither"}, allow(I, ok=400)),
    ("GET", "people:people", ("activity",), None, page(I, T)),
    ("POST", "people:roster", ("activity",), {}, allow(I, T, ok=303)),
    ("POST", "people:decision", ("activity", "person"), {"counts": "no"}, allow(I, ok=303)),
    ("GET", "rubrics:rubrics", (), None, page(I, D, T)),
    ("POST", "rubrics:rubrics", (), {"title": "New"}, allow(I, D, ok=303)),
    ("GET", "rubrics:rubric", ("draft",), None, page(I, D, T)),
    ("GET", "rubrics:rubric", ("published",), None, page(I, D, T)),
    ("POST", "rubrics:rubric", ("draft",), {"title": "Renamed"}, allow(I, D, ok=303)),
    ("GET", "rubrics:preview", ("draft",), None, page(I, D, T)),
    ("GET", "rubrics:criteria", ("draft",), None, page(I, D)),
    ("POST", "rubrics:criteria", ("draft",), {}, allow(I, D, ok=400)),  # empty: refused in words
    ("GET", "rubrics:criterion", ("draft", "criterion"), None, page(I, D)),
    ("POST", "rubrics:criterion", ("draft", "criterion"), {}, allow(I, D, ok=400)),
    ("POST", "rubrics:place", ("draft", "criterion"), {"direction": "down"}, allow(I, D)),
    ("POST", "rubrics:removal", ("draft", "criterion"), {}, allow(I, D)),
    ("POST", "rubrics:hints", ("draft",), {}, allow(I, D)),
    ("GET", "rubrics:statements", ("draft",), None, page(I, D)),
    ("POST", "rubrics:statements", ("draft",), {"strength": "Listened."}, allow(I, D, ok=303)),
    ("POST", "rubrics:publication", ("draft",), {}, allow(I, D, ok=303)),
    ("POST", "rubrics:next_version", ("published",), {}, allow(I, D, ok=303)),
    ("POST", "rubrics:duplicate", ("draft",), {}, allow(I, D, ok=303)),
    ("POST", "rubrics:duplicate", ("published",), {}, allow(I, D, ok=303)),
    ("POST", "rubrics:discard", ("draft",), {}, allow(I, D, ok=303)),
    ("GET", "rubrics:files", (), None, page(I, D)),
    ("POST", "rubrics:files", (), {}, allow(I, D, ok=400)),  # nothing chosen
    ("POST", "rubrics:drafts", (), {"rubrics": "{}"}, allow(I, D, ok=400)),
    ("GET", "rubrics:template", ("csv",), None, page(I, D)),
    ("GET", "rubrics:export", ("published",), None, page(I, D)),
    ("GET", "rubrics:file", ("draft", "csv"), None, page(I, D)),
    ("GET", "marking:sheet", ("sheet",), None, page(I, T)),
    ("GET", "marking:amendment", ("submitted",), None, page(I, T)),
    (
        "POST",
        "marking:amendment",
        ("submitted",),
        {"revision": "submitted_revision"},
        allow(I, T, ok=400),
    ),  # no reason
    ("GET", "marking:paper", ("sheet",), None, page(I)),
    ("POST", "marking:paper", ("sheet",), {"number": "1"}, allow(I, ok=400)),  # nothing chosen
    ("GET", "marking:api_sheet", ("sheet",), None, allow(I, T)),
    ("POST", "marking:api_taps", ("sheet",), TAPS, allow(I, T)),
    ("POST", "marking:api_presence", ("sheet",), PRESENCE, allow(I, T)),
    (
        "POST",
        "marking:api_device",
        (),
        DEVICE,
        allow(*EVERYONE),
    ),  # of one's own device, about one's own sheets
    # A sheet that is assigned: its rater's, whoever that is, and the teacher's.
    *(
        row
        for sheet, *whose in (
            ("guests_sheet", I, G),
            ("assistants_sheet", I, T),
            ("others_sheet", I),
            ("self_sheet", I, L),
        )
        for row in (
            ("GET", "marking:sheet", (sheet,), None, page(*whose)),
            ("GET", "marking:api_sheet", (sheet,), None, allow(*whose)),
            ("POST", "marking:api_taps", (sheet,), TAPS, allow(*whose)),
            ("POST", "marking:api_presence", (sheet,), PRESENCE, allow(*whose)),
        )
    ),
    ("GET", "marking:sheet", ("guests_submitted",), None, page(I, G)),
    ("GET", "marking:sheet", ("assistants_submitted",), None, page(I, T)),
    ("GET", "marking:amendment", ("guests_submitted",), None, page(I)),
    ("GET", "marking:amendment", ("assistants_submitted",), None, page(I)),
    ("POST", "marking:amendment", ("assistants_submitted",), {"revision": "9"}, allow(I, ok=409)),
    ("GET", "osce:home", ("exam",), None, page(*EVERYONE)),
    ("GET", "osce:stations", ("exam",), None, page(I, D)),
    ("GET", "osce:new_station", ("exam",), None, page(I, D)),
    ("GET", "osce:papers", ("exam",), None, page(I, D)),
    ("POST", "osce:new_station", ("exam",), {}, allow(I, D, ok=400)),
    ("GET", "osce:station", ("exam", "station"), None, page(I, D)),
    ("POST", "osce:station", ("exam", "station"), {}, allow(I, D, ok=400)),
    # A session of it is published, so these stay as they are: refused in words.
    ("POST", "osce:station_place", ("exam", "station"), {"direction": "down"}, allow(I, D, ok=400)),
    ("POST", "osce:station_removal", ("exam", "station"), {}, allow(I, D, ok=400)),
    ("GET", "osce:blueprint", ("exam",), None, page(I, D)),
    ("POST", "osce:blueprint", ("exam",), {}, allow(I, D, ok=303)),
    ("GET", "osce:timing", ("exam",), None, page(I, D)),
    ("POST", "osce:timing", ("exam",), {}, allow(I, D, ok=400)),
    ("GET", "osce:circuits", ("exam",), None, page(I, D)),
    ("POST", "osce:circuits", ("exam",), {"title": "Circuit Z"}, allow(I, D, ok=400)),
    ("GET", "osce:candidates", ("exam",), None, page(I)),
    ("POST", "osce:candidates", ("exam",), {}, allow(I, ok=303)),
    ("POST", "osce:candidate_changes", ("exam",), {}, allow(I, ok=303)),
    ("POST", "osce:candidate_withdrawal", ("exam", "candidate"), {}, allow(I, ok=303)),
    ("GET", "osce:staff", ("exam",), None, page(I)),
    ("POST", "osce:staff", ("exam",), {"names": "New Name"}, allow(I, ok=303)),
    ("POST", "osce:staff_removal", ("exam", "staff"), {}, allow(I, ok=303)),
    ("POST", "osce:conflicts", ("exam",), {"staff": "staff", "candidate": "candidate"}, allow(I, ok=303)),
    ("POST", "osce:conflict_removal", ("exam", "conflict"), {}, allow(I, ok=303)),
    ("GET", "osce:new_session", ("exam",), None, page(I)),
    ("POST", "osce:new_session", ("exam",), {}, allow(I, ok=400)),
    ("GET", "osce:session", ("exam", "session"), None, page(I)),
    ("GET", "osce:session_settings", ("exam", "session"), None, page(I)),
    ("POST", "osce:session_settings", ("exam", "session"), {}, allow(I, ok=400)),
    ("POST", "osce:session_removal", ("exam", "session"), {}, allow(I, ok=303)),
    ("GET", "osce:session_posts", ("exam", "session", "circuit"), None, page(I)),
    ("POST", "osce:session_posts", ("exam", "session", "circuit"), {}, allow(I, ok=400)),
    ("POST", "osce:posts_copy", ("exam", "session"), {}, allow(I, ok=303)),
    ("GET", "osce:links", ("exam", "session"), None, page(I)),
    ("POST", "osce:links", ("exam", "session"), {}, allow(I, ok=303)),
    ("POST", "osce:links_validity", ("exam", "session"), {}, allow(I, ok=400)),
    ("GET", "osce:link_cards", ("exam", "session"), None, page(I)),
    ("GET", "osce:link", ("exam", "session", "examiner"), None, page(I)),
    ("POST", "osce:link", ("exam", "session", "examiner"), {}, allow(I, ok=303)),
    ("POST", "osce:link_withdrawal", ("exam", "session", "examiner"), {}, allow(I, ok=303)),
    # The door of examiner links asks for a link, not for a role.
    ("GET", "osce:door", (), None, dict.fromkeys(ROLES, 200)),
    ("POST", "osce:door", (), {}, dict.fromkeys(ROLES, 400)),
    ("GET", "osce:timetable", ("exam", "session"), None, page(I)),
    ("POST", "osce:timetable", ("exam", "session"), {}, allow(I, ok=303)),
    ("GET", "osce:my_stations", ("exam",), None, page(*EVERYONE)),  # their own, which may be none
    (
        "GET",
        "osce:own_calendar",
        ("exam",),
        None,
        dict.fromkeys(ROLES, 404) | {N: SHELL},
    ),  # none of them is a candidate
    ("POST", "osce:station_rubric", ("exam", "station"), {}, allow(I, D, ok=303)),
    ("POST", "osce:publication", ("exam", "session"), {}, allow(I, ok=303)),
    ("POST", "osce:lock", ("exam", "session"), {}, allow(I, ok=400)),  # it is not published
    ("GET", "osce:api_clock", ("session",), None, allow(I, T)),
    ("GET", "osce:board", ("exam", "day"), None, page(I, T)),
    ("GET", "osce:projector", ("exam", "day"), None, page(I, T)),
    ("POST", "osce:clock_orders", ("exam", "day"), {"kind": "start"}, allow(I, ok=303)),
    ("POST", "osce:fire_alarm", ("exam", "day"), {}, allow(I, ok=303)),
    ("POST", "osce:announcements", ("exam", "day"), {"text": "Go on"}, allow(I, ok=303)),
    ("POST", "osce:help_requests", ("exam", "day"), {"kind": "come"}, allow(I, T, ok=204)),
    ("POST", "osce:help_answer", ("exam", "day", "help"), {}, allow(I, ok=303)),
    ("GET", "osce:incidents", ("exam", "day"), None, page(I)),
    ("POST", "osce:incidents", ("exam", "day"), {}, allow(I, ok=400)),
    ("GET", "osce:encounter", ("exam", "day", "encounter"), None, page(I)),
    ("POST", "osce:encounter_change", ("exam", "day", "encounter"), {"do": "absent"}, allow(I, ok=303)),
    (
        "POST",
        "osce:encounter_change",
        ("exam", "day", "encounter"),
        {"do": "settle", "sheet": "waits", "device": "device", "reason": "It was lost"},
        allow(I, ok=303),
    ),
    ("GET", "osce:post", ("exam", "day", "post"), None, page(I)),
    ("POST", "osce:post", ("exam", "day", "post"), {"do": "void"}, allow(I, ok=400)),  # no reason
    ("GET", "osce:rooms", ("exam", "session"), None, page(I)),
    ("GET", "osce:paper", ("exam", "day"), None, page(I)),
    ("GET", "osce:paper_sheets", ("exam", "day", "circuit"), None, page(I)),
    ("GET", "osce:bells", ("exam", "session"), None, page(I)),
    ("GET", "osce:tickets", ("exam", "session"), None, page(I)),
    ("GET", "osce:staff_days", ("exam", "session"), None, page(I)),
    ("GET", "osce:candidate_calendar", ("exam", "session", "candidate"), None, page(I)),
    ("GET", "osce:staff_calendar", ("exam", "session", "staff"), None, page(I)),
    ("GET", "workplace:home", ("workplace",), None, page(*EVERYONE)),
    ("GET", "workplace:mine", ("workplace",), None, page(L)),
    ("GET", "workplace:ask", ("workplace",), None, page(L)),
    ("POST", "workplace:ask", ("workplace",), {}, allow(L, ok=400)),
    ("GET", "workplace:observe", ("workplace",), None, page(I, T)),
    ("POST", "workplace:observe", ("workplace",), {}, allow(I, T, ok=400)),
    ("GET", "workplace:request", ("workplace", "request"), None, page(I, L)),
    ("GET", "workplace:request", ("workplace", "assistants_request"), None, page(I, T, L)),
    ("GET", "workplace:request", ("workplace", "guests_request"), None, page(I, L)),
    ("POST", "workplace:beginning", ("workplace", "request"), {}, allow()),
    ("POST", "workplace:beginning", ("workplace", "assistants_request"), {}, allow(T, ok=303)),
    ("POST", "workplace:withdrawal", ("workplace", "request"), {}, allow(L, ok=303)),
    ("POST", "workplace:refusal", ("workplace", "request"), {}, allow()),
    ("POST", "workplace:refusal", ("workplace", "assistants_request"), {}, allow(T, ok=303)),
    ("POST", "workplace:refusal", ("workplace", "guests_request"), {}, allow(G, ok=303)),
    ("GET", "workplace:learner", ("workplace", "learner"), None, page(I, L)),  # the learner's own
    ("GET", "workplace:learner", ("workplace", "person"), None, page(I)),
    ("GET", "workplace:assessors", ("workplace",), None, page(I)),
    ("POST", "workplace:assessors", ("workplace",), {"names": "New Name"}, allow(I, ok=303)),
    ("POST", "workplace:pin", ("workplace", "listed"), {}, allow(I)),
    ("POST", "workplace:my_pin", ("workplace",), {}, allow(I, T)),
    ("POST", "workplace:assessor_withdrawal", ("workplace", "listed"), {}, allow(I, ok=303)),
    ("GET", "workplace:settings", ("workplace",), None, page(I, D)),
    ("POST", "workplace:settings", ("workplace",), {}, allow(I, D, ok=400)),
    # Like that of examiner links.
    ("GET", "workplace:door", (), None, dict.fromkeys(ROLES, 200)),
    ("POST", "workplace:door", (), {}, dict.fromkeys(ROLES, 400)),
    # A round of peer feedback: whose teachers decide, whose assistants look after it, whose designers set it up.
    ("GET", "peer:home", ("round",), None, page(*EVERYONE)),
    ("GET", "peer:mine", ("round",), None, page(L)),
    ("GET", "peer:work", ("round",), None, page(L)),
    ("POST", "peer:words", ("round",), {"text": "x"}, allow(L, ok=400)),  # it is handed in
    ("POST", "peer:files", ("round",), {}, allow(L, ok=400)),
    ("POST", "peer:file_removal", ("round", "round_file"), {}, allow(L, ok=400)),
    ("POST", "peer:handing_in", ("round",), {}, allow(L, ok=400)),
    ("POST", "peer:taking_back", ("round",), {}, allow(L, ok=400)),  # somebody reviews it
    ("POST", "peer:withdrawal", ("round",), {}, allow(L, ok=303)),
    # Of a file that is not theirs to read nobody learns that it is there.
    ("GET", "peer:file", ("round", "round_file", "work-1.txt"), None, allow(I, T, L, no=404, nobody=SHELL)),
    ("GET", "peer:self", ("round",), None, page(L)),
    ("POST", "peer:self", ("round",), {}, allow(L, ok=400)),  # this round asks for none
    ("GET", "peer:next", ("round",), None, page(L)),
    ("POST", "peer:next", ("round",), {}, allow(L, ok=400)),  # all are given out at once
    ("GET", "peer:review", ("round", "to_write"), None, page(L)),
    ("GET", "peer:review", ("round", "to_read"), None, {**page(), L: 404}),  # somebody else writes it
    ("POST", "peer:review_words", ("round", "to_write"), {"step": "none"}, allow(L, ok=400)),
    ("POST", "peer:review_beginning", ("round", "to_write"), {}, allow(L, ok=303)),
    ("POST", "peer:review_refusal", ("round", "to_write"), {}, allow(L, ok=400)),  # no reason
    ("POST", "peer:report_work", ("round", "to_write"), {}, allow(L, ok=400)),
    ("POST", "peer:concern_about_work", ("round", "to_write"), {}, allow(L, ok=400)),
    ("GET", "peer:feedback", ("round",), None, page(L)),
    ("POST", "peer:answer", ("round", "to_read"), {}, allow(L, ok=400)),  # not in this phase
    ("POST", "peer:answer", ("round", "to_write"), {}, {**allow(), L: 404}),  # not of their own work
    ("POST", "peer:report_review", ("round", "to_read"), {}, allow(L, ok=400)),
    ("POST", "peer:concern_about_review", ("round", "to_read"), {}, allow(L, ok=400)),
    ("POST", "peer:actions", ("round",), {}, allow(L, ok=400)),
    ("POST", "peer:action", ("round", "action"), {"what": "done"}, allow(L, ok=303)),
    ("GET", "peer:settings", ("round",), None, page(I, D)),
    ("POST", "peer:settings", ("round",), {}, allow(I, D, ok=400)),
    ("GET", "peer:workshop", ("round",), None, page(I, D)),
    ("POST", "peer:workshop", ("round",), {}, allow(I, D, ok=400)),
    ("POST", "peer:phase", ("round",), {"phase": "party"}, allow(I, ok=400)),
    ("POST", "peer:nudges", ("round",), {"person": "nobody"}, allow(I, T, ok=400)),
    ("GET", "peer:progress_file", ("round",), None, page(I, T)),
    ("GET", "peer:people", ("round",), None, page(I, T)),
    ("POST", "peer:people", ("round",), {}, allow(I, ok=400)),
    ("POST", "peer:pairs", ("round",), {}, allow(I, ok=400)),
    ("POST", "peer:pair_removal", ("round", "pair"), {}, allow(I, ok=303)),
    ("GET", "peer:person", ("round", "person"), None, page(I, T)),
    ("GET", "peer:person", ("round", "learner"), None, page(I, T, L)),  # the learner's own
    ("POST", "peer:place", ("round", "person"), {}, allow(I, ok=400)),
    ("POST", "peer:person_withdrawal", ("round", "person"), {}, allow(I, ok=303)),
    ("GET", "peer:allocation", ("round",), None, page(I, T)),
    ("POST", "peer:drawing", ("round",), {}, allow(I, ok=400)),  # somebody has begun a review
    ("POST", "peer:repair", ("round",), {}, allow(I, ok=303)),
    ("GET", "peer:edit", ("round",), None, page(I)),
    ("POST", "peer:edit", ("round",), {}, allow(I, ok=400)),
    ("GET", "peer:queue", ("round",), None, page(I, T)),
    ("POST", "peer:approval", ("round",), {}, allow(I, T, ok=303)),
    ("GET", "peer:staff_review", ("round", "to_read"), None, page(I, T)),
    ("POST", "peer:review_decision", ("round", "to_read"), {}, allow(I, T, ok=400)),
    (
        "POST",
        "peer:review_decision",
        ("round", "to_read"),
        {"what": "leave_out", "reason": "x"},
        allow(I, ok=303),
    ),
    ("POST", "peer:unmasking", ("round", "to_read"), {}, allow(I, ok=400)),  # no reason
    ("POST", "peer:quality_sample", ("round", "to_read"), {}, allow(I, T, ok=400)),
    ("GET", "peer:report", ("round", "report"), None, page(I, T)),
    ("POST", "peer:report", ("round", "report"), {}, allow(I, T, ok=400)),
    ("GET", "peer:staff_work", ("round", "round_work"), None, page(I, T)),
    ("POST", "peer:own_review", ("round", "round_work"), {}, allow(I, T, ok=303)),
    ("POST", "peer:staff_file_removal", ("round", "round_work", "round_file"), {}, allow(I, T, ok=303)),
    ("GET", "peer:concerns", ("round",), None, page(I)),
    ("GET", "peer:concern", ("round", "concern"), None, page(I)),
    ("POST", "peer:concern", ("round", "concern"), {}, allow(I, ok=400)),
    ("GET", "peer:grades", ("round",), None, page(I, T)),
    ("POST", "peer:grades", ("round",), {}, allow(I, ok=404)),  # no such team
    ("GET", "peer:override", ("round", "place"), None, page(I)),
    ("POST", "peer:override", ("round", "place"), {}, allow(I, ok=400)),
    ("GET", "peer:release", ("round",), None, page(I)),
    ("POST", "peer:release", ("round",), {"seen": "something else"}, allow(I, ok=409)),
    ("GET", "peer:take_back", ("round",), None, page(I)),
    ("POST", "peer:take_back", ("round",), {}, allow(I, ok=400)),
    # The doors of LTI know no role: what they check is tests/certification and tests/lti_tool/test_session.py.
    ("POST", "lti_tool:login", (), {}, dict.fromkeys(ROLES, 400)),
    ("POST", "lti_tool:launch", (), {}, dict.fromkeys(ROLES, 400)),
    (
        "GET",
        "lti_tool:review",
        ("link", "person"),
        None,
        dict.fromkeys(ROLES, 404),
    ),  # opened by a launch only
    ("GET", "lti_tool:register", ("invite",), None, dict.fromkeys(ROLES, 404)),
    ("POST", "lti_tool:register", ("invite",), {}, dict.fromkeys(ROLES, 404)),
    ("GET", "lti_tool:canvas-json", (), None, dict.fromkeys(ROLES, 200)),
    ("GET", "marking:start", (), None, page(*EVERYONE)),
    ("GET", "marking:manifest", (), None, dict.fromkeys(ROLES, 200)),
    ("GET", "marking:worker", (), None, dict.fromkeys(ROLES, 200)),  # a script, the same for everybody
    ("GET", "lti_tool:jwks", (), None, dict.fromkeys(ROLES, 200)),
    ("POST", "lti_tool:notices", (), {}, dict.fromkeys(ROLES, 400)),  # signed by platforms: test_notices.py
    ("POST", "lti_tool:end", (), {}, dict.fromkeys(ROLES, 200)),  # whoever it is, it is over afterwards
    ("POST", "lti_tool:codes", (), {"path": "/nowhere/"}, allow(*EVERYONE, ok=400)),
    ("GET", "lti_tool:open", ("code",), None, dict.fromkeys(ROLES, 410)),
]


def url_names(patterns=None, namespace=""):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == "admin":
                continue  # tests/administration: no launch opens it, whatever the role
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            yield from url_names(pattern.url_patterns, inner)
        else:
            assert isinstance(pattern, URLPattern)
            yield f"{namespace}:{pattern.name}"


def test_every_url_has_a_row():
    assert set(url_names()) == {name for _, name, *_ in TABLE}


def ask(client, row, keys, launch):
    method, name, arguments, body, _ = row
    path = reverse(name, args=[keys.get(argument, "unknown") for argument in arguments])
    headers = {"Authorization": f"Bearer {launch.token}"} if launch else {}
    if method == "GET":
        return client.get(path, headers=headers)
    if body is not None and "log" in body:
        return client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    filled = {field: keys.get(value, value) for field, value in body.items()}
    return client.post(path, filled, headers=headers)


def ask_and_undo(client, row, keys, launch):
    """Each question meets the same world."""
    with transaction.atomic():
        answer = ask(client, row, keys, launch)
        transaction.set_rollback(True)
    return answer


def ids(row):
    return f"{row[0]} {row[1]} {'/'.join(row[2])}"


@pytest.mark.row("S22")
@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_own_course(client, own, row):
    answered = {
        role: ask_and_undo(client, row, own.keys, own.launch(row[1], row[2], role)).status_code
        for role in ROLES
    }

    assert answered == row[-1]


@pytest.mark.row("S22")
@pytest.mark.parametrize(
    "row", [row for row in TABLE if row[2] and row[2][0] not in ("code", "invite", "csv")], ids=ids
)
def test_foreign_course_is_not_there(client, own, foreign, row):
    answers = {
        role: ask_and_undo(client, row, foreign.keys, own.launch(row[1], row[2], role))
        for role in ROLES
        if role != N
    }

    # A role that may not do it anywhere may hear so before anything is looked for.
    for role, answer in answers.items():
        assert answer.status_code == 404 or (answer.status_code, row[-1][role]) == (403, 403), role
    for answer in answers.values():
        assert "secret comment" not in answer.content.decode()
        assert "Cara Candidate" not in answer.content.decode()


def test_shell_of_a_page_is_the_same_for_a_page_that_exists_and_one_that_does_not(client, own):
    row = ("GET", "results:home", ("activity",), None, None)

    there = ask(client, row, own.keys, None)
    nowhere = ask(client, row, {"activity": "00000000-0000-4000-8000-000000000000"}, None)

    assert there.content == nowhere.content

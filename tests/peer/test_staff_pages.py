"""The pages that set a round up and say how it stands."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.audit.models import Event
from assessments.peer import assigning, attention, expecting, moderating, now, nudging, participants, progress
from assessments.peer.models import PeerActivity, Review
from assessments.results.models import Result
from assessments.rubrics.models import Rubric
from lti_tool.models import Membership, Role
from tests import factories, peers
from tests.peer import moodle_backups as moodle
from tests.peer.visits import get, headers, post, url, words

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def teacher_of(peer, role=Role.INSTRUCTOR, **more):
    return factories.member(peer.activity.context, role, **more)


def sent_by(answer, **changes):
    """What the settings page would post as it stands, with these changes; None leaves a box unticked."""
    form = answer.context["form"]
    sent = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if not field.disabled and value not in (None, False):
            sent[name] = value
    return {name: value for name, value in (sent | changes).items() if value is not None}


def change(person, peer, **changes):
    return post(person, peer, "settings", **sent_by(get(person, peer, "settings"), **changes))


# --- the overview -----------------------------------------------------------------------------------


def test_before_it_begins_teachers_read_a_list_and_everybody_of_the_course():
    peer = peers.peer_round()
    teacher = teacher_of(peer)
    empty = get(teacher, peer, "home")
    assert "appear here once the course list was read" in words(empty)
    factories.member(peer.activity.context, name="Lea Learner")

    page = words(get(teacher, peer, "home"))

    assert "Lea Learner" in page and "Before it begins" in page
    assert "Some phases have no end yet" in page and "Nobody is told yet what to hand in" in page
    assert Event.objects.filter(verb="peer.taken_in").count() == 1


def test_overview_says_what_is_true_and_what_needs_somebody():
    peer = peers.under_review(people=5)
    teacher = teacher_of(peer)
    review = peers.reviews_of(peer)[0]
    moderating.report(peer=peer, by=review.reviewer, kind="other", text="Odd", submission=review.submission)
    moderating.raise_concern(
        peer=peer, by=review.reviewer, text="They shouted.", submission=review.submission
    )

    page = words(get(teacher, peer, "home"))

    assert "0 of 10 reviews are handed in" in page
    assert "1 report waits for an answer" in page
    assert "1 concern about professional conduct waits for you" in page
    assert "They shouted" not in page


def test_concerns_are_counted_for_the_lead_alone():
    peer = peers.under_review(people=5)
    lead, other = teacher_of(peer), teacher_of(peer)
    assistant = teacher_of(peer, Role.TEACHING_ASSISTANT)
    PeerActivity.objects.update(lead=lead)
    review = peers.reviews_of(peer)[0]
    moderating.raise_concern(peer=peer, by=review.reviewer, text="They shouted.", review=review)

    assert "concern about" in words(get(lead, peer, "home"))
    assert "concern about" not in words(get(other, peer, "home"))
    assert "concern about" not in words(get(assistant, peer, "home"))


def test_lead_who_left_the_course_is_said():
    peer = peers.peer_round()
    teacher, lead = teacher_of(peer), teacher_of(peer)
    PeerActivity.objects.update(lead=lead)
    assert "nobody reads concerns" not in words(get(teacher, peer, "home"))

    Membership.objects.filter(person=lead).update(is_active=False)

    assert "so nobody reads concerns" in words(get(teacher, peer, "home"))


def test_only_the_stuck_are_listed_on_request():
    peer = peers.under_review(people=5)
    teacher = teacher_of(peer)
    peers.all_review(peer)
    factories.member(peer.activity.context, name="Zoe Zuspät")
    participants.take_in(peer=peer, by=None)

    everybody, stuck = words(get(teacher, peer, "home")), words(get(teacher, peer, "home", show="stuck"))

    assert "Learner 00" in everybody and "Zoe Zuspät" in everybody
    assert "Learner 00" not in stuck and "Zoe Zuspät" in stuck and "has not handed in" in stuck


def test_round_whose_time_is_over_goes_on_when_a_teacher_looks_or_says_why_not():
    peer = peers.peer_round(people=2, self_assesses=False, reviews_each=3)
    peer = peers.go_to(peer, Phase.SUBMIT)
    teacher = teacher_of(peer)
    peers.everybody_hands_in(peer)
    PeerActivity.objects.update(submit_until=timezone.now() - timedelta(minutes=1))

    page = get(teacher, peer, "home")

    assert "The round did not go on by itself" in words(page)
    assert peers.fresh(peer).problem in words(page)
    PeerActivity.objects.update(problem="", reviews_each=1, least_reviews=1, forbids_pairs=False)
    get(teacher, peer, "home")
    assert peers.fresh(peer).phase == Phase.REVIEW


def test_overview_and_people_ask_the_database_as_often_with_one_as_with_thirty():
    def queries(people):
        peer = peers.under_review(people=people, self_assesses=True)
        peers.hand_in(peers.reviews_of(peer)[0])
        teacher = teacher_of(peer)
        PeerActivity.objects.update(lead=teacher)
        visit = headers(teacher, peer)
        found = []
        for name in ("home", "people"):
            with CaptureQueriesContext(connection) as captured:
                assert Client().get(url(peer, name), headers=visit).status_code == 200
            found.append(len(captured))
        return found

    few, many = queries(5), queries(30)

    assert few == many
    assert many[0] <= 12


def test_thousand_people_are_a_light_page():
    def size(people):
        peer = peers.go_to(peers.peer_round(people=people), Phase.SUBMIT)
        page = get(teacher_of(peer), peer, "home")
        assert page.content.count(b">Ask<") == people
        return len(page.content)

    assert (size(22) - size(2)) / 20 < 560


def test_nobody_is_stuck_while_work_is_taken_one_by_one_or_teams_are_small():
    taken = peers.under_review(people=5, allocating="pull")
    team = peers.peer_round(people=2, mode="team", self_assesses=False)
    team.participants.update(group=team.groups.create(name="Red"))
    team = peers.go_to(team, Phase.REVIEW)

    assert [progress.of(peer).stuck for peer in (taken, team)] == [[], []]


# --- phases -----------------------------------------------------------------------------------------


def test_teacher_moves_the_round_on_and_back():
    peer = peers.peer_round(people=3)
    teacher = teacher_of(peer)

    answer = post(teacher, peer, "phase", phase="submit")

    assert (answer.status_code, answer["Location"]) == (303, url(peer, "home") + "?done=phase")
    assert "The round is now at “hand in”" in words(get(teacher, peer, "home", done="phase"))
    assert post(teacher, peer, "phase", phase="setup").status_code == 303
    assert peers.fresh(peer).phase == Phase.SETUP


def test_going_on_while_somebody_has_not_handed_in_asks_first():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    teacher = teacher_of(peer)
    assert "3 people have not handed in yet" in words(get(teacher, peer, "home"))

    peers.everybody_hands_in(peer)

    page = get(teacher, peer, "home")
    assert page.context["forward"].asks == ""
    assert "Nothing that was handed in, drawn or written is lost" in page.context["back"].asks


def test_impossible_drawing_names_the_people_and_changes_nothing():
    peer = peers.peer_round(people=3, self_assesses=False, reviews_each=2, grouping="only_same")
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    teacher = teacher_of(peer)

    answer = post(teacher, peer, "phase", phase="review")

    assert answer.status_code == 400
    assert "Learner 0" in " ".join(answer.context["problems"][""])
    assert peers.fresh(peer).phase == Phase.SUBMIT and not Review.objects.exists()


def test_round_does_not_go_back_into_a_phase_that_it_would_leave_at_once():
    peer = peers.under_review(people=5)
    PeerActivity.objects.update(submit_until=timezone.now() - timedelta(days=1))
    teacher = teacher_of(peer)

    answer = post(teacher, peer, "phase", phase="submit")

    assert answer.status_code == 400 and "Give it a later end" in words(answer)
    PeerActivity.objects.update(switches_itself=False)
    assert post(teacher, peer, "phase", phase="submit").status_code == 303
    assert Review.objects.filter(state="planned").count() == 10


def test_phase_that_a_round_does_not_have_is_refused():
    peer = peers.peer_round(people=3, self_assesses=False)

    answer = post(teacher_of(peer), peer, "phase", phase="self")

    assert answer.status_code == 400 and "no such phase" in words(answer)


# --- asking people ----------------------------------------------------------------------------------


def test_whoever_has_something_to_do_is_asked_and_reads_it_until_it_is_done():
    peer = peers.go_to(peers.peer_round(people=3), Phase.SUBMIT)
    done, open_ = peers.people_of(peer)[:2]
    peers.work_of(done)
    teacher = teacher_of(peer, Role.TEACHING_ASSISTANT)

    answer = post(teacher, peer, "nudges")

    assert answer["Location"] == url(peer, "home") + "?done=nudged&n=2"
    assert "Your teacher asks you to hand in your work." in words(get(open_.person, peer, "home"))
    assert "Your teacher asks" not in words(get(done.person, peer, "home"))
    peers.work_of(open_)
    assert "Your teacher asks" not in words(get(open_.person, peer, "home"))


def test_one_person_is_asked():
    peer = peers.under_review(people=5)
    one, other = peers.people_of(peer)[:2]

    post(teacher_of(peer), peer, "nudges", person=str(one.person.key))

    assert "Your teacher asks you to hand in your reviews." in words(get(one.person, peer, "home"))
    assert "Your teacher asks" not in words(get(other.person, peer, "home"))
    assert Event.objects.get(verb="peer.nudged").data == {"people": [one.person_id]}


def test_what_was_asked_in_an_earlier_phase_is_not_asked_again():
    peer = peers.under_review(people=5)
    nudging.nudge(peer=peer, people=peers.people_of(peer), by=None)
    me = peers.people_of(peer)[0]
    assert now.nudge(me, [now.Task("Do it.", "/there/")])

    peers.go_to(peer, Phase.RESPOND)

    assert not now.nudge(peers.people_of(peer)[0], [now.Task("Do it.", "/there/")])


def test_nobody_to_ask_is_said_and_strangers_are_not_found():
    peer = peers.peer_round(people=2)
    teacher = teacher_of(peer)
    elsewhere = peers.people_of(peers.peer_round(people=1))[0]

    assert "There is nobody to ask" in words(post(teacher, peer, "nudges"))
    assert post(teacher, peer, "nudges", person="x").status_code == 400
    assert post(teacher, peer, "nudges", person=str(elsewhere.person.key)).status_code == 404


# --- the file ---------------------------------------------------------------------------------------


def test_progress_is_a_file_whose_names_no_spreadsheet_computes():
    peer = peers.under_review(people=5)
    person = peers.people_of(peer)[0].person
    person.name = "=cmd|' /C calc'!A0"
    person.save()
    peers.hand_in(peers.reviews_of(peer)[0])

    answer = get(teacher_of(peer), peer, "progress_file")

    assert answer.streaming and answer["Content-Disposition"] == 'attachment; filename="progress.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0]["name"] == "'=cmd|' /C calc'!A0"
    assert [row["reviews_to_give"] for row in rows] == ["2"] * 5
    assert sum(int(row["reviews_given"]) for row in rows) == 1


# --- settings ---------------------------------------------------------------------------------------


def test_settings_are_kept_and_dates_read_in_local_time():
    peer = peers.peer_round()
    teacher = teacher_of(peer)

    answer = change(teacher, peer, reviews_each=5, submit_until="2030-03-01T12:00", lead=str(teacher.key))

    assert (answer.status_code, answer["Location"]) == (303, url(peer, "home") + "?done=saved")
    peer = peers.fresh(peer)
    assert (peer.reviews_each, peer.lead) == (5, teacher)
    assert peer.submit_until.isoformat() == "2030-03-01T12:00:00+00:00"


def test_another_thing_looked_at_brings_its_own_questions():
    peer = peers.peer_round()
    teacher = teacher_of(peer)
    assert "takes_files" in get(teacher, peer, "settings").context["form"].fields

    answer = change(teacher, peer, mode="sources")

    assert answer["Location"] == url(peer, "settings") + "?done=saved"
    page = get(teacher, peer, "settings")
    fields = page.context["form"].fields
    assert "least_sources" in fields
    assert not {"takes_files", "counts", "scoring", "releasing", "anonymity"} & set(fields)
    assert "it is never a grade" in words(page)


@pytest.mark.parametrize("mode", PeerActivity.Mode.values)
def test_settings_of_each_mode_can_be_kept_as_they_are(mode):
    peer = peers.peer_round(mode=mode)

    assert change(teacher_of(peer), peer).status_code == 303


def test_whoever_saw_somebody_knows_whom():
    peer = peers.peer_round(mode="performance", anonymity="both")

    assert (peer.hides_authors, peer.hides_reviewers) == (False, True)
    form = get(teacher_of(peer), peer, "settings").context["form"]
    assert [value for value, _words in form.fields["anonymity"].choices] == ["named", "reviewers"]
    assert form["anonymity"].value() == "reviewers"


def test_what_people_were_told_is_locked_with_its_reason():
    peer = peers.under_review(people=5)
    teacher = teacher_of(peer)

    page = get(teacher, peer, "settings")
    answer = post(teacher, peer, "settings", **sent_by(page, anonymity="named", reviews_each=3))

    assert page.context["form"].fields["anonymity"].disabled
    assert "so this stays as everybody was told" in words(page)
    assert answer.status_code == 303
    assert (peers.fresh(peer).anonymity, peers.fresh(peer).reviews_each) == ("both", 3)


def test_form_and_questions_stay_once_reviewing_has_begun():
    peer = peers.under_review(people=5)
    teacher = teacher_of(peer)
    peers.begin(peers.reviews_of(peer)[0])

    page = get(teacher, peer, "settings")
    answer = post(teacher, peer, "settings", **sent_by(page, format="pendleton"))

    assert page.context["form"].fields["rubric"].disabled and page.context["form"].fields["format"].disabled
    assert answer.status_code == 303 and peers.fresh(peer).format == "strength_next_step"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"least_reviews": 9}, "least_reviews"),
        ({"reviews_each": 21}, "reviews_each"),
        ({"submit_until": "2030-03-02T12:00", "review_until": "2030-03-01T12:00"}, "review_until"),
        ({"takes_text": None, "takes_files": None}, "takes_text"),
        ({"groups_review": "on"}, "groups_review"),
        ({"submit_until": "soon"}, "submit_until"),
        ({"format": "shouting"}, "format"),
        ({"rubric": "no"}, "rubric"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_their_field(changes, field):
    peer = peers.peer_round()

    answer = change(teacher_of(peer), peer, **changes)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert Event.objects.filter(verb="peer.changed").count() == 0


def test_leads_and_rubrics_are_of_this_course():
    peer = peers.peer_round()
    teacher = teacher_of(peer)
    elsewhere = peers.peer_round()
    stranger, assistant = teacher_of(elsewhere), teacher_of(peer, Role.TEACHING_ASSISTANT)

    assert change(teacher, peer, lead=str(stranger.key)).status_code == 400
    assert change(teacher, peer, lead=str(assistant.key)).status_code == 400
    assert change(teacher, peer, rubric=str(elsewhere.activity.rubric.key)).status_code == 400


def test_marks_that_count_from_now_on_are_computed_at_once():
    peer = peers.under_review(people=5)
    peers.all_review(peer)
    assert not Result.objects.exists()

    assert change(teacher_of(peer), peer, counts="on").status_code == 303

    assert Result.objects.filter(total=100).count() == 5


def test_number_of_reviews_is_suggested_from_what_the_course_did_before():
    earlier = peers.under_review(people=5)
    for review in peers.reviews_of(earlier)[:8]:
        peers.hand_in(review)
    peers.go_to(earlier, Phase.RESPOND)
    link = factories.ResourceLinkFactory(context=earlier.activity.context)
    peer = peers.peer_round(link)
    teacher = teacher_of(peer)

    page = words(get(teacher, peer, "settings"))

    assert "80 % of 10 reviews were handed in: ask for 4 to be 95 % sure of 2." in page
    assert expecting.experience(earlier) is None


def test_no_number_is_suggested_where_nobody_reviewed():
    earlier = peers.under_review(people=5)
    peers.go_to(earlier, Phase.RESPOND)
    peer = peers.peer_round(factories.ResourceLinkFactory(context=earlier.activity.context))

    found = expecting.experience(peer)

    assert (found.per_cent, found.reviews) == (0, None)
    assert "At that rate no number of reviews makes 2 sure" in words(get(teacher_of(peer), peer, "settings"))


# --- a workshop of Moodle's -------------------------------------------------------------------------

LEVELS = [(0, "Poor"), (2, "Fair"), (5, "Good")]


def backup(*workshops):
    made = workshops or [
        moodle.workshop_xml(
            moodle.rubric_xml({"description": "Clarity", "levels": LEVELS}),
            name="Case reports",
            instructauthors="Write 500 words.",
            strategy="rubric",
        )
    ]
    file = moodle.tar(moodle.files(*made))
    file.name = "backup.mbz"
    return file


def test_workshop_is_shown_first_and_kept_only_then():
    peer = peers.peer_round()
    teacher = teacher_of(peer)
    before = Rubric.objects.count()

    page = post(teacher, peer, "workshop", file=backup())

    assert page.status_code == 200 and "Nothing is kept yet" in words(page)
    assert "How many reviews each person gives is not in a Moodle backup" in words(page)
    assert Rubric.objects.count() == before
    sealed = page.context["workshops"][0]["sealed"]
    answer = post(teacher, peer, "workshop", brought=sealed)
    assert answer["Location"] == url(peer, "settings") + "?done=brought"
    peer = peers.fresh(peer)
    assert (peer.activity.title, peer.activity.rubric.title) == ("Case reports", "Case reports")
    assert "Write 500 words." in peer.instructions
    criterion = peer.activity.rubric.criteria.get()
    assert [(row.title, int(row.points)) for row in criterion.levels.all()] == [
        ("Poor", 0),
        ("Fair", 2),
        ("Good", 5),
    ]


def test_dates_to_come_are_brought_and_past_ones_are_not():
    soon, past = int(timezone.now().timestamp()) + 10**6, 1_600_000_000
    form = moodle.rubric_xml({"description": "Clarity", "levels": LEVELS})
    peer = peers.peer_round()
    teacher = teacher_of(peer)

    def page(end):
        made = moodle.workshop_xml(form, strategy="rubric", submissionend=end, assessmentend=end + 1000)
        return post(teacher, peer, "workshop", file=backup(made))

    assert "dates are over" in words(page(past))
    post(teacher, peer, "workshop", brought=page(soon).context["workshops"][0]["sealed"])
    assert int(peers.fresh(peer).submit_until.timestamp()) == soon


@pytest.mark.parametrize("content", [b"no archive", b"PK\x03\x04 broken", b"\x1f\x8b broken", b""])
def test_what_is_no_backup_is_refused_in_words(content):
    file = io.BytesIO(content)
    file.name = "backup.mbz"

    answer = post(teacher_of(peer := peers.peer_round()), peer, "workshop", file=file)

    assert answer.status_code == 400 and list(answer.context["problems"]) == ["file"]


def test_backup_over_twenty_megabytes_is_refused():
    file = io.BytesIO(b"\x1f\x8b" + bytes(20 * 1024 * 1024))
    file.name = "backup.mbz"

    answer = post(teacher_of(peer := peers.peer_round()), peer, "workshop", file=file)

    assert answer.status_code == 400 and "too large" in words(answer)


def test_preview_comes_back_as_it_was_made_and_for_this_round_alone():
    peer, other = peers.peer_round(), peers.peer_round()
    sealed = post(teacher_of(peer), peer, "workshop", file=backup()).context["workshops"][0]["sealed"]

    assert post(teacher_of(peer), peer, "workshop", brought=sealed[:-2]).status_code == 400
    assert post(teacher_of(other), other, "workshop", brought=sealed).status_code == 400
    assert post(teacher_of(peer), peer, "workshop").status_code == 400
    assert not Event.objects.filter(verb="peer.changed").exists()


def test_workshop_comes_too_late_for_a_round_that_is_reviewed_and_nothing_is_kept():
    peer = peers.under_review(people=5)
    teacher = teacher_of(peer)
    sealed = post(teacher, peer, "workshop", file=backup()).context["workshops"][0]["sealed"]
    peers.begin(peers.reviews_of(peer)[0])
    before = (Rubric.objects.count(), peers.fresh(peer).activity.title)

    answer = post(teacher, peer, "workshop", brought=sealed)

    assert answer.status_code == 400 and "Reviewing has begun" in words(answer)
    assert (Rubric.objects.count(), peers.fresh(peer).activity.title) == before


def test_form_without_a_counterpart_leaves_the_rubric_that_is_there():
    peer = peers.peer_round()
    teacher = teacher_of(peer)
    made = moodle.workshop_xml(moodle.form_xml("comments", {"description": "Say it"}), strategy="comments")

    page = post(teacher, peer, "workshop", file=backup(made))
    post(teacher, peer, "workshop", brought=page.context["workshops"][0]["sealed"])

    assert "this round keeps the one it has" in words(page)
    assert peers.fresh(peer).activity.rubric == peer.activity.rubric


# --- who may ----------------------------------------------------------------------------------------

PAGES = [
    # page, what is posted (None: it is looked at), teacher, assistant, designer, learner
    ("home", None, 200, 200, 200, 200),
    ("settings", None, 200, 403, 200, 403),
    ("settings", {}, 400, 403, 400, 403),
    ("workshop", None, 200, 403, 200, 403),
    ("workshop", {}, 400, 403, 400, 403),
    ("phase", {"phase": "submit"}, 303, 403, 403, 403),
    ("nudges", {}, 400, 400, 403, 403),
    ("progress_file", None, 200, 200, 403, 403),
    ("people", None, 200, 200, 403, 403),
    ("people", {"what": "take_in"}, 303, 403, 403, 403),
    ("pairs", {}, 400, 403, 403, 403),
]
ROLES = [Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.DESIGNER, Role.LEARNER]


@pytest.mark.parametrize(("name", "sent", "answers"), [(row[0], row[1], row[2:]) for row in PAGES])
def test_who_may(name, sent, answers):
    peer = peers.peer_round(people=2)

    def asked(role):
        person = factories.member(peer.activity.context, role)
        answer = get(person, peer, name) if sent is None else post(person, peer, name, **sent)
        return answer.status_code

    assert tuple(map(asked, ROLES)) == answers
    assert {asked(role) for role in (Role.OBSERVER, Role.VISITOR)} == {200 if name == "home" else 403}


def test_without_a_launch_there_is_only_the_shell():
    peer = peers.peer_round(people=1)

    for name in ("home", "settings", "workshop", "people", "progress_file"):
        assert b"Learner 00" not in Client().get(url(peer, name)).content
    for name in ("phase", "nudges", "people", "pairs", "settings", "workshop"):
        assert Client().post(url(peer, name)).status_code == 401


def test_designer_saves_the_settings_and_sees_nobody():
    peer = peers.peer_round(people=1)
    designer = factories.member(peer.activity.context, Role.DESIGNER)

    answer = change(designer, peer, reviews_each=4)

    page = words(get(designer, peer, "home", done="saved"))
    assert answer.status_code == 303 and "Saved." in page
    assert "Learner 00" not in page + words(get(designer, peer, "settings"))


def test_round_of_another_link_is_not_found():
    peer, other = peers.peer_round(people=2), peers.peer_round(people=2)
    teacher = teacher_of(other)

    for name in ("home", "settings", "workshop", "people", "progress_file"):
        answer = Client().get(url(peer, name), headers=headers(teacher, other))
        assert answer.status_code == 404


def test_members_of_a_team_are_offered_nobody_to_take():
    """Also where work was taken one by one before the round was about teams."""
    peer = peers.peer_round(people=4, mode="team", allocating="pull", self_assesses=False)
    first, second = peer.groups.create(name="Team 1"), peer.groups.create(name="Team 2")
    for place, person in enumerate(peers.people_of(peer)):
        peer.participants.filter(pk=person.pk).update(group=second if place > 1 else first)
    peer = peers.go_to(peer, Phase.REVIEW)
    peers.all_review(peer)
    me = peers.people_of(peer)[0]

    page, answer = get(me.person, peer, "mine"), post(me.person, peer, "next")

    assert "Take the next" not in words(page)
    assert answer.status_code == 400
    assert me.given.count() == 1


def test_sentence_while_people_assess_their_own_counts_who_has():
    peer = peers.peer_round(people=3)
    peers.everybody_hands_in(peers.go_to(peer, Phase.SUBMIT))
    peer = peers.go_to(peer, Phase.SELF)
    peers.self_assess(peers.people_of(peer)[0])

    assert progress.of(peer).sentence == "1 of 3 have assessed their own."


def test_list_before_a_round_leads_to_the_part_of_the_page_that_it_is_about():
    peer = peers.peer_round(people=3)
    points = attention.checklist(peer, progress.of(peer))
    parts = {point.url.partition("#")[2] for point in points} - {""}

    page = get(teacher_of(peer), peer, "settings").content.decode()

    assert parts == {"part-phases", "part-names", "part-work"}
    assert all(f'id="{part}"' in page for part in parts)


def test_phase_that_cannot_begin_says_that_nothing_was_changed():
    peer = peers.go_to(peers.peer_round(people=3, reviews_each=2, self_assesses=False), Phase.SUBMIT)
    peers.everybody_hands_in(peer)

    answer = post(teacher_of(peer), peer, "phase", phase="review")

    assert answer.status_code == 400
    assert "Nothing was changed. Please look at this first:" in words(answer)


@pytest.mark.parametrize("groups", [{}, {"is_group_work": True, "groups_review": True}])
def test_work_of_somebody_who_left_before_the_draw_is_reviewed_all_the_same(groups):
    peer = peers.peer_round(people=6, reviews_each=1, self_assesses=False, **groups)
    for place, person in enumerate(peers.people_of(peer)):
        person.group = peer.groups.get_or_create(name=f"Team {place % 3}")[0]
        person.save()
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[: 3 if groups else 6]:
        peers.work_of(person)
    gone = peers.people_of(peer)[0]
    assigning.leave(participant=gone, by=None, leaves_work=True)

    answer = post(teacher_of(peer), peer, "phase", phase="review")

    assert answer.status_code == 303
    assert gone.submissions.get().reviews.of_peers().count() == 1
    assert not gone.given.of_peers().exists()


def test_group_of_whom_everybody_left_reviews_nothing():
    peer = peers.peer_round(
        people=8, reviews_each=1, self_assesses=False, is_group_work=True, groups_review=True
    )
    for place, person in enumerate(peers.people_of(peer)):
        person.group = peer.groups.get_or_create(name=f"Team {place % 4}")[0]
        person.save()
    peer = peers.go_to(peer, Phase.SUBMIT)
    for person in peers.people_of(peer)[:4]:
        peers.work_of(person)
    gone = peer.groups.get(name="Team 0")
    for person in peers.people_of(peer):
        if person.group == gone:
            assigning.leave(participant=person, by=None, leaves_work=True)

    peer = peers.go_to(peer, Phase.REVIEW)

    assert sorted(row.group.name for row in peers.reviews_of(peer)) == ["Team 1", "Team 2", "Team 3"]

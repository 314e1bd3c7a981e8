"""Who takes part, in which groups, who must not review whom; and one person's part, as teachers read it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.audit.models import Event
from assessments.peer import calling, moderating, submitting
from assessments.peer.models import PairRule, PeerActivity, Review
from lti_tool.models import Membership, Role
from tests import factories, peers
from tests.peer.visits import get, headers, post, url, words

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase


def teacher_of(peer, role=Role.INSTRUCTOR, **more):
    return factories.member(peer.activity.context, role, **more)


def groups_of(peer):
    return {
        row.display_name: row.group.name if row.group else "" for row in peers.people_of(peers.fresh(peer))
    }


# --- the list, and many at once ---------------------------------------------------------------------


def test_list_says_who_does_what_and_who_left_the_course():
    peer = peers.peer_round(people=3)
    first, second, third = peers.people_of(peer)
    teacher = teacher_of(peer)
    post(teacher, peer, "place", first.person.key, what="describe", reviews="on", group="Ward 1")
    Membership.objects.filter(person=second.person).update(is_active=False)
    post(teacher, peer, "place", third.person.key, what="drop")

    page = words(get(teacher, peer, "people"))

    assert "only reviews" in page and "Ward 1" in page
    assert "left the course" in page and "takes no part" in page


def test_who_came_to_the_course_since_is_taken_in():
    peer = peers.go_to(peers.peer_round(people=1), Phase.SUBMIT)
    teacher = teacher_of(peer)
    factories.member(peer.activity.context, name="Nora New")
    assert "1 learner of the course has no place" in words(get(teacher, peer, "people"))

    answer = post(teacher, peer, "people", what="take_in")

    assert answer["Location"] == url(peer, "people") + "?done=take_in&n=1"
    assert "Nora New" in groups_of(peer)


def test_many_are_put_into_groups_by_lines():
    peer = peers.peer_round(people=3)

    answer = post(
        teacher_of(peer),
        peer,
        "people",
        what="groups",
        lines="learner  00; Red\n\nLearner 01\tRed\nLearner 02;",
    )

    assert answer["Location"] == url(peer, "people") + "?done=groups&n=2"
    assert groups_of(peer) == {"Learner 00": "Red", "Learner 01": "Red", "Learner 02": ""}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("Learner 00; Red\nNobody; Red", "Line 2: Nobody of this round is called “Nobody”."),
        ("Learner 00 Red", "Line 1: Write a semicolon between name and group"),
        ("Twin; Red", "Line 1: Several people are called so. Write one of these: Twin (1), Twin (2)."),
        ("", "required"),
    ],
)
def test_lines_that_cannot_be_read_change_nobody(lines, problem):
    peer = peers.peer_round()
    for name in ("Learner 00", "Twin", "Twin"):
        factories.member(peer.activity.context, name=name)
    teacher = teacher_of(peer)
    get(teacher, peer, "home")

    answer = post(teacher, peer, "people", what="groups", lines=lines)

    assert answer.status_code == 400 and problem in words(answer)
    assert lines.splitlines()[:1] == [] or lines.splitlines()[0] in words(answer)
    assert not peer.groups.exists()


def test_namesakes_are_told_apart_by_group_or_number():
    peer = peers.peer_round()
    for _ in range(3):
        factories.member(peer.activity.context, name="Anna Smith")
    get(teacher_of(peer), peer, "home")
    one = peers.people_of(peer)[1]
    one.group = peer.groups.create(name="Red")
    one.save()

    names = calling.of(peer)

    assert list(names.by_label) == ["Anna Smith (1)", "Anna Smith (Red)", "Anna Smith (2)"]
    assert names.find("anna smith (red)") == one


def test_groups_are_taken_from_the_lms_where_it_names_one(monkeypatch):
    peer = peers.peer_round(people=3)
    teacher = teacher_of(peer)
    assert "names no groups" in words(post(teacher, peer, "people", what="lms_groups"))
    first, second, _third = peers.people_of(peer)
    course = Membership.objects.filter(context=peer.activity.context)
    course.filter(person=first.person).update(groups=["Blue"])
    course.filter(person=second.person).update(groups=["Blue", "Green"])

    answer = post(teacher, peer, "people", what="lms_groups")

    assert answer["Location"].endswith("?done=lms_groups&n=1")
    assert groups_of(peer) == {"Learner 00": "Blue", "Learner 01": "", "Learner 02": ""}


def test_group_that_handed_in_keeps_its_members():
    peer = peers.peer_round(people=2, is_group_work=True)
    teacher = teacher_of(peer)
    post(teacher, peer, "people", what="groups", lines="Learner 00;Red\nLearner 01;Red")
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.work_of(peers.people_of(peer)[0])

    answer = post(teacher, peer, "people", what="groups", lines="Learner 01; Blue")
    one = post(teacher, peer, "place", peers.people_of(peer)[1].person.key, what="describe", group="Blue")

    assert answer.status_code == one.status_code == 400
    assert "Their group has handed in, so they stay in it: Learner 01" in words(answer)
    assert set(groups_of(peer).values()) == {"Red"}


def test_what_nobody_knows_changes_nothing():
    peer = peers.peer_round(people=1)

    assert post(teacher_of(peer), peer, "people", what="erase").status_code == 400
    who = peers.people_of(peer)[0].person.key
    assert post(teacher_of(peer), peer, "place", who, what="erase").status_code == 400


# --- pairs ------------------------------------------------------------------------------------------


def test_two_people_are_kept_apart_and_the_drawing_holds_it():
    peer = peers.peer_round(people=6, reviews_each=2, self_assesses=False)
    teacher = teacher_of(peer)

    answer = post(teacher, peer, "pairs", reviewer="Learner 00", author="learner 01", kind="must_not")

    assert answer["Location"] == url(peer, "people") + "?done=pair"
    assert "Learner 00 <strong>must not review</strong> Learner 01" in words(get(teacher, peer, "people"))
    peer = peers.go_to(peer, Phase.SUBMIT)
    peers.everybody_hands_in(peer)
    peer = peers.go_to(peer, Phase.REVIEW)
    first, second = peers.people_of(peer)[:2]
    assert not Review.objects.filter(reviewer=first, submission__authors=second).exists()


def test_later_rule_takes_the_place_of_the_earlier_and_can_be_removed():
    peer, elsewhere = peers.peer_round(people=2), peers.peer_round(people=2)
    teacher = teacher_of(peer)
    for kind in ("must_not", "must"):
        post(teacher, peer, "pairs", reviewer="Learner 00", author="Learner 01", kind=kind)
    rule = PairRule.objects.get()
    assert rule.kind == "must"

    assert post(teacher_of(elsewhere), elsewhere, "pair_removal", rule.pk).status_code == 404
    assert post(teacher, peer, "pair_removal", rule.pk).status_code == 303
    assert not PairRule.objects.exists()
    assert Event.objects.filter(verb="peer.pair_rule_dropped").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"author": "Learner 00"}, "author"),
        ({"author": "Nobody"}, "author"),
        ({"reviewer": ""}, "reviewer"),
        ({"kind": "may"}, "kind"),
    ],
)
def test_pairs_that_cannot_be_are_refused_at_their_field(sent, field):
    peer = peers.peer_round(people=2)
    whole = {"reviewer": "Learner 00", "author": "Learner 01", "kind": "must"}

    answer = post(teacher_of(peer), peer, "pairs", **(whole | sent))

    assert answer.status_code == 400 and list(answer.context["problems"]) == [field]
    assert not PairRule.objects.exists()


# --- one person -------------------------------------------------------------------------------------


def test_person_has_more_time_and_can_hand_in_then():
    peer = peers.go_to(peers.peer_round(people=2, takes_late=False), Phase.SUBMIT)
    peer = peers.go_to(peer, Phase.SELF)
    person = peers.people_of(peer)[0]
    later = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    answer = post(teacher_of(peer), peer, "place", person.person.key, what="extend", submit_until=later)

    assert answer["Location"] == url(peer, "person", person.person.key) + "?done=extend"
    work = peers.work_of(peers.people_of(peer)[0])
    assert work.is_handed_in and not work.is_late


def test_time_that_is_none_is_refused_and_stays_in_the_form():
    peer = peers.peer_round(people=1)
    who = peers.people_of(peer)[0].person.key

    answer = post(teacher_of(peer), peer, "place", who, what="extend", review_until="soon")

    assert answer.status_code == 400 and list(answer.context["problems"]) == ["review_until"]
    assert 'value="soon"' in words(answer)


def test_who_leaves_with_the_work_frees_what_was_not_begun():
    peer = peers.under_review(people=7)
    leaver = peers.people_of(peer)[0]

    answer = post(teacher_of(peer), peer, "person_withdrawal", leaver.person.key)

    assert answer.status_code == 303
    assert submitting.submission_of(leaver).state == "withdrawn"
    live = Review.objects.live().exclude(submission__state="withdrawn")
    assert not live.filter(reviewer=leaver).exists()
    assert min(work.reviews.live().count() for work in peer.submissions.handed_in()) == 2


def test_who_leaves_can_leave_the_work_and_come_back():
    peer = peers.under_review(people=7)
    leaver = peers.people_of(peer)[0]
    teacher = teacher_of(peer)

    post(teacher, peer, "place", leaver.person.key, what="drop")

    assert submitting.submission_of(leaver).is_handed_in
    assert not Review.objects.live().filter(reviewer=leaver).exists()
    assert "Takes no part since" in words(get(teacher, peer, "person", leaver.person.key))
    post(teacher, peer, "place", leaver.person.key, what="back")
    assert peers.people_of(peer)[0].dropped_at is None
    assert Event.objects.filter(verb="peer.brought_back").count() == 1


def test_person_page_shows_work_reviews_and_result():
    peer = peers.under_review(people=5, anonymity="named", counts=True)
    reviews = peers.all_review(peer)
    person = peers.people_of(peer)[0]

    page = words(get(teacher_of(peer), peer, "person", person.person.key))

    assert "What I did on the ward, and why." in page
    reviewers = {row.reviewer for row in reviews if person in row.submission.authors.all()}
    subjects = {row.submission.authors.get() for row in reviews if row.reviewer == person}
    for row in reviewers | subjects:
        assert row.display_name in page
    assert "100.0 %" in page and "Not released yet." in page


def test_draft_is_not_shown_to_teachers():
    peer = peers.go_to(peers.peer_round(people=1), Phase.SUBMIT)
    person = peers.people_of(peer)[0]
    draft = submitting.begin(participant=person)
    submitting.write(submission=draft, by=person, text="Half a thought", link="", revision=0)

    page = words(get(teacher_of(peer), peer, "person", person.person.key))

    assert "Begun, and not handed in" in page and "Half a thought" not in page


def test_masked_person_page_names_no_reviewer_and_no_reviewed_until_unmasked():
    peer = peers.under_review(people=5)
    peers.all_review(peer)
    person = peers.people_of(peer)[0]
    teacher, other = teacher_of(peer), teacher_of(peer)
    given = person.given.of_peers().first()
    author = given.submission.authors.get()
    others = [row.display_name for row in peers.people_of(peer) if row != person]

    page = words(get(teacher, peer, "person", person.person.key))
    assert not [name for name in others if name in page]
    assert all(str(row.key) not in page for row in person.given.of_peers())
    moderating.unmask(review=given, reason="A complaint", by=teacher)

    unmasked = words(get(teacher, peer, "person", person.person.key))
    assert [name for name in others if name in unmasked] == [author.display_name]
    assert str(given.key) in unmasked
    assert author.display_name not in words(get(other, peer, "person", person.person.key))


def test_nothing_names_the_person_in_the_title():
    peer = peers.peer_round(people=1)
    person = peers.people_of(peer)[0].person

    page = words(get(teacher_of(peer), peer, "person", person.key))

    title = page[page.index("<title>") : page.index("</title>")]
    assert person.display_name in page and person.display_name not in title
    assert person.display_name not in page[page.index("<main") : page.index("</a>")]


def test_gradebook_leads_a_teacher_to_the_person_and_a_learner_to_themselves():
    peer = peers.peer_round(people=2)
    me, other = (row.person for row in peers.people_of(peer))
    teacher = teacher_of(peer)

    def opened(person, whom):
        visit = headers(person, peer, for_person=whom)
        return Client().get(reverse("activities:review"), headers=visit)

    assert "Leave the round" in words(opened(teacher, me))
    assert "What to do now" in words(opened(me, me))
    assert opened(other, me).status_code == 403


def test_learner_without_a_place_yet_gets_one_when_the_gradebook_asks_for_them():
    peer = peers.go_to(peers.peer_round(people=1), Phase.SUBMIT)
    late = factories.member(peer.activity.context, name="Lena Late")
    teacher = teacher_of(peer)

    assert "Lena Late" in words(get(teacher, peer, "person", late.key))
    assert get(teacher, peer, "person", teacher_of(peer).key).status_code == 404


def test_who_teaches_and_learns_here_reads_their_own_page():
    peer = peers.peer_round(people=2)
    both = factories.member(peer.activity.context, Role.TEACHING_ASSISTANT, is_learner=True)

    assert "What to do now" in words(get(both, peer, "person", both.key))


PERSON_PAGES = [
    # page, what is posted (None: it is looked at), teacher, assistant, designer, learner
    ("person", None, 200, 200, 403, 403),
    ("place", {"what": "back"}, 303, 403, 403, 403),
    ("person_withdrawal", {}, 303, 403, 403, 403),
]


@pytest.mark.parametrize(("name", "sent", "answers"), [(row[0], row[1], row[2:]) for row in PERSON_PAGES])
def test_who_may_about_somebody(name, sent, answers):
    peer = peers.peer_round(people=2)
    who = peers.people_of(peer)[0].person.key
    found = []
    for role in (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.DESIGNER, Role.LEARNER):
        visitor = factories.member(peer.activity.context, role)
        answer = get(visitor, peer, name, who) if sent is None else post(visitor, peer, name, who, **sent)
        found.append(answer.status_code)

    assert tuple(found) == answers


def test_people_of_another_round_are_not_found():
    peer, other = peers.peer_round(people=1), peers.peer_round(people=1)
    stranger = peers.people_of(other)[0].person.key
    teacher = teacher_of(peer)

    assert get(teacher, peer, "person", stranger).status_code == 404
    assert post(teacher, peer, "place", stranger, what="drop").status_code == 404
    assert post(teacher, peer, "person_withdrawal", stranger).status_code == 404


def test_person_page_asks_the_database_as_often_with_two_reviews_as_with_six():
    def queries(people, each):
        peer = peers.under_review(people=people, reviews_each=each, least_reviews=1, anonymity="named")
        visit = headers(teacher_of(peer), peer)
        page = url(peer, "person", peers.people_of(peer)[0].person.key)
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(page, headers=visit).status_code == 200
        return len(captured)

    assert queries(4, 1) == queries(10, 4)

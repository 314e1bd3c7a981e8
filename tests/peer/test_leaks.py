"""Crawls everything that a learner can reach in a round, in every mode of names, for whatever would tell who somebody else is.

Pages, answers of the API, headers and the bytes of files, also unpacked; with what is answered to wrong forms.
"""

import io
import re
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from assessments.peer import assigning, moderating, names, participants, reading, reviewing, submitting
from assessments.peer.models import PeerActivity, Submission
from assessments.results import releasing
from lti_tool.models import Role, Score
from tests import factories, peers

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase
Anonymity = PeerActivity.Anonymity
MOST_PAGES = 150


class Links(HTMLParser):
    """Every address that a page leads to or sends to."""

    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "action", "src", "hx-post", "hx-get", "data-path", "data-done-url") and value:
                self.found.add(value.split("#")[0].split("?")[0])


class Someone:
    """A person whose every string can be told from anybody else's."""

    def __init__(self, context, place):
        mark = uuid4().hex[:10]
        self.person = factories.member(context, name=f"Zorblax{mark} Quendel{mark}")
        self.person.given_name, self.person.family_name = f"Given{mark}", f"Family{mark}"
        self.person.email, self.person.sub = f"mail{mark}@school.example", f"sub-{mark}"
        self.person.save()
        self.file_name = f"file-of-{mark}.pdf"
        self.mark = mark
        self.place = place

    @property
    def strings(self):
        """What must not be read by who may not know them. The mark is in the name, the address, the id and the file's name."""
        return [self.mark, str(self.person.key), str(self.place.key)]


def pdf_by(name):
    """A PDF that says in several places who made it."""
    with pikepdf.new() as made:
        made.add_blank_page()
        made.docinfo["/Author"] = name
        with made.open_metadata() as metadata:
            metadata["dc:creator"] = [name]
        out = io.BytesIO()
        made.save(out)
    return out


def picture_by(name):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = name  # Artist
    Image.new("RGB", (8, 8), "navy").save(out, "JPEG", exif=exif, comment=name.encode())
    return out


@pytest.fixture(params=list(Anonymity), ids=lambda mode: mode.value)
def played(request):
    """A round in this mode with everything in it that people do, and who did it."""
    link = factories.ResourceLinkFactory()
    teacher = factories.member(link.context, Role.INSTRUCTOR, name="Tara Teacher")
    peer = peers.peer_round(
        link, by=teacher, anonymity=request.param, reviews_each=2, counts=True, takes_link=True, responds=True
    )
    cast = [Someone(link.context, None) for _ in range(7)]
    participants.take_in(peer=peer, by=teacher)
    for one in cast:
        one.place = peer.participants.get(person=one.person)
    peer = peers.go_to(peer, Phase.SUBMIT)
    for one in cast:
        _hand_in(peer, one)
    peer = peers.go_to(peer, Phase.SELF)
    for one in cast:
        peers.self_assess(_place(peer, one))
    peer = peers.go_to(peer, Phase.REVIEW)
    reviews = peers.all_review(peer)
    peer = peers.go_to(peer, Phase.RESPOND)
    for one in cast:
        me = _place(peer, one)
        for review in reading.readable(submitting.submission_of(me), me)[:1]:
            peers.answer(review, me, acting="will_not", text="I see it otherwise.")
            moderating.report(peer=peer, by=me, kind="other", text="It hurts.", review=review)
    releasing.release(activity=peer.activity, by=teacher)
    _late(peer, cast)
    return peer, cast, reviews, teacher


def _place(peer, one):
    return peers.people_of(peer)[[row.person_id for row in peers.people_of(peer)].index(one.person.pk)]


def _hand_in(peer, one):
    me = _place(peer, one)
    submission = submitting.begin(participant=me)
    for name, made in ((one.file_name, pdf_by), (f"{one.mark}.jpg", picture_by)):
        content = made(one.mark)
        content.seek(0)
        submitting.add_file(submission=submission, by=me, content=content, name=name)
    submission.refresh_from_db()
    submission = submitting.write(
        submission=submission,
        by=me,
        text="What I did, and why.",
        link="https://media.school.example/film/1",
        revision=submission.revision,
    )
    submitting.hand_in(submission=submission, by=me, attests=True, revision=submission.revision)


def _late(peer, cast):
    """Somebody with more time has one more review under way, so that open pages are crawled as well."""
    me = _place(peer, cast[0])
    me.review_until = timezone.now() + timedelta(days=1)
    me.save()
    mine = me.submissions.get()
    free = next(
        row
        for row in Submission.objects.filter(peer=peer).exclude(pk=mine.pk)
        if not row.reviews.live().filter(reviewer=me).exists()
        and not mine.reviews.filter(reviewer__in=row.authors.all()).exists()
    )
    assigning.give(peer=peer, reviewer=me, submission=free, by=None)
    reviewing.begin(review=me.given.get(submission=free), by=_place(peer, cast[0]))


def may_know(peer, viewer):
    """Whom this person may know: themself, and as far as names are open whose work they review and who reviewed theirs."""
    known = {viewer.person.pk}
    me = _place(peer, viewer)
    if not peer.hides_authors:
        given = me.given.of_peers().exclude(state="cancelled")
        known |= set(given.values_list("submission__authors__person", flat=True))
    if not peer.hides_reviewers:
        got = me.submissions.get().reviews.of_peers().done()
        known |= set(got.values_list("reviewer__person", flat=True))
    return known


def crawl(peer, viewer):
    """(address, all bytes of the answer: status, headers, content, what is packed in it) of everything that can be reached."""
    launch = factories.launch(viewer.person, peer.activity.link)
    client = Client(headers={"Authorization": f"Bearer {launch.token}"}, raise_request_exception=True)
    waiting, seen = [peer.get_absolute_url(), f"{peer.get_absolute_url()}mine/"], set()
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith(("/peer/", "/sheets/", "/activities/")):
            continue
        seen.add(address)
        assert len(seen) < MOST_PAGES
        answer = client.get(address)
        content = answer.getvalue()
        yield address, answer, content
        if "text/html" in answer.headers.get("Content-Type", ""):
            waiting += Links(content.decode()).found
        if re.fullmatch(r"/sheets/[0-9a-f-]{36}/", address):
            told = client.get(f"/api{address}")
            yield f"/api{address}", told, told.getvalue()
        # A form that is sent wrongly says something too.
        wrong = client.post(address, {"kind": "?", "reason": "", "text": ""})
        yield f"POST {address}", wrong, wrong.getvalue()


def unpacked(content):
    """The bytes, and what is compressed in them."""
    yield content
    if content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as read:
            for thing in read.objects:
                yield str(thing).encode()
                if isinstance(thing, pikepdf.Stream):
                    yield thing.read_bytes()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name)


def holds(parts, text):
    forms = (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode().hex().encode())
    return any(form.lower() in part.lower() for part in parts for form in forms)


def test_nobody_reads_who_somebody_is_whom_they_may_not_know(played):
    peer, cast, reviews, _teacher = played
    assert len(reviews) == 14

    for viewer in cast[:2]:
        known = may_know(peer, viewer)
        strangers = [one for one in cast if one.person.pk not in known]
        pages = {}
        for address, answer, content in crawl(peer, viewer):
            told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
            pages[address] = [*unpacked(content), told]
            for one in strangers:
                for text in one.strings:
                    assert not holds(pages[address], text), f"{address} tells {viewer.mark} of {text}"
        # It has been where it should have been, and finds those whose names are open.
        assert strangers
        assert sum("/files/" in it for it in pages) >= 4
        assert any("/feedback/" in it for it in pages)
        assert any(it.startswith("/api/sheets/") for it in pages)
        open_names = [one for one in cast if one.person.pk in known - {viewer.person.pk}]
        assert all(any(holds(page, one.mark) for page in pages.values()) for one in open_names)
        assert bool(open_names) == (peer.anonymity != Anonymity.DOUBLE_BLIND)


def test_nothing_beside_the_pages_names_anybody_either(played):
    """Names of files, what the gradebook hears, and pseudonyms that two could join."""
    peer, cast, reviews, _teacher = played

    for one in cast:
        files = _place(peer, one).submissions.get().files.all()
        assert [file.public_name for file in files] == ["work-1.pdf", "work-2.jpg"]
        assert [file.original_name for file in files] == [one.file_name, f"{one.mark}.jpg"]
        assert one.mark not in files[0].content.name
    scores = Score.objects.select_related("line_item")
    assert len(scores) == 14
    assert not any(one.mark in f"{row.comment} {row.line_item.label}" for row in scores for one in cast)
    for submission in Submission.objects.filter(peer=peer):
        viewers = [review.reviewer for review in reviews if review.submission_id == submission.pk]
        called = {names.author_name(submission, viewer) for viewer in viewers}
        assert len(called) == (2 if peer.hides_authors else 1)


@pytest.mark.parametrize("groups_review", [False, True], ids=["alone", "together"])
def test_nobody_reads_who_is_in_another_group(groups_review):
    """Work of groups, reviewed by each alone or by groups together; names are hidden both ways."""
    link = factories.ResourceLinkFactory()
    peer = peers.peer_round(
        link,
        reviews_each=1,
        least_reviews=1,
        forbids_pairs=False,
        self_assesses=False,
        is_group_work=True,
        groups_review=groups_review,
    )
    cast = [Someone(link.context, None) for _ in range(6)]
    participants.take_in(peer=peer, by=None)
    pairs = [cast[:2], cast[2:4], cast[4:]]
    for pair in pairs:
        group = peer.groups.create(name=f"Ward {pair[0].mark}")
        peer.participants.filter(person__in=[one.person for one in pair]).update(group=group)
        for one in pair:
            one.place = peer.participants.get(person=one.person)
    peer = peers.go_to(peer, Phase.SUBMIT)
    for first, _second in pairs:
        peers.work_of(_place(peer, first))
    peer = peers.go_to(peer, Phase.REVIEW)
    for review in peers.reviews_of(peer):
        peers.hand_in(review, review.reviewer or _place(peer, _first_of(pairs, review.group)))
    peer = peers.go_to(peer, Phase.RESPOND)

    addresses = set()
    for viewer in pairs[0]:
        for address, answer, content in crawl(peer, viewer):
            told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
            addresses.add(address)
            for one in (*pairs[1], *pairs[2]):
                for text in one.strings:
                    assert not holds([content, told], text), f"{address} tells of {text}"
    assert any("/feedback/" in it for it in addresses)
    assert any("/reviews/" in it for it in addresses)


def _first_of(pairs, group):
    return next(pair[0] for pair in pairs if pair[0].place.group_id == group.pk)

"""Handing in: alone, in two tabs, as a group; files that are no work; and what is left of what was taken away."""

import io
import re
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import RequestFactory

from assessments.marking.conflict import Conflict
from assessments.peer import moderating, submitting, uploads
from assessments.peer.files import cleaning
from assessments.peer.files.outcomes import Reason, Refused
from assessments.peer.models import PeerActivity, WorkFile
from tests import peers
from tests.peer.requests import Visitor
from tests.peer_files import documents, office

pytestmark = pytest.mark.django_db
Phase = PeerActivity.Phase
MIB = 1024 * 1024


@pytest.fixture
def peer():
    return peers.go_to(peers.peer_round(people=3, takes_link=True), Phase.SUBMIT)


@pytest.fixture
def author(peer):
    return peers.people_of(peer)[0]


@pytest.fixture
def draft(author):
    return submitting.begin(participant=author)


@pytest.fixture
def group(peer):
    """A round in which three hand in together."""
    PeerActivity.objects.update(is_group_work=True)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    return peers.people_of(peers.fresh(peer))


def write(draft, by, text, revision, link=""):
    return submitting.write(submission=draft, by=by, text=text, link=link, revision=revision)


def hand_in(draft, by, attests=True):
    draft.refresh_from_db()
    return submitting.hand_in(submission=draft, by=by, attests=attests, revision=draft.revision)


def add(draft, by, content, name="work.pdf"):
    return submitting.add_file(submission=draft, by=by, content=io.BytesIO(content), name=name)


def stored(settings):
    """Every file that is kept."""
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# --- words ------------------------------------------------------------------------------------


def test_draft_is_begun_once(draft, author):
    assert submitting.begin(participant=author) == draft


def test_words_of_a_second_tab_are_refused_and_those_of_the_first_stay(draft, author):
    write(draft, author, "From the first tab", 0)

    with pytest.raises(Conflict, match="still in the form"):
        write(draft, author, "From the second tab", 0)

    draft.refresh_from_db()
    assert (draft.text, draft.revision) == ("From the first tab", 1)


def test_page_of_the_second_tab_shows_both_texts(peer, author):
    tab = Visitor(peer, author.person)
    assert tab.sends("words", text="From the first tab", revision="0").status_code == 303

    answer = tab.sends("words", text="From the second tab", revision="0")

    assert answer.status_code == 409
    assert "From the first tab" in answer.content.decode()
    assert "From the second tab" in answer.content.decode()


def test_members_of_a_group_share_one_draft(group):
    ann, bob, cem = group
    draft = submitting.begin(participant=ann)
    write(draft, ann, "Ann began", 0)

    assert submitting.begin(participant=bob) == draft
    with pytest.raises(Conflict):
        write(draft, cem, "Cem did not see it", 0)
    assert set(draft.authors.all()) == {ann, bob, cem}


def test_who_joins_the_group_later_finds_its_draft_and_never_makes_a_second(group):
    ann, bob, late = group
    late.group = None
    late.save()
    draft = submitting.begin(participant=ann)
    assert set(draft.authors.all()) == {ann, bob}
    late.group = ann.group
    late.save()

    assert submitting.begin(participant=late) == draft
    assert set(draft.authors.all()) == {ann, bob, late}


def test_group_hands_in_what_it_last_wrote_and_nothing_else(group):
    ann, bob, _cem = group
    draft = write(submitting.begin(participant=ann), ann, "Ann's", 0)
    write(draft, bob, "Ann's and Bob's", 1)

    with pytest.raises(Conflict, match="Nothing was handed in"):
        submitting.hand_in(submission=draft, by=ann, attests=True, revision=1)

    draft.refresh_from_db()
    assert (draft.state, draft.text) == ("draft", "Ann's and Bob's")


def test_who_is_in_no_group_hears_whom_to_ask(group):
    group[0].group = None

    with pytest.raises(ValidationError, match="Ask your teacher"):
        submitting.begin(participant=group[0])


def test_somebody_else_writes_nothing_into_a_draft(peer, draft):
    other = peers.people_of(peer)[1]

    for act in (
        lambda: write(draft, other, "Mine", 0),
        lambda: add(draft, other, documents.pdf("x")),
        lambda: hand_in(draft, other),
    ):
        with pytest.raises(ValidationError, match="somebody else"):
            act()


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00"])
def test_empty_work_is_not_handed_in(draft, author, text):
    write(draft, author, text, 0)

    with pytest.raises(ValidationError, match="nothing in it yet"):
        hand_in(draft, author)


def test_work_is_not_handed_in_without_saying_that_nobody_is_in_it(draft, author):
    write(draft, author, "What I did.", 0)

    with pytest.raises(ValidationError) as refused:
        hand_in(draft, author, attests=False)

    assert set(refused.value.message_dict) == {"attests"}
    draft.refresh_from_db()
    assert (draft.state, draft.text) == ("draft", "What I did.")


def test_text_that_is_too_long_is_refused_and_the_one_before_stays(draft, author):
    write(draft, author, "Short", 0)

    with pytest.raises(ValidationError, match="what you wrote is in the form"):
        write(draft, author, "x" * 100_001, 1)

    draft.refresh_from_db()
    assert draft.text == "Short"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "not a link"])
def test_what_is_no_link_to_a_video_is_refused_and_nothing_is_kept_of_it(draft, author, link):
    with pytest.raises(ValidationError) as refused:
        write(draft, author, "Text", 0, link=link)

    assert set(refused.value.message_dict) == {"link"}
    draft.refresh_from_db()
    assert (draft.link, draft.text, draft.revision) == ("", "", 0)


def test_what_could_name_a_patient_is_hinted_at_and_never_refused(draft, author):
    draft = write(draft, author, "Mrs Miller, born 12.3.1956, phone 0171 2345678.", 0)

    assert submitting.hints(draft)
    assert hand_in(draft, author).is_handed_in


# --- back again -------------------------------------------------------------------------------


def test_work_can_be_taken_back_until_somebody_was_given_it(peer, author, draft):
    write(draft, author, "First try", 0)
    hand_in(draft, author)
    submitting.take_back(submission=draft, by=author)
    draft.refresh_from_db()
    write(draft, author, "Second try", draft.revision)
    peers.work_of(peers.people_of(peer)[1])
    assert hand_in(draft, author).text == "Second try"
    PeerActivity.objects.update(reviews_each=1, forbids_pairs=False)
    peers.draw(peers.fresh(peer))

    with pytest.raises(ValidationError, match="You can withdraw it"):
        submitting.take_back(submission=draft, by=author)


def test_what_is_handed_in_does_not_change(author, draft):
    write(draft, author, "As it was", 0)
    file = add(draft, author, documents.pdf("x"))
    hand_in(draft, author)

    for act in (
        lambda: write(draft, author, "Other", 2),
        lambda: add(draft, author, documents.pdf("x")),
        lambda: submitting.drop_file(file=file, by=author),
        lambda: hand_in(draft, author),
    ):
        with pytest.raises(ValidationError, match="handed in already"):
            act()

    draft.refresh_from_db()
    assert (draft.text, draft.files.count()) == ("As it was", 1)


def test_withdrawn_work_frees_its_reviewers_for_others_and_keeps_begun_reviews():
    peer = peers.under_review(people=8)
    work = peers.submission(peer)
    begun, _planned = peers.reviews_of(peer, submission=work)
    peers.begin(begun)

    submitting.withdraw(submission=work, by=None)

    assert [row.state for row in work.reviews.live()] == ["started"]
    others = peer.submissions.handed_in()
    assert {row.reviews.live().count() for row in others} == {2}
    assert peers.hand_in(peers.reviews_of(peer, pk=begun.pk)[0]).state == "done"


def test_after_withdrawing_other_work_can_be_handed_in():
    peer = peers.under_review(people=8)
    work = peers.submission(peer)
    submitting.withdraw(submission=work, by=None)

    again = peers.work_of(peers.people_of(peer)[0], "Better work")

    assert again != work
    assert again.reviews.live().count() == 2
    with pytest.raises(ValidationError, match="nothing to withdraw"):
        submitting.withdraw(submission=work, by=None)


# --- files ------------------------------------------------------------------------------------


def bomb():
    parts = office.docx_parts("x")
    parts["word/document.xml"] = b" " * (300 * MIB)
    return office.zipped(parts)


REFUSED = {
    "lies about its type": (lambda: documents.pdf("x"), "picture.png"),
    "is a program": (lambda: b"MZ\x90\x00" + bytes(500), "work.pdf"),
    "is empty": (lambda: b"", "work.pdf"),
    "is broken": (lambda: b"%PDF-1.7\nnothing more", "work.pdf"),
    "is a page": (lambda: b"<html><script>alert(1)</script>", "work.html"),
    "is a zip bomb": (bomb, "work.docx"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_file_that_is_refused_leaves_nothing_behind(settings, draft, author, what):
    made, name = REFUSED[what]
    add(draft, author, documents.pdf("x"))
    assert len(stored(settings)) == 1

    with pytest.raises(ValidationError) as refused:
        add(draft, author, made(), name)

    assert set(refused.value.message_dict) == {"file"}
    assert len(stored(settings)) == WorkFile.objects.count() == 1
    draft.refresh_from_db()
    assert draft.revision == 1


def test_file_whose_row_cannot_be_kept_leaves_nothing_behind(settings, draft, author, monkeypatch):
    def broken(*_arguments, **_more):
        raise RuntimeError

    monkeypatch.setattr(WorkFile, "save", broken)

    with pytest.raises(RuntimeError):
        add(draft, author, documents.pdf("x"))

    assert stored(settings) == []


def test_file_is_refused_where_none_is_taken_and_where_there_are_enough(draft, author):
    for _number in range(5):
        add(draft, author, b"words", "work.txt")
    with pytest.raises(ValidationError, match="At most 5"):
        add(draft, author, b"words", "work.txt")
    PeerActivity.objects.update(takes_files=False)

    with pytest.raises(ValidationError, match="No files"):
        add(draft, author, b"words", "work.txt")


def test_dropped_file_is_deleted_once_that_is_certain(
    settings, draft, author, django_capture_on_commit_callbacks
):
    file = add(draft, author, documents.pdf("x"))

    with django_capture_on_commit_callbacks() as afterwards:
        submitting.drop_file(file=file, by=author)
    assert len(stored(settings)) == 1  # it could still be rolled back

    for callback in afterwards:
        callback()
    assert stored(settings) == []
    assert not WorkFile.objects.exists()


def test_file_that_staff_removes_is_deleted_once_that_is_certain_and_leaves_its_trace(
    settings, draft, author, django_capture_on_commit_callbacks
):
    file = add(draft, author, documents.pdf("x"), "my name.pdf")

    with django_capture_on_commit_callbacks(execute=True):
        moderating.remove_file(file=file, by=None)
        assert len(stored(settings)) == 1

    assert stored(settings) == []
    file.refresh_from_db()
    assert (bool(file.removed_at), file.original_name, file.content.name) == (True, "my name.pdf", "")


def test_place_of_a_file_says_nothing_of_anybody(draft, author):
    file = add(draft, author, documents.pdf("x"), f"{author.display_name}.pdf")

    assert file.public_name == "work-1.pdf"
    assert re.fullmatch(r"work/[0-9a-f]{32}", file.content.name)


# --- 500 MB through the page ------------------------------------------------------------------


class Upload:
    """A form with one file of so many bytes, of which only a piece is ever there."""

    edge = "frontier"
    content_type = f"multipart/form-data; boundary={edge}"

    def __init__(self, size):
        head = (
            f'--{self.edge}\r\nContent-Disposition: form-data; name="file"; filename="work.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n%PDF-1.7\n"
        )
        self.parts = [head.encode(), size, f"\r\n--{self.edge}--\r\n".encode()]
        self.length = len(self.parts[0]) + size + len(self.parts[2])

    def read(self, most=-1):
        if not self.parts:
            return b""
        first = self.parts[0]
        if isinstance(first, bytes):
            given, self.parts[0] = first[:most], first[most:]
        else:
            given, self.parts[0] = b"x" * min(most, first), first - min(most, first)
        if not self.parts[0]:
            self.parts.pop(0)
        return given

    readline = read

    @property
    def environment(self):
        return {
            "CONTENT_TYPE": self.content_type,
            "CONTENT_LENGTH": str(self.length),
            "REQUEST_METHOD": "POST",
            "wsgi.input": self,
        }


def test_of_an_upload_no_more_is_kept_than_may_be():
    upload = Upload(20 * MIB)
    request = RequestFactory().request(**upload.environment)

    kept, name = uploads.file_of(request, most=MIB)

    assert name == "work.pdf"
    assert kept.seek(0, io.SEEK_END) == MIB + 1
    assert upload.parts == []  # read to its end, so that the browser hears the answer


def test_upload_as_large_as_may_be_is_kept_whole():
    upload = Upload(MIB - len(b"%PDF-1.7\n"))

    kept, _name = uploads.file_of(RequestFactory().request(**upload.environment), most=MIB)

    assert kept.seek(0, io.SEEK_END) == MIB


def test_upload_of_500_megabytes_is_refused_in_a_sentence_and_nothing_is_kept(settings, peer, author, draft):
    write(draft, author, "My words", 0)
    upload = Upload(500 * MIB)
    visitor = Visitor(peer, author.person)

    answer = visitor.client.request(PATH_INFO=visitor.url("files"), **upload.environment)

    assert answer.status_code == 400
    assert "50 MB" in answer.content.decode()
    assert "My words" in answer.content.decode()
    assert stored(settings) == []
    assert upload.parts == []


def test_form_without_a_file_and_one_of_another_kind_are_refused_in_a_sentence(peer, author):
    visitor = Visitor(peer, author.person)

    assert visitor.sends("files").status_code == 400
    answer = visitor.client.post(visitor.url("files"), b"x", content_type="application/octet-stream")
    assert answer.status_code == 400
    assert "Choose a file first." in answer.content.decode()


# --- what is no way out -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["performance", "team", "sources"])
def test_nobody_takes_themself_out_of_a_round_in_which_people_are_looked_at(mode):
    """Else whoever was judged badly would begin anew, without what was said."""
    peer = peers.peer_round(people=4, mode=mode, self_assesses=True)
    peer.participants.update(group=peer.groups.create(name="Ward 1"))
    peer = peers.go_to(peer, Phase.SELF)
    me = peers.people_of(peer)[0]
    there = me.submissions.get()

    for name in ("withdrawal", "taking_back", "words", "handing_in"):
        assert Visitor(peer, me.person).sends(name, text="x", revision=0, attests="yes").status_code == 400

    assert [(row.pk, row.state, row.text) for row in me.submissions.all()] == [(there.pk, "handed_in", "")]


def test_work_is_not_withdrawn_by_its_author_once_reviewing_is_over():
    peer = peers.under_review(people=5)
    me = peers.people_of(peer)[0]
    peers.all_review(peer)
    peer = peers.go_to(peer, Phase.RESPOND)

    answer = Visitor(peer, me.person).sends("withdrawal")

    assert answer.status_code == 400
    assert "Reviewing is over" in answer.text
    assert me.submissions.get().state == "handed_in"
    assert "Withdraw it" not in Visitor(peer, me.person).sees("work").text


def test_nobody_waits_while_a_file_is_cleaned(draft, author, monkeypatch):
    """Whoever hands in holds the round, and would wait for the work that a long file is added to."""
    before, inside = len(connection.savepoint_ids), []

    def clean(*_given):
        inside.append(len(connection.savepoint_ids) - before)
        raise Refused(Reason.UNKNOWN)

    monkeypatch.setattr(cleaning, "clean", clean)
    with pytest.raises(ValidationError):
        add(draft, author, b"%PDF-1.7")

    assert inside == [0]  # no transaction


def test_nobody_withdraws_and_hands_in_for_ever(peer, author):
    """Each time with files that stay, because reviews of them may be begun."""
    for _time in range(submitting.MOST_WORKS):
        submitting.withdraw(submission=peers.work_of(author), by=author.person)

    with pytest.raises(ValidationError, match="often"):
        submitting.begin(participant=author)

    assert author.submissions.count() == submitting.MOST_WORKS


def test_of_several_files_in_one_form_the_first_is_kept_and_no_other_read(monkeypatch):
    made = []
    monkeypatch.setattr(uploads.tempfile, "TemporaryFile", lambda: made.append(io.BytesIO()) or made[-1])
    sent = {name: io.BytesIO(name.encode()) for name in ("file", "more", "most")}
    for name, file in sent.items():
        file.name = f"{name}.txt"

    kept, name = uploads.file_of(RequestFactory().post("/", sent))

    assert (kept.read(), name, len(made)) == (b"file", "file.txt", 1)

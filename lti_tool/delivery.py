"""Bring grades home: look, send, look again. A batch is one column's scores on one lane, one request at a time.

Rules that keep grades from being lost (Canvas and Moodle each destroy one in their own way):
 - only a withdrawal is ever sent without a score: both platforms clear the cell for anything less;
 - before sending we know what the LMS shows; what we did not send ourselves is somebody's mark, and stays, unless
   somebody who saw exactly that mark chose to replace it;
 - the row in the ledger and the timestamp are written before the request leaves, so that a worker that is killed
   leaves a trace, and the next one finds out by reading whether the request arrived;
 - timestamps per column and person go up by whole seconds and never lie in the future: Moodle compares seconds,
   and a time from the future would lock the cell until then.
Looks are shared by a batch (lti_tool.looks) and at most five seconds old when a score leaves. On Canvas a cell that
looks empty is not looked at first: it shows a tool nothing before its first post, but spares any grade that is there
(`prioritize_non_tool_grade`), and the look afterwards finds out.
The race that stays: a teacher types a grade between our look and our post. Canvas spares it where the cell was empty,
Moodle keeps typed grades of the activity's own column; elsewhere the newest wins.
"""

import hashlib
import random
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from lti_tool import columns, lanes, pace, problems, review
from lti_tool.ags import Gradebook, Shown, score_body
from lti_tool.connector import said
from lti_tool.delivery_words import HOLDS_ON
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Unreachable, retry_after
from lti_tool.lanes import Batch
from lti_tool.looks import Looks
from lti_tool.models import Problem, Score, ScorePost
from lti_tool.platforms import Platform, classify, habits

log = structlog.get_logger(__name__)

FIRST_DELAY = 5.0
LONGEST_DELAY = 3600.0
# A grade that was accepted but is not shown: how often to look and send again before a person has to look.
UNSEEN_TRIES = 5
UNSEEN = "accepted, but not shown"
# So many failures one after another are the column's, not the person's: then the whole column waits.
IN_A_ROW = 3
# Grades that arrived in other courses within that time show that the platform lets us in.
LATELY = timedelta(minutes=10)
SLOW = timedelta(seconds=30)
NO_ATTEMPT_LEFT = "no_attempt_left"
# What is never about one person alone.
_OF_ALL = frozenset(
    {Kind.RATE, Kind.TOKEN, Kind.NEEDS_ADMIN, Kind.GONE_ITEM, Kind.GONE_COURSE, Kind.NO_SERVICE}
)
# Not worth an administrator's time: it is about one person, or it passes by itself.
_NOT_NOTED = frozenset({Kind.GONE_USER, Kind.SUPERSEDED, Kind.NEEDS_TEACHER})


class _Later(Exception):
    """Not now, and nobody's fault: come back at `when`."""

    def __init__(self, when: datetime) -> None:
        self.when = when


class _LeaseLost(Exception):
    """Another worker has the row now; whatever we found out is theirs to find out."""


def deliver(batch: Batch, stop: threading.Event | None = None) -> None:
    """Deliver what was claimed as far as it goes now, and write down how far that was. Never raises for the platform."""
    _Sending(batch, stop or threading.Event()).run()


class _Sending:
    """One batch on its way."""

    def __init__(self, batch: Batch, stop: threading.Event) -> None:
        self.batch = batch
        self.stop = stop
        self.link = batch.line_item.resource_link
        self.platform: Platform = habits(batch.registration)
        self.gradebook = Gradebook(self.link)
        self.accepted: list[_Grade] = []
        self.failures_in_a_row = 0
        self.was_let_in = False
        self.was_shut_out = False
        self._noted: set[Kind] = set()

    def run(self) -> None:
        to_do = list(self.batch.scores)
        try:
            self._send(to_do)
            self._confirm()
        finally:
            lanes.give_back(self.batch.lane)
            lanes.release(to_do)
            if self.batch.is_probe and not self.was_shut_out:
                self._after_probe()

    def _after_probe(self) -> None:
        if self.was_let_in:
            lanes.end_pause(self.batch.deployment)
        else:  # nothing found out: whoever comes next tries
            lanes.pause(self.batch.deployment, self.batch.deployment.pause_reason, timezone.now())

    # --- out ---

    def _send(self, to_do: list[Score]) -> None:
        """Take scores off the list as they are dealt with; what is left on it was not reached."""
        try:
            self._require_service()
            is_known = bool(self.batch.line_item.url)
            url = columns.address(self.batch.line_item, self.gradebook)
        except columns.BeingFound:
            when = timezone.now() + timedelta(seconds=2)
            while to_do:
                lanes.settle(to_do.pop(), not_before=when)
            return
        except ServiceError as error:
            self._failed(to_do.pop(0), error)
            self._column_failed(error)
            return
        except Exception as error:  # whatever it was, other columns go on, and this one later
            log.exception("column not found", line_item=self.batch.line_item.pk)
            stumbled = ServiceError(Kind.TRANSIENT, status=0, said=type(error).__name__)
            self._failed(to_do.pop(0), stumbled)
            self._column_failed(stumbled)
            return
        if not is_known:
            _read_again(to_do)
        self.looks = Looks(self.gradebook, url, self.platform, self._filled())
        ledger = _Ledger(self.batch.scores)
        while to_do and not self.stop.is_set() and lanes.keep(self.batch.lane):
            grade = _Grade(to_do[0], self.platform, ledger)
            coming = [score.person.user_id for score in to_do]
            to_do.pop(0)
            if not self._bring(grade, url, coming):
                return

    def _require_service(self) -> None:
        # Without leave to look, we could not tell a grade that somebody typed: then we do not send.
        may = self.gradebook.can_put_grade() and self.gradebook.can_read_results
        if not may or not (self.link.lineitem_url or self.link.lineitems_url):
            raise ServiceError(Kind.NO_SERVICE)

    def _filled(self) -> int:
        """How many cells of the column hold something of ours, or will after this batch."""
        sent = self.batch.line_item.scores.exclude(last_timestamp=None).count()
        return int(sent) + len(self.batch.scores)

    def _bring(self, grade: "_Grade", url: str, coming: list[str]) -> bool:
        """One grade; False when the batch has to end here."""
        score = grade.score
        if seconds := pace.pause(self.batch.registration.pk):  # before we look, not between look and post
            time.sleep(seconds)
        try:
            shown = self.looks.of(score.person.user_id, coming) if grade.needs_look() else None
            if grade.is_settled_by(shown):
                self._went_well()
                return True
            grade.send(self.gradebook, url, shown)
            self.accepted.append(grade)
            self._went_well()
            return self._keep_pace()
        except _Later as later:
            lanes.settle(score, not_before=later.when)
        except _LeaseLost:
            log.warning("lease lost", score=score.pk)
        except ServiceError as error:
            self._failed(score, error)
            return self._goes_on_after(score, error)
        except Exception as error:  # one row that we stumble over must not keep all the others from arriving
            log.exception("score not delivered", score=score.pk)
            self._failed(score, ServiceError(Kind.TRANSIENT, status=0, said=type(error).__name__))
        return True

    def _went_well(self) -> None:
        self.failures_in_a_row = 0
        self.was_let_in = True

    def _keep_pace(self) -> bool:
        """Where little is left of what the platform lets us do, one lane is enough."""
        if not pace.pause(self.batch.registration.pk):
            return True
        lanes.rest(self.batch.registration, timezone.now() + SLOW, but_one=True)
        return self.batch.lane.number == 1

    # --- and seen ---

    def _confirm(self) -> None:
        """One look for all that were accepted; the lane is free for others while we write down what it showed."""
        if not self.accepted:
            return
        try:
            shown = self.looks.after([grade.score.person.user_id for grade in self.accepted])
        except ServiceError as error:
            for grade in self.accepted:
                self._failed(grade.score, error)
            self._goes_on_after(self.accepted[0].score, error)
            return
        lanes.give_back(self.batch.lane, answered=True)
        for grade in self.accepted:
            try:
                grade.confirm(shown[grade.score.person.user_id])
            except ServiceError as error:
                self._failed(grade.score, error)

    # --- what a failure is about: a person, a column, a course, the deployment, the platform ---

    def _failed(self, score: Score, error: ServiceError) -> None:
        log.warning("score not delivered", score=score.pk, kind=error.kind.value, status=error.status)
        self._note(error)
        if error.is_permanent:
            lanes.settle(score, state=Score.State.REFUSED, reason=error.kind.value, platform_said=error.said)
            return
        attempts = score.attempts + 1
        when = _when(error, attempts)
        lanes.settle(
            score, reason=error.kind.value, platform_said=error.said, attempts=attempts, not_before=when
        )

    def _note(self, error: ServiceError) -> None:
        if error.kind in _NOT_NOTED or error.kind in self._noted:
            return
        self._noted.add(error.kind)
        problems.note(
            self.batch.registration,
            deployment=self.batch.deployment,
            area=Problem.Area.GRADES,
            code=error.kind.value,
            said=error.said,
        )

    def _goes_on_after(self, score: Score, error: ServiceError) -> bool:
        """Spare the platform what would fail in the same way; False when that ends the batch."""
        if error.kind in _OF_ALL or isinstance(error, Unreachable):
            self._column_failed(error)
            return False
        self.was_let_in = self.was_let_in or error.kind != Kind.TRANSIENT
        passing = error.kind in (Kind.TRANSIENT, Kind.NEEDS_TEACHER)
        self.failures_in_a_row = self.failures_in_a_row + 1 if passing else 0
        if self.failures_in_a_row < IN_A_ROW:
            return True
        self._others_wait(error, _when(error, score.attempts + 1), line_item=self.batch.line_item)
        return False

    def _column_failed(self, error: ServiceError) -> None:
        """What went wrong would go wrong for the whole column, if not for more."""
        if isinstance(error, Unreachable) or error.kind == Kind.RATE:
            self._let_platform_rest(error)
        elif error.kind in (Kind.TOKEN, Kind.NEEDS_ADMIN):
            self._shut_out(error)
        elif error.is_permanent:
            self._give_up(error)
        else:
            self._others_wait(error, _when(error, 1), line_item=self.batch.line_item)

    def _let_platform_rest(self, error: ServiceError) -> None:
        pause = lanes.longer_rest(self.batch.lane, _jitter())
        if error.retry_after:
            pause = timedelta(seconds=error.retry_after)
        lanes.rest(self.batch.registration, timezone.now() + pause)

    def _give_up(self, error: ServiceError) -> None:
        """The column, or the whole course, is gone: nobody's grade goes there. A click sends them again."""
        self.was_let_in = self.was_let_in or error.kind != Kind.NO_SERVICE
        context = {"line_item__resource_link__context": self.link.context_id}
        where = context if error.kind == Kind.GONE_COURSE else {"line_item": self.batch.line_item}
        refused = {"state": Score.State.REFUSED, "reason": error.kind.value, "platform_said": error.said}
        lanes.change_waiting(self._others(**where), **refused)

    def _shut_out(self, error: ServiceError) -> None:
        """The course's grades wait an hour; so does the whole deployment, unless it lets us in for other courses.

        A 403 may be about this column alone, and an address that we refuse is our own judgement: the rest goes on.
        """
        now = timezone.now()
        when = _when(error, 1)
        if error.status in (None, 403):
            self._others_wait(error, when, line_item=self.batch.line_item)
            return
        self._others_wait(error, when, line_item__resource_link__context=self.link.context_id)
        if lanes.works_elsewhere(self.batch.line_item, now - LATELY):
            return
        self.was_shut_out = True
        lanes.pause(self.batch.deployment, error.kind.value, when)

    def _others_wait(self, error: ServiceError, when: datetime, **where: Any) -> None:
        reason = {"reason": error.kind.value, "platform_said": error.said, "attempts": F("attempts") + 1}
        lanes.change_waiting(self._others(not_before__lt=when, **where), **reason, not_before=when)

    def _others(self, **where: Any) -> QuerySet[Score]:
        """Scores there that wait as well, those of this batch that were not reached included."""
        sent = [grade.score.pk for grade in self.accepted]
        return lanes.waiting(self.batch.scores[0].lease, **where).exclude(pk__in=sent)


def _read_again(scores: list[Score]) -> None:
    """A column that was made meanwhile changes what an empty cell means."""
    names = ("may_fill_blank", "delivered_at", "delivered_given", "delivered_maximum")
    rows = Score.objects.in_bulk([score.pk for score in scores])
    for score in scores:
        for name in names:
            setattr(score, name, getattr(rows[score.pk], name))


class _Ledger:
    """What was posted before for the scores of a batch, in a fixed number of queries."""

    def __init__(self, scores: list[Score]) -> None:
        rows = ScorePost.objects.filter(score__in=scores)
        # What may stand in the LMS because of us: posts since the last confirmed one.
        self.open: dict[int, list[ScorePost]] = {}
        for post in rows.filter(outcome__in=["", "accepted"]).order_by("pk"):
            self.open.setdefault(post.score_id, []).append(post)
        graded = rows.filter(given__isnull=False)
        arrived = Q(status__range=(200, 299)) | Q(outcome="confirmed")
        facts = (
            graded.order_by()
            .values("score")
            .annotate(
                first=Min("timestamp"),
                arrived=Count("pk", filter=arrived),
                no_attempt=Count("pk", filter=Q(outcome=NO_ATTEMPT_LEFT)),
            )
        )
        self.facts = {row["score"]: row for row in facts}

    def first_at(self, score: Score) -> datetime | None:
        """When its grade was first sent, arrived or not: for Canvas that is when the work was handed in."""
        return self.facts[score.pk]["first"] if score.pk in self.facts else None

    def has_work(self, score: Score) -> bool:
        """Whether a grade with the work's address has arrived, or cannot arrive with it."""
        row = self.facts.get(score.pk)
        return bool(row and (row["arrived"] or row["no_attempt"]))


class _Grade:
    """One score: what the LMS shows against what we want, and the post between."""

    def __init__(self, score: Score, platform: Platform, ledger: _Ledger) -> None:
        self.score = score
        self.platform = platform
        self.link = score.line_item.resource_link
        self.open_posts = list(ledger.open.get(score.pk, []))
        self.first_at = ledger.first_at(score)
        self.has_work = ledger.has_work(score)

    # --- look ---

    def needs_look(self) -> bool:
        """Canvas shows nothing of a cell before our first post, and spares what is there; afterwards we look."""
        first = self.score.last_timestamp is None and self.score.given is not None
        return not (self.platform.has_submission_extension and first and not self.score.may_replace)

    def is_settled_by(self, shown: Shown | None) -> bool:
        """Whether nothing has to be sent, or may be; written down if so."""
        if _same(shown, self.score) and not self._has_sent():
            self._already_there(shown)
        elif self._is_home(shown):
            self._delivered(shown)
        elif not self._is_ours_to_write(shown):
            self._conflict(shown)
        else:
            return False
        return True

    def _is_home(self, shown: Shown | None) -> bool:
        """Whether the LMS already shows what we want, the comment included."""
        return _same(shown, self.score) and self._comment_is_there()

    def _has_sent(self) -> bool:
        return self.score.delivered_at is not None or bool(self.open_posts)

    def _comment_is_there(self) -> bool:
        """A post of this revision carried it, if it arrived: accepted, or seen by a value that only it can have set."""
        score = self.score
        value_tells = (score.given, score.maximum) != (score.delivered_given, score.delivered_maximum)
        return score.comment == score.delivered_comment or any(
            post.revision == score.revision
            and (post.outcome == "accepted" or value_tells or self.platform.comments_pile_up)
            for post in self.open_posts
        )

    def _is_ours_to_write(self, shown: Shown | None) -> bool:
        """An empty cell we never filled, a value that we put there, or one that somebody chose to replace."""
        score = self.score
        if shown is None:
            was_cleared_by_us = score.delivered_at is not None and score.delivered_given is None
            return score.may_fill_blank or was_cleared_by_us
        if score.given is not None and score.may_replace and str(shown) == score.may_replace:
            return True
        return self._is_ours(shown)

    def _is_ours(self, shown: Shown) -> bool:
        score = self.score
        ours = [(score.delivered_given, score.delivered_maximum)]
        ours += [(post.given, post.maximum) for post in self.open_posts]
        return any(
            given is not None and shown.is_close_to(given, maximum or Decimal(0)) for given, maximum in ours
        )

    # --- send ---

    def send(self, gradebook: Gradebook, url: str, shown: Shown | None) -> None:
        timestamp = self._next_timestamp()
        body = self._body(timestamp, shown)
        post = self._note(timestamp, body)
        answer = gradebook.send(url, body)
        kind = classify(answer)
        if kind == Kind.OK and self.platform.accepted_score_is_empty and (words := answer.content.strip()):
            # Moodle refuses with an empty list. Whatever else comes is not Moodle's word on a person: a login page, a proxy's.
            kind = Kind.GONE_USER if words == b"[]" else Kind.TRANSIENT
        post.status = answer.status
        # A 5xx, and a success that says more than it should, may have been taken all the same: left open.
        is_open = kind == Kind.TRANSIENT or (kind != Kind.OK and 200 <= answer.status < 300)
        post.outcome = "" if is_open else ("accepted" if kind == Kind.OK else kind.value)
        text = said(answer) if kind != Kind.OK else ""
        if kind == Kind.NEEDS_TEACHER and "attempt" in text.lower() and not self.has_work:
            post.outcome = NO_ATTEMPT_LEFT
        post.save(update_fields=["status", "outcome"])
        if post.outcome == NO_ATTEMPT_LEFT:  # then without an attempt, as corrections go
            raise _Later(timestamp.replace(microsecond=0) + timedelta(seconds=1))
        if kind != Kind.OK:
            raise ServiceError(kind, status=answer.status, said=text, retry_after=retry_after(answer))
        self.open_posts.append(post)

    def _next_timestamp(self) -> datetime:
        now, last = timezone.now(), self.score.last_timestamp
        if last is not None and int(now.timestamp()) <= int(last.timestamp()):
            raise _Later(last.replace(microsecond=0) + timedelta(seconds=1))
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _body(self, timestamp: datetime, shown: Shown | None) -> bytes:
        score = self.score
        repeat_comment = not self.platform.comments_pile_up or not self._comment_is_there()
        has_extension = self.platform.has_submission_extension
        return score_body(
            user_id=score.person.user_id,
            given=score.given,
            maximum=score.maximum,
            timestamp=timestamp,
            comment=self._comment() if repeat_comment else None,
            extension=self._extension(shown) if has_extension else None,
            submitted_at=self._handed_in_at(timestamp) if has_extension else None,
        )

    def _handed_in_at(self, timestamp: datetime) -> datetime | None:
        """The same over all corrections, and never in the future, should our clock have been ahead when it was first sent."""
        return None if self.score.given is None else min(self.first_at or timestamp, timestamp)

    def _comment(self) -> str | None:
        """None says nothing; an empty text takes back the one that was delivered, where the platform replaces comments."""
        replaces = not self.platform.comments_pile_up and bool(self.score.delivered_comment)
        return self.score.comment or ("" if replaces else None)

    def _extension(self, shown: Shown | None) -> Mapping[str, Any]:
        """The work is handed in once, with the address that SpeedGrader opens; a correction makes no new attempt.

        The whole of it goes along each time with the same time of handing in: a post without it would take the address away.
        """
        if self.score.given is None:
            return {"new_submission": False}
        work = {
            "new_submission": not self.has_work,
            "submission_type": "basic_lti_launch",
            "submission_data": review.address(self.link, self.score.person),
        }
        # A cell that looks empty to us may hold a grade that Canvas does not show a tool: that one stays.
        return work | ({"prioritize_non_tool_grade": True} if shown is None else {})

    def _note(self, timestamp: datetime, body: bytes) -> ScorePost:
        """Into the ledger before it leaves, in the same transaction that proves the lease is still ours."""
        score = self.score
        with transaction.atomic():
            if not lanes.still_ours(score, last_timestamp=timestamp):
                raise _LeaseLost
            return ScorePost.objects.create(
                score=score,
                revision=score.revision,
                given=score.given,
                maximum=score.maximum,
                timestamp=timestamp,
                body_sha256=hashlib.sha256(body).hexdigest(),
            )

    # --- how it ended ---

    def confirm(self, shown: Shown | None) -> None:
        """Accepted: is it shown? An empty cell or an older grade of ours may be a copy that lags behind; look again."""
        if _same(shown, self.score):
            return self._delivered(shown)
        posts = [post for post in self.open_posts if post.revision == self.score.revision]
        if (shown is None or self._is_ours(shown)) and len(posts) < UNSEEN_TRIES:
            raise ServiceError(Kind.TRANSIENT, said=UNSEEN)
        replaced = bool(shown) and str(shown) == self.score.may_replace
        self._conflict(shown, said=UNSEEN if not shown else HOLDS_ON if replaced else "")

    def _already_there(self, shown: Shown | None) -> None:
        """Somebody typed the same grade. It stays theirs: nothing is sent, and a later one of ours will not replace it."""
        self._end(Score.State.DELIVERED, shown)

    def _delivered(self, shown: Shown | None) -> None:
        score = self.score
        with transaction.atomic():
            if not self._end(
                Score.State.DELIVERED,
                shown,
                delivered_at=timezone.now(),
                delivered_given=score.given,
                delivered_maximum=score.maximum,
                delivered_comment=score.comment,
            ):
                return
            *older, newest = sorted(post.pk for post in self.open_posts) or [0]
            if older:
                ScorePost.objects.filter(pk__in=older).update(outcome="closed")
            if newest:
                ScorePost.objects.filter(pk=newest).update(outcome="confirmed", read_back=str(shown or ""))

    def _conflict(self, shown: Shown | None, said: str = "") -> None:
        """Somebody took the cell over: nothing that we sent before stands for us in it any more, whatever it shows later."""
        nothing_of_ours = {"delivered_at": None, "delivered_given": None, "delivered_maximum": None}
        with transaction.atomic():
            if self._end(Score.State.CONFLICT, shown, platform_said=said, **nothing_of_ours):
                pks = [post.pk for post in self.open_posts]
                ScorePost.objects.filter(pk__in=pks).update(outcome="closed")

    def _end(self, state: Score.State, shown: Shown | None, **more: object) -> bool:
        """Nothing more to do for this revision: from here on an empty cell is somebody's choice, and leave is used up."""
        ended: dict[str, object] = {
            "reason": "",
            "platform_said": "",
            "attempts": 0,
            "may_fill_blank": False,
            "may_replace": "",
        }
        return lanes.settle(self.score, state=state, lms_shows=str(shown or ""), **(ended | more))


def _same(shown: Shown | None, score: Score) -> bool:
    if score.given is None or shown is None:
        return score.given is None and shown is None
    return shown.is_close_to(score.given, score.maximum)


def _when(error: ServiceError, attempts: int) -> datetime:
    """When to try again: as long as the platform asks, else doubling from five seconds to an hour.

    At once an hour where a person has to act. A tenth more or less by chance, so that many do not come back together.
    """
    needs_a_person = error.kind in (Kind.NEEDS_TEACHER, Kind.NEEDS_ADMIN, Kind.TOKEN)
    base = LONGEST_DELAY if needs_a_person else min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 12))
    asked = (error.retry_after or 0) * random.uniform(1.0, 1.1)
    return timezone.now() + timedelta(seconds=asked or base * _jitter())


def _jitter() -> float:
    return random.uniform(0.9, 1.1)

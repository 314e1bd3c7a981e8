"""Bring one grade home: look, send, look again.

Rules that keep grades from being lost (Canvas and Moodle each destroy one in their own way):
 - only a withdrawal is ever sent without a score: both platforms clear the cell for anything less;
 - before sending we read what the LMS shows; what we did not send ourselves is somebody's mark, and stays;
 - the row in the ledger and the timestamp are written before the request leaves, so that a worker that is killed
   leaves a trace, and the next one finds out by reading whether the request arrived;
 - timestamps per column and person go up by whole seconds and never lie in the future: Moodle compares seconds,
   and a time from the future would lock the cell until then.
The race that stays: a teacher types a grade between our look and our post. Canvas spares it on the first post
(`prioritize_non_tool_grade`), Moodle keeps typed grades of the activity's column; elsewhere the newest wins.
"""

import hashlib
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lti_tool import outbox
from lti_tool.ags import Gradebook, Shown, score_body
from lti_tool.connector import said
from lti_tool.errors import Kind, ServiceError
from lti_tool.http import Unreachable, retry_after
from lti_tool.models import LineItem, Score, ScorePost
from lti_tool.platforms import Platform, classify, habits

log = structlog.get_logger(__name__)

FIRST_DELAY = 5.0
LONGEST_DELAY = 3600.0
HOLD = timedelta(seconds=30)
LINE_ITEM_LEASE = timedelta(minutes=5)
# A grade that was accepted but is not shown: how often to look and send again before a person has to look.
UNSEEN_TRIES = 5
UNSEEN = "accepted, but not shown"


class _Later(Exception):
    """Not now, and nobody's fault: come back at `when`."""

    def __init__(self, when: datetime) -> None:
        self.when = when


class _LeaseLost(Exception):
    """Another worker has the row now; whatever we found out is theirs to find out."""


def deliver(score: Score) -> None:
    """Deliver one claimed score as far as it goes now, and write down how far that was. Never raises for the platform."""
    try:
        _Delivery(score).run()
    except _Later as later:
        outbox.settle(score, not_before=later.when)
    except _LeaseLost:
        log.warning("lease lost", score=score.pk)
    except ServiceError as error:
        _failed(score, error)
    except Exception as error:  # one row that we stumble over must not keep all the others from arriving
        log.exception("score not delivered", score=score.pk)
        _failed(score, ServiceError(Kind.TRANSIENT, status=0, said=type(error).__name__))


class _Delivery:
    def __init__(self, score: Score) -> None:
        self.score = score
        self.link = score.line_item.resource_link
        self.platform: Platform = habits(self.link.deployment.registration)
        self.gradebook = Gradebook(self.link)
        # What may stand in the LMS because of us: posts since the last confirmed one.
        self.open_posts = list(score.posts.filter(outcome__in=["", "accepted"]))

    def run(self) -> None:
        self._require_service()
        url = self._line_item_url()
        shown = self._look(url)
        if _same(shown, self.score) and not self._has_sent():
            return self._already_there(shown)
        if self._is_home(shown):
            return self._delivered(shown)
        if not self._is_ours_to_write(shown):
            return self._conflict(shown)
        self._send(url)
        self._confirm(self._look(url))

    def _require_service(self) -> None:
        # Without leave to look, we could not tell a grade that somebody typed: then we do not send.
        may = self.gradebook.can_put_grade() and self.gradebook.can_read_results
        if not may or not (self.link.lineitem_url or self.link.lineitems_url):
            raise ServiceError(Kind.NO_SERVICE)

    # --- the column ---

    def _line_item_url(self) -> str:
        """The column's URL: known, or the activity's own, or found by tag, or made. One worker at a time looks."""
        item = self.score.line_item
        if item.url:
            return item.url
        now = timezone.now()
        free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
        mine = LineItem.objects.filter(free, pk=item.pk, url="").update(
            lease_expires_at=now + LINE_ITEM_LEASE
        )
        item.refresh_from_db()
        if item.url:
            return item.url
        if not mine:
            raise _Later(now + timedelta(seconds=2))
        try:
            item.url = self._find_or_make_column(item)
        except ServiceError:
            LineItem.objects.filter(pk=item.pk).update(lease_expires_at=None)
            raise
        LineItem.objects.filter(pk=item.pk).update(url=item.url, lease_expires_at=None)
        return item.url

    def _find_or_make_column(self, item: LineItem) -> str:
        if item.tag == outbox.OWN_COLUMN_TAG and self.link.lineitem_url:
            return self.link.lineitem_url
        if not self.link.lineitems_url or not self.gradebook.can_read_lineitem():
            raise ServiceError(Kind.NO_SERVICE)
        resource_id = f"bellringer-{item.pk}"
        found = self.gradebook.find(tag=item.tag, resource_id=resource_id)
        if found:
            return found
        if not self.gradebook.can_create_lineitem():
            raise ServiceError(Kind.NO_SERVICE)
        return self.gradebook.create(
            tag=item.tag,
            resource_id=resource_id,
            label=item.label,
            maximum=item.score_maximum,
            tied_to_link=self.platform.ties_columns_to_links,
        )

    # --- look ---

    def _look(self, url: str) -> Shown | None:
        return self.gradebook.shown(url, self.score.person.sub)

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
        """An empty cell we never filled, or a value that we put there. Anything else is somebody's decision."""
        score = self.score
        if shown is None:
            was_cleared_by_us = score.delivered_at is not None and score.delivered_given is None
            return score.may_fill_blank or was_cleared_by_us
        return self._is_ours(shown)

    def _is_ours(self, shown: Shown) -> bool:
        score = self.score
        ours = [(score.delivered_given, score.delivered_maximum)]
        ours += [(post.given, post.maximum) for post in self.open_posts]
        return any(
            given is not None and shown.is_close_to(given, maximum or Decimal(0)) for given, maximum in ours
        )

    # --- send ---

    def _send(self, url: str) -> None:
        timestamp = self._next_timestamp()
        body = self._body(timestamp)
        post = self._note(timestamp, body)
        answer = self.gradebook.send(url, body)
        kind = classify(answer)
        if kind == Kind.OK and self.platform.accepted_score_is_empty and answer.content.strip():
            kind = Kind.GONE_USER
        post.status = answer.status
        # A 5xx, and a success that says more than it should, may have been taken all the same: left open.
        is_open = kind == Kind.TRANSIENT or (kind != Kind.OK and 200 <= answer.status < 300)
        post.outcome = "" if is_open else ("accepted" if kind == Kind.OK else kind.value)
        post.save(update_fields=["status", "outcome"])
        if kind != Kind.OK:
            raise ServiceError(kind, status=answer.status, said=said(answer), retry_after=retry_after(answer))
        self.open_posts.append(post)

    def _next_timestamp(self) -> datetime:
        now, last = timezone.now(), self.score.last_timestamp
        if last is not None and int(now.timestamp()) <= int(last.timestamp()):
            raise _Later(last.replace(microsecond=0) + timedelta(seconds=1))
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _body(self, timestamp: datetime) -> bytes:
        score = self.score
        repeat_comment = not self.platform.comments_pile_up or not self._comment_is_there()
        return score_body(
            user_id=score.person.sub,
            given=score.given,
            maximum=score.maximum,
            timestamp=timestamp,
            comment=self._comment() if repeat_comment else None,
            extension=self._extension(),
        )

    def _comment(self) -> str | None:
        """None says nothing; an empty text takes back the one that was delivered, where the platform replaces comments."""
        replaces = not self.platform.comments_pile_up and bool(self.score.delivered_comment)
        return self.score.comment or ("" if replaces else None)

    def _extension(self) -> Mapping[str, Any] | None:
        if not self.platform.has_submission_extension:
            return None
        is_first = not self._has_sent() and self.score.given is not None
        return {"new_submission": False} | ({"prioritize_non_tool_grade": True} if is_first else {})

    def _note(self, timestamp: datetime, body: bytes) -> ScorePost:
        """Into the ledger before it leaves, in the same transaction that proves the lease is still ours."""
        score = self.score
        with transaction.atomic():
            if not outbox.still_ours(score):
                raise _LeaseLost
            Score.objects.filter(pk=score.pk).update(last_timestamp=timestamp)
            return ScorePost.objects.create(
                score=score,
                revision=score.revision,
                given=score.given,
                maximum=score.maximum,
                timestamp=timestamp,
                body_sha256=hashlib.sha256(body).hexdigest(),
            )

    # --- how it ended ---

    def _confirm(self, shown: Shown | None) -> None:
        """Accepted: is it shown? An empty cell or an older grade of ours may be a copy that lags behind; look again."""
        if _same(shown, self.score):
            return self._delivered(shown)
        posts = [post for post in self.open_posts if post.revision == self.score.revision]
        if (shown is None or self._is_ours(shown)) and len(posts) < UNSEEN_TRIES:
            raise ServiceError(Kind.TRANSIENT, said=UNSEEN)
        self._conflict(shown, said="" if shown else UNSEEN)

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
            newest = max(self.open_posts, key=lambda post: post.pk, default=None)
            score.posts.filter(outcome__in=["", "accepted"]).update(outcome="closed")
            if newest:
                ScorePost.objects.filter(pk=newest.pk).update(outcome="confirmed", read_back=str(shown or ""))

    def _conflict(self, shown: Shown | None, said: str = "") -> None:
        self._end(Score.State.CONFLICT, shown, platform_said=said)

    def _end(self, state: Score.State, shown: Shown | None, **more: object) -> bool:
        """Nothing more to do for this revision: from here on an empty cell is somebody's choice."""
        ended: dict[str, object] = {"reason": "", "platform_said": "", "attempts": 0, "may_fill_blank": False}
        return outbox.settle(self.score, state=state, lms_shows=str(shown or ""), **(ended | more))


def _same(shown: Shown | None, score: Score) -> bool:
    if score.given is None or shown is None:
        return score.given is None and shown is None
    return shown.is_close_to(score.given, score.maximum)


def _failed(score: Score, error: ServiceError) -> None:
    log.warning("score not delivered", score=score.pk, kind=error.kind.value, status=error.status)
    if error.is_permanent:
        outbox.settle(score, state=Score.State.REFUSED, reason=error.kind.value, platform_said=error.said)
        return
    attempts = score.attempts + 1
    when = timezone.now() + timedelta(seconds=error.retry_after or _delay(error.kind, attempts))
    outbox.settle(
        score, reason=error.kind.value, platform_said=error.said, attempts=attempts, not_before=when
    )
    if error.kind == Kind.RATE or isinstance(error, Unreachable):
        outbox.hold(score, min(when, timezone.now() + HOLD))


def _delay(kind: Kind, attempts: int) -> float:
    """Seconds until the next try: doubling from five seconds to an hour; at once an hour where a person has to act."""
    needs_a_person = kind in (Kind.NEEDS_TEACHER, Kind.NEEDS_ADMIN, Kind.TOKEN)
    base = LONGEST_DELAY if needs_a_person else min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 12))
    return base * random.uniform(0.9, 1.1)

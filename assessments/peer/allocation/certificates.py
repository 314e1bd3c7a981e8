"""Looks at a plan, from whatever hand, and says of each rule whether it holds. Shares no step with the making of plans."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from assessments.peer.allocation import looks
from assessments.peer.allocation.fields import WISHES, Field, Groups, Ints, Mask, Rule, Rules

# Of the way plans are made: changes when the same seed would give another plan.
VERSION = "1"


class Verdict(StrEnum):
    HELD = "held"
    BROKEN = "broken"
    RELAXED = "relaxed"
    NOT_ASKED = "not_asked"


HELD = {
    Rule.GIVES: "Everyone gives {each}.",
    Rule.RECEIVES: "Works get about the same number of reviews each.",
    Rule.NOT_OWN: "Nobody reviews their own work.",
    Rule.ONCE: "Nobody has the same work twice.",
    Rule.GROUPS: "The rule about groups holds.",
    Rule.FORBIDDEN: "No forbidden pair is in the plan.",
    Rule.MUST: "All pairs that were asked for are in the plan.",
    Rule.NOT_MUTUAL: "No two people review each other.",
    Rule.ENOUGH: "Every work has at least {minimum} reviews coming or done.",
    Rule.RINGS: "No reviews run in a ring of {ring} people or fewer.",
    Rule.OVERLAP: "No two reviewers share more than one work.",
    Rule.STRATA: "Every work gets reviewers of all strata as evenly as can be.",
}
BROKEN = {
    Rule.GIVES: "Reviewers who do not give exactly {each}: {n}.",
    Rule.RECEIVES: "Works with more or fewer reviews than their even share: {n}.",
    Rule.NOT_OWN: "Reviews of one's own work: {n}.",
    Rule.ONCE: "Reviews that are there twice: {n}.",
    Rule.GROUPS: "Reviews against the rule about groups: {n}.",
    Rule.FORBIDDEN: "Forbidden pairs in the plan: {n}.",
    Rule.MUST: "Pairs that were asked for and are missing: {n}.",
    Rule.NOT_MUTUAL: "Twos who review each other: {n}.",
    Rule.ENOUGH: "Works with fewer than {minimum} reviews coming or done: {n}.",
    Rule.RINGS: "Reviews in a ring of {ring} people or fewer: {n}.",
    Rule.OVERLAP: "Twos who share more than once: {n}.",
    Rule.STRATA: "Works whose reviewers are not evenly of all strata: {n}.",
}
NOT_ASKED = "Not asked for."


@dataclass(frozen=True)
class Finding:
    rule: Rule
    verdict: Verdict
    violations: int
    sentence: str


@dataclass(frozen=True)
class Certificate:
    """One finding for each rule. `inputs`: SHA-256 of field and rules. `gives_way`: the order in which wishes give way."""

    findings: tuple[Finding, ...]
    inputs: str
    seed: int | None = None
    version: str = VERSION
    gives_way: tuple[Rule, ...] = WISHES

    @property
    def broken(self) -> tuple[Rule, ...]:
        return self._those(Verdict.BROKEN)

    @property
    def relaxed(self) -> tuple[Rule, ...]:
        return self._those(Verdict.RELAXED)

    def of(self, rule: Rule) -> Finding:
        return next(it for it in self.findings if it.rule is rule)

    def _those(self, verdict: Verdict) -> tuple[Rule, ...]:
        return tuple(it.rule for it in self.findings if it.verdict is verdict)

    def to_dict(self) -> dict[str, Any]:
        """Of strings, numbers and lists, fit for JSON."""
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return told

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Certificate":
        findings = tuple(
            Finding(Rule(it["rule"]), Verdict(it["verdict"]), it["violations"], it["sentence"])
            for it in told["findings"]
        )
        return cls(
            findings, told["inputs"], told["seed"], told["version"], tuple(map(Rule, told["gives_way"]))
        )


def certify(
    field: Field,
    rules: Rules,
    pairs: Ints,
    *,
    seed: int | None = None,
    left: Iterable[int] = (),
    withdrawn: Iterable[int] = (),
    minimum: int | None = None,
) -> Certificate:
    """Findings about (m, 2) pairs. Of the `left` reviewers and `withdrawn` works no load is expected; once there are any, even
    loads are a wish, and `minimum` says what each remaining work must have. ValueError for pairs outside the field.
    """
    gone, out = _mask(left, field.reviewers), _mask(withdrawn, field.works)
    counts = looks.violations(
        field, rules, np.asarray(pairs).reshape(-1, 2).astype(np.int64), gone, out, minimum
    )
    may_give_way = set(WISHES)
    if gone.any() or out.any():
        may_give_way |= {Rule.GIVES, Rule.RECEIVES, Rule.MUST}
    numbers = {"each": rules.reviews_each, "ring": rules.longest_ring, "minimum": minimum}
    findings = tuple(_finding(rule, counts[rule], rule in may_give_way, numbers) for rule in Rule)
    return Certificate(findings, inputs_hash(field, rules), seed)


def _finding(rule: Rule, count: int | None, may_give_way: bool, numbers: Mapping[str, int | None]) -> Finding:
    if count is None:
        return Finding(rule, Verdict.NOT_ASKED, 0, NOT_ASKED)
    if count == 0:
        return Finding(rule, Verdict.HELD, 0, HELD[rule].format(**numbers))
    verdict = Verdict.RELAXED if may_give_way else Verdict.BROKEN
    return Finding(rule, verdict, count, BROKEN[rule].format(n=count, **numbers))


def inputs_hash(field: Field, rules: Rules) -> str:
    """The same for the same field and rules, in hexadecimal."""
    told = hashlib.sha256()
    for part in _canonical(field, rules):
        told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()


def _canonical(field: Field, rules: Rules) -> Iterator[bytes]:
    plain = [
        field.reviewers,
        field.works,
        rules.reviews_each,
        rules.no_reciprocal,
        rules.longest_ring,
        rules.overlap_at_most_one,
        list(Groups).index(rules.groups),
        rules.spread,
    ]
    yield json.dumps(plain).encode()
    people, works = field.group_numbers
    for array in (field.authorship, people, works, field.stratum_numbers):
        yield array.astype("<i8").tobytes()
    for pairs in (rules.forbidden_pairs, rules.must_pairs):
        yield np.sort(field.codes(pairs)).astype("<i8").tobytes()


def _mask(indices: Iterable[int], length: int) -> Mask:
    found = np.zeros(length, bool)
    found[list(indices)] = True
    return found

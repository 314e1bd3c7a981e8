"""What one pair added by hand would break."""

from collections.abc import Iterator
from dataclasses import dataclass

from assessments.peer.allocation.boards import Board
from assessments.peer.allocation.fields import Field, Ints, Rule, Rules, as_pairs, sections

SENTENCES = {
    Rule.GIVES: "They would give {n}, not {each}.",
    Rule.RECEIVES: "The work would get {n}, and no other more than {most}.",
    Rule.NOT_OWN: "It is their own work.",
    Rule.ONCE: "They review it already.",
    Rule.GROUPS: "The rule about groups is against it.",
    Rule.FORBIDDEN: "The two are kept apart.",
    Rule.NOT_MUTUAL: "An author of it reviews work of theirs.",
    Rule.RINGS: "It would close a ring of {ring} people or fewer who review each other in turn.",
    Rule.OVERLAP: "They share another work with a reviewer of this one.",
    Rule.STRATA: "The work would get more reviewers of their stratum than its share.",
}


@dataclass(frozen=True)
class Break:
    """`others`: reviewers whom it is about beside the one of the pair."""

    rule: Rule
    sentence: str
    others: tuple[int, ...] = ()


def broken_by(field: Field, rules: Rules, pairs: Ints, pair: tuple[int, int]) -> tuple[Break, ...]:
    """Rules and wishes that the (m, 2) plan would break."""
    board = Board(field, rules, as_pairs(pairs))
    reviewer, work = pair
    field.codes(as_pairs([pair]))
    if work in board.given[reviewer]:
        return (Break(Rule.ONCE, SENTENCES[Rule.ONCE]),)
    board.put(reviewer, work)
    part = next(it for it in sections(field, rules) if work in it.works)
    most = part.loads(rules.reviews_each)[1]
    numbers = {"each": rules.reviews_each, "ring": rules.longest_ring, "most": most}
    found = [*_loads(board, pair, most), *((rule, 0) for rule in board.broken(*pair)), *_strata(board, pair)]
    return tuple(
        Break(rule, SENTENCES[rule].format(n=count, **numbers), _others(board, rule, pair))
        for rule, count in found
    )


def _loads(board: Board, pair: tuple[int, int], most: int) -> Iterator[tuple[Rule, int]]:
    given, received = len(board.given[pair[0]]), len(board.received[pair[1]])
    if given > board.rules.reviews_each:
        yield Rule.GIVES, given
    if received > most:
        yield Rule.RECEIVES, received


def _strata(board: Board, pair: tuple[int, int]) -> Iterator[tuple[Rule, int]]:
    reviewer, work = pair
    stratum = board.stratum[reviewer]
    if board.rules.spread:
        count = sum(board.stratum[it] == stratum for it in board.received[work])
        if count > board.strata_bounds[work][stratum][1]:
            yield Rule.STRATA, count


def _others(board: Board, rule: Rule, pair: tuple[int, int]) -> tuple[int, ...]:
    reviewer, work = pair
    if rule is Rule.OVERLAP:
        return tuple(sorted(board.sharers(reviewer, work)))
    if rule is Rule.NOT_MUTUAL:
        mine = board.works_by[reviewer]
        return tuple(it for it in sorted(board.authors[work]) if not mine.isdisjoint(board.given[it]))
    return ()

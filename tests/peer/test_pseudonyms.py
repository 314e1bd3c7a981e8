"""Pseudonyms: whose they are, that they differ, and that nobody can join them."""

from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.peer.words.lexicons import words
from assessments.peer.words.lexicons.pleasant import ADJECTIVES, BIRDS_AND_TREES
from assessments.peer.words.pseudonyms import PAIRS, names_for, pseudonym, shuffled_for

KEY = b"an activity's secret, 32 bytes.."
OTHER = b"another one's secret, 32 bytes.."
PEOPLE = [f"person-{number}" for number in range(200)]

always = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_pseudonym_is_two_words_and_stays_the_same():
    assert pseudonym(KEY, "ann", "bob") == "Leafy Tern"
    assert pseudonym(KEY, "ann", "bob") == pseudonym(KEY, "ann", "bob")


def test_another_viewer_or_activity_gives_another_name():
    mine = [pseudonym(KEY, "ann", person) for person in PEOPLE]
    theirs = [pseudonym(KEY, "cid", person) for person in PEOPLE]
    elsewhere = [pseudonym(OTHER, "ann", person) for person in PEOPLE]

    assert sum(one == other for one, other in zip(mine, theirs, strict=True)) <= 1
    assert sum(one == other for one, other in zip(mine, elsewhere, strict=True)) <= 1


def test_parts_cannot_be_shifted_from_viewer_to_subject():
    assert pseudonym(KEY, "ab", "c") != pseudonym(KEY, "a", "bc")


def test_seeing_somebody_is_not_the_same_as_being_seen_by_them():
    assert pseudonym(KEY, "ann", "bob") != pseudonym(KEY, "bob", "ann")


def test_names_in_one_list_differ_even_where_pairs_meet():
    crowd = [f"person-{number}" for number in range(2000)]

    names = names_for(KEY, "ann", crowd)

    assert len({pseudonym(KEY, "ann", person) for person in crowd}) < 2000
    assert len(set(names.values())) == 2000


@always
@given(st.lists(st.text(max_size=5), max_size=60), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_of_the_list(subjects, chance):
    shuffled = list(subjects)
    chance.shuffle(shuffled)

    names = names_for(KEY, "ann", subjects)

    assert names_for(KEY, "ann", shuffled) == names
    assert len(set(names.values())) == len(set(subjects))


def test_order_does_not_matter_among_two_thousand():
    crowd = [f"person-{number}" for number in range(2000)]

    names = names_for(KEY, "ann", crowd)
    written = ",".join(names[person] for person in crowd).encode()

    assert names == names_for(KEY, "ann", crowd[::-1])
    assert sha256(written).hexdigest()[:16] == "5ee8c887280fb18a"  # and in no process, whatever its hash seed


def test_a_person_alone_has_the_name_of_the_list():
    names = names_for(KEY, "ann", PEOPLE[:5])

    assert names == {person: pseudonym(KEY, "ann", person) for person in PEOPLE[:5]}


def test_more_people_than_names_are_refused(monkeypatch):
    monkeypatch.setattr("assessments.peer.words.pseudonyms.PAIRS", 5)

    with pytest.raises(ValueError, match="6 people and only 5 names"):
        names_for(KEY, "ann", PEOPLE[:6])


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        pseudonym(b"short", "ann", "bob")


def test_each_viewer_has_an_order_of_their_own_that_stays():
    mine = shuffled_for(KEY, "ann", PEOPLE)
    theirs = shuffled_for(KEY, "cid", PEOPLE)

    assert shuffled_for(KEY, "ann", PEOPLE[::-1]) == mine
    assert sorted(mine) == sorted(theirs) == sorted(PEOPLE)
    assert mine != theirs
    assert mine != sorted(PEOPLE)


def test_order_says_nothing_about_names():
    by_name = sorted(PEOPLE, key=lambda person: pseudonym(KEY, "ann", person))

    assert shuffled_for(KEY, "ann", PEOPLE) != by_name


def test_rows_are_shuffled_by_their_id():
    rows = [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]

    shuffled = shuffled_for(KEY, "ann", rows, id_of=lambda row: row["id"])

    assert [row["id"] for row in shuffled] == shuffled_for(KEY, "ann", "abcd")


def test_there_are_enough_pairs_and_no_word_twice():
    assert len(ADJECTIVES) == len(set(ADJECTIVES)) >= 128
    assert len(BIRDS_AND_TREES) == len(set(BIRDS_AND_TREES)) >= 128
    assert len(ADJECTIVES) * len(BIRDS_AND_TREES) == PAIRS


def test_no_word_is_a_given_name_or_hints_at_gender_skin_or_illness():
    unwanted = set(
        words(
            """Amber Ruby Jade Scarlet Violet Rose Hazel Olive Coral Pearl Sandy Misty Autumn Summer Rusty Sunny Robin
        Martin Jay Wren Holly Ivy Willow Rowan Laurel Myrtle Merlin Phoenix Heather Linden Ash Black White Brown Yellow
        Red Dark Fair Pale Pink Blue Manly Girly Lady Lord Thrush Tit Booby Shag Cock Woodcock Coot Loon Crow Vulture
        Cuckoo Turkey Chicken Goose Gull Dodo Bustard Rook Swallow Shrike Patient Fat Thin Slow Lame Dumb"""
        )
    )

    assert unwanted.isdisjoint(ADJECTIVES)
    assert unwanted.isdisjoint(BIRDS_AND_TREES)


def test_every_word_is_one_plain_capitalised_word():
    assert all(word.isascii() and word.isalpha() and word.istitle() for word in ADJECTIVES + BIRDS_AND_TREES)

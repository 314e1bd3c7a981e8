"""Links to films are addresses of the open web, and say nothing about who shared them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.peer.files import video_link
from assessments.peer.files.outcomes import Refused


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (" https://Media.School.example:443/watch?v=1 ", "https://media.school.example/watch?v=1"),
        ("https://media.school.example", "https://media.school.example/"),
        (
            "https://media.school.example/w?v=1&si=me&utm_source=mail&email=a%40b",
            "https://media.school.example/w?v=1",
        ),
        ("https://media.school.example/w#t=60", "https://media.school.example/w#t=60"),
        ("https://media.school.example/w#zyqwenna", "https://media.school.example/w"),
        ("https://médias.example/w", "https://xn--mdias-bsa.example/w"),
    ],
)
def test_address_is_brought_into_one_form_without_traces(typed, shown):
    assert video_link.check(typed) == shown
    assert video_link.check(shown) == shown


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("http://media.school.example/w", "link_not_https"),
        ("javascript:alert(1)", "link_not_https"),
        ("", "link_not_https"),
        ("https://", "link_malformed"),
        ("https://media school.example/", "link_malformed"),
        ("https://media.example\\@evil.example/", "link_malformed"),
        ("https://a..example/", "link_malformed"),
        ("https://[::1/", "link_malformed"),
        ("https://media.example:x/", "link_malformed"),
        ("https://zyqwenna:pass@media.example/", "link_with_password"),
        ("https://zyqwenna@media.example/", "link_with_password"),
        ("https://media.example/w?access_token=1", "link_with_key"),
        ("https://media.example/w?X-Amz-Signature=1", "link_with_key"),
        ("https://media.example/w#id_token=1", "link_with_key"),
        ("https://media.example/w?sesskey=1", "link_with_key"),
        ("https://127.0.0.1/", "link_private"),
        ("https://0x7f.1/", "link_private"),
        ("https://[::1]/", "link_private"),
        ("https://laptop/", "link_private"),
        ("https://nas.local/", "link_private"),
        ("https://media.example:8443/", "link_private"),
        ("https://media.example/" + "x" * 1000, "link_too_long"),
    ],
)
def test_what_is_no_open_address_is_refused_with_a_sentence(typed, code):
    with pytest.raises(Refused) as refused:
        video_link.check(typed)

    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=60).map("https://".__add__) | st.text(max_size=40))
def test_whatever_is_typed_is_an_address_or_refused(typed):
    try:
        shown = video_link.check(typed)
    except Refused:
        return
    assert shown.startswith("https://")
    assert video_link.check(shown) == shown

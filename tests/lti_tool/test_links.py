import pytest

from lti_tool.links import next_page


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://m.example/x?page=2>; rel="next"', "https://m.example/x?page=2"),
        ("<https://m.example/x?token=ABCdef>; rel=next", "https://m.example/x?token=ABCdef"),
        ('<https://m.example/1>; rel="prev", <https://m.example/2>; rel="next"', "https://m.example/2"),
        ('<https://m.example/2>; title="b"; rel="next"', "https://m.example/2"),
        ('<https://m.example/1>; rel="last"', None),
        ("", None),
    ],
)
def test_next_page_is_found_letter_for_letter(header, url):
    assert next_page(header) == url


def test_next_page_of_moodle_has_curly_quotes_and_escaped_ampersands():
    sent = "<https://moodle.localhost:8443/mod/lti/services.php/2/lineitems?type_id=1&amp;limit=2&amp;from=2>; rel=“next”"
    as_requests_reads_it = sent.encode().decode("latin-1")

    url = "https://moodle.localhost:8443/mod/lti/services.php/2/lineitems?type_id=1&limit=2&from=2"
    assert next_page(as_requests_reads_it) == url

"""A school's own colours: taken where our pages stay readable in them, and left where not."""

import json

import pytest

from lti_tool import claims, theme
from lti_tool.models import LaunchToken, ResourceLink
from tests.certification.launching import launch

GOOD = {
    "ic-link-color": "#0B5345",
    "ic-brand-button--primary-bgd": "#7B241C",
    "ic-brand-button--primary-text": "#fff",
}
READ = {"link": "#0b5345", "primary": "#7b241c", "on-primary": "#ffffff"}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # The greys on either side of the line, as W3C's and WebAIM's examples have them.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(theme.contrast(one, other), 2) == ratio
    assert theme.contrast(one, other) == theme.contrast(other, one)


@pytest.mark.parametrize(
    "brand", [json.dumps(GOOD), GOOD, json.dumps({**GOOD, "ic-brand-header-image": "/a.png"})]
)
def test_readable_colours_are_taken(brand):
    assert theme.read(brand) == READ


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"ic-link-color": "#777777"}, {"link"}),  # words in it could not be read
        ({"ic-link-color": "#757575"}, {"link"}),  # on white they could, on our tinted surfaces not
        ({"ic-link-color": "red"}, {"link"}),
        ({"ic-link-color": "#0b5345;}*{display:none"}, {"link"}),
        ({"ic-link-color": ["#0b5345"]}, {"link"}),
        ({"ic-brand-button--primary-bgd": "#F1C40F"}, {"primary", "on-primary"}),
        # Dark words on yellow can be read, until the pointer darkens the yellow.
        (
            {"ic-brand-button--primary-bgd": "#F1C40F", "ic-brand-button--primary-text": "#000000"},
            {"primary", "on-primary"},
        ),
        ({"ic-brand-button--primary-text": None}, {"primary", "on-primary"}),
    ],
)
def test_colour_that_is_hard_to_read_or_none_is_left(change, left):
    assert theme.read(GOOD | change) == {name: value for name, value in READ.items() if name not in left}


@pytest.mark.parametrize(
    "brand", ["$com.instructure.brandConfigJSON", "", None, 7, "[]", "null", "{", "[" * 20_000, json.dumps(GOOD) + " " * 20_000]
)  # fmt: skip
def test_what_is_no_brand_says_nothing(brand):
    assert theme.read(brand) == {}


@pytest.mark.profile("canvas")
def test_launch_keeps_the_colours_and_the_link_nothing_of_whoever_launched(client, school):
    school.change("school", {"brand": GOOD})
    asked = {
        "brand": "$com.instructure.brandConfigJSON",
        "high_contrast": "$Canvas.user.prefersHighContrast",
        "section_names": "$com.instructure.User.sectionNames",
        "group_ids": "$Canvas.group.contextIds",
        "context_history": "$Context.id.history",
    }
    school.change("tool", {"custom": asked})

    page = launch(client, school, "student")

    assert LaunchToken.objects.get().theme == page.context["launch"].theme == READ
    assert 'data-brand-link="#0b5345"' in page.text
    kept = set(ResourceLink.objects.get().custom)
    assert "context_history" in kept
    assert not kept & {"brand", "high_contrast", "section_names", "group_ids"}


def test_brand_of_the_wrong_type_opens_the_page_all_the_same(client, school):
    page = launch(client, school, "student", set={claims.CUSTOM: {"brand": {"ic-link-color": 7}}})

    assert (page.status_code, page.context["launch"].theme) == (200, {})

"""The button that computes published tables again."""

from dataclasses import replace

import pytest
from django.urls import reverse

from assessments.measurement import verification

pytestmark = pytest.mark.django_db


def test_prints_published_computed_and_difference(administration):
    address = reverse("admin:verify_statistics")
    assert address in administration.get(reverse("admin:index")).text
    assert "As published" not in administration.get(address).text

    page = administration.post(address)

    assert f"All {len(verification.checks())} numbers are as published." in page.text
    assert "Shrout &amp; Fleiss 1979" in page.text
    assert "NO</strong>" not in page.text


def test_says_so_when_a_number_is_off(administration, monkeypatch):
    first, *others = verification.checks()
    broken = [replace(first, computed=first.published + 1), *others]
    monkeypatch.setattr("config.administration.checks", lambda: broken)

    page = administration.post(reverse("admin:verify_statistics"))

    assert "1 number is not what was published. Do not decide with this installation" in page.text
    assert "<strong>NO</strong>" in page.text


def test_only_for_administrators(client):
    assert client.post(reverse("admin:verify_statistics")).status_code == 302

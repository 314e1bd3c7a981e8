"""Two windows, or two invitations, in the same moment: one registration comes of it."""

import threading

import pytest
from django.db import connection
from django.test import Client

from lti_tool import invites
from lti_tool.errors import Obstacle, RegistrationRefused
from lti_tool.models import Invite, Registration

pytestmark = pytest.mark.django_db(transaction=True)


def press_together(*presses):
    """The answers to the buttons, pressed in windows of their own at the same time."""
    barrier, answers = threading.Barrier(len(presses)), [None] * len(presses)

    def press(place, path, form):
        client = Client()
        barrier.wait()
        try:
            answers[place] = client.post(path, form)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(n, *each)) for n, each in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_two_windows_with_one_invitation_register_once(lms, invited):
    school = lms("moodle")
    row, path = invited()
    school.school.fault("registration", hang=1, times=None)

    answers = press_together((path, school.opened_with), (path, school.opened_with))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.context["refusal"].obstacle == Obstacle.INVITE_IN_USE
    assert school.school.requests("registration") == 1
    row.refresh_from_db()
    assert (row.registration, Registration.objects.count()) == (Registration.objects.get(), 1)


def test_two_invitations_that_end_in_the_same_client_id_keep_one(lms, invited):
    """A platform that gives the same client id twice: the second is refused, whoever was first."""
    school = lms()
    school.lies({"client_id": "the-same"}, endpoint="registration", status=201)
    paths = [invited(label=f"Window {n}")[1] for n in range(2)]

    answers = press_together(*((path, school.opened_with) for path in paths))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert Registration.objects.get().client_id == "the-same"
    assert Invite.objects.exclude(registration=None).count() == 1


def test_an_invitation_taken_by_another_window_cannot_be_taken(invited):
    row, _ = invited()
    invites.take(row)

    with pytest.raises(RegistrationRefused) as refusal:
        invites.take(row)

    assert refusal.value.obstacle == Obstacle.INVITE_IN_USE

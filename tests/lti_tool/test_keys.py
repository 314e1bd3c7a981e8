from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.fernet import InvalidToken
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from lti_tool import keys
from lti_tool.models import ToolKey

pytestmark = pytest.mark.django_db


def test_first_use_makes_a_key_that_the_published_set_verifies(client):
    signing = keys.signing_key()

    published = client.get("/lti/jwks.json")

    entry = published.json()["keys"][0]
    token = jwt.encode({"sub": "x"}, signing.private, algorithm="RS256", headers={"kid": signing.kid})
    assert jwt.decode(token, jwt.PyJWK(entry).key, algorithms=["RS256"]) == {"sub": "x"}
    assert (entry["kid"], entry["alg"], entry["use"]) == (signing.kid, "RS256", "sig")
    assert "max-age=3600" in published["Cache-Control"]
    assert not {"d", "p", "q"} & set(entry)


def test_private_key_is_not_readable_in_the_database(tool_key):
    with connection.cursor() as cursor:
        cursor.execute("select private_pem from lti_tool_toolkey")
        (stored,) = cursor.fetchone()

    assert "PRIVATE KEY" not in stored
    assert "PRIVATE KEY" in ToolKey.objects.get().private_pem


def test_key_is_read_with_an_older_encryption_key_and_not_with_a_foreign_one(tool_key, settings):
    old = settings.LTI_KEY_ENCRYPTION_KEYS
    settings.LTI_KEY_ENCRYPTION_KEYS = ["new", *old]
    assert "PRIVATE KEY" in ToolKey.objects.get().private_pem

    settings.LTI_KEY_ENCRYPTION_KEYS = ["foreign"]
    with pytest.raises(InvalidToken):
        ToolKey.objects.get()


def test_two_keys_cannot_both_be_current(tool_key):
    with pytest.raises(IntegrityError), transaction.atomic():
        ToolKey.objects.create(kid="another", private_pem="x")


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def states():
    return {row.kid: row.state for row in ToolKey.objects.all()}


@pytest.fixture
def first(db, time_machine):
    """The first keys, made now; the clock stands still."""
    time_machine.move_to(NOW, tick=False)
    return keys.signing_key()


@pytest.mark.row("S19")
def test_first_use_also_publishes_the_next_key(first):
    published = [entry["kid"] for entry in keys.key_set()["keys"]]

    assert published[0] == first.kid
    assert sorted(states().values()) == ["current", "next"]
    assert set(published) == set(states())


@pytest.mark.row("S19")
def test_next_key_signs_only_after_a_day(first, time_machine):
    (following,) = (kid for kid, state in states().items() if state == "next")

    time_machine.move_to(NOW + timedelta(hours=23, minutes=59), tick=False)
    with pytest.raises(keys.TooEarly) as too_early:
        keys.rotate()
    assert too_early.value.ready_at == NOW + timedelta(hours=24)
    assert keys.signing_key().kid == first.kid

    time_machine.move_to(NOW + timedelta(hours=24), tick=False)
    keys.rotate()

    assert keys.signing_key().kid == following
    assert states()[first.kid] == "retiring"
    assert sorted(states().values()) == ["current", "next", "retiring"]


@pytest.mark.row("S19")
def test_retired_key_stays_published_for_a_week(first, time_machine):
    time_machine.move_to(NOW + timedelta(days=2), tick=False)
    keys.rotate()

    time_machine.move_to(NOW + timedelta(days=2 + 7), tick=False)
    keys.tidy()
    assert first.kid in states()
    time_machine.move_to(NOW + timedelta(days=2 + 7, seconds=1), tick=False)
    keys.tidy()

    assert first.kid not in states()
    assert first.kid not in [entry["kid"] for entry in keys.key_set()["keys"]]


def test_the_worker_rotates_by_itself(first, time_machine, settings):
    settings.LTI_KEY_DAYS = 90
    time_machine.move_to(NOW + timedelta(days=89), tick=False)
    keys.tidy()
    assert keys.signing_key().kid == first.kid

    time_machine.move_to(NOW + timedelta(days=90), tick=False)
    keys.tidy()
    keys.tidy()

    assert keys.signing_key().kid != first.kid
    assert sorted(states().values()) == ["current", "next", "retiring"]


def test_a_tool_from_before_rotation_gets_its_next_key(tool_key):
    keys.tidy()

    assert states()[tool_key.kid] == "current"
    assert sorted(states().values()) == ["current", "next"]
    with pytest.raises(keys.TooEarly):
        keys.rotate()


def test_nothing_is_made_before_somebody_needs_a_key():
    keys.tidy()

    assert not ToolKey.objects.exists()


def test_a_leaked_key_is_gone_at_once(first):
    before = set(states())

    keys.replace_leaked()

    assert not before & set(states())
    assert not before & {entry["kid"] for entry in keys.key_set()["keys"]}
    assert sorted(states().values()) == ["current", "next"]


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_rotate_once():
    first = keys.signing_key()
    ToolKey.objects.update(created_at=timezone.now() - timedelta(days=2))

    def rotate(_):
        try:
            return keys.rotate().kid
        except keys.TooEarly:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        rotated = [kid for kid in pool.map(rotate, range(2)) if kid]

    assert rotated == [keys.signing_key().kid]
    assert states()[first.kid] == "retiring"
    assert sorted(states().values()) == ["current", "next", "retiring"]


def test_keys_are_encrypted_anew_with_the_first_secret(tool_key, settings):
    old = settings.LTI_KEY_ENCRYPTION_KEYS
    settings.LTI_KEY_ENCRYPTION_KEYS = ["new", *old]

    assert keys.encrypt_anew() == 1

    settings.LTI_KEY_ENCRYPTION_KEYS = ["new"]
    assert "PRIVATE KEY" in ToolKey.objects.get().private_pem


def test_the_key_set_is_not_sent_again_to_whoever_has_it(client, first):
    answer = client.get("/lti/jwks.json")

    again = client.get("/lti/jwks.json", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    keys.replace_leaked()
    changed = client.get("/lti/jwks.json", headers={"If-None-Match": answer["ETag"]})
    assert changed.status_code == 200


def test_the_command_says_when_it_may(first, capsys):
    with pytest.raises(CommandError, match="2026-11-24 09:00 UTC"):
        call_command("rotate_keys")

    call_command("rotate_keys", leaked=True)
    call_command("rotate_keys", encrypt_anew=True)

    out = capsys.readouterr().out
    assert keys.signing_key().kid in out
    assert "2 keys are encrypted" in out


def test_the_command_rotates(first, time_machine, capsys):
    time_machine.move_to(NOW + timedelta(days=2), tick=False)

    call_command("rotate_keys")

    assert keys.signing_key().kid != first.kid
    assert f"Signing with {keys.signing_key().kid} now." in capsys.readouterr().out

import jwt
import pytest
from cryptography.fernet import InvalidToken
from django.db import IntegrityError, connection, transaction

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

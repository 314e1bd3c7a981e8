import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


def _fernet() -> MultiFernet:
    keys = (
        base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
        for key in settings.LTI_KEY_ENCRYPTION_KEYS
    )
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database with the first of LTI_KEY_ENCRYPTION_KEYS and read with any of them."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else _fernet().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else _fernet().decrypt(value.encode()).decode()

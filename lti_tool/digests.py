import hashlib
import secrets


def new_secret() -> str:
    """32 random bytes, URL-safe. States stay within [A-Za-z0-9_-]: Moodle strips tags out of anything else."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()

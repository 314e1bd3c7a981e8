"""Word lists, one file for each purpose, as a person can read and correct them. English, in both spellings."""


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def lines(text: str) -> tuple[str, ...]:
    """Phrases, one a line."""
    return tuple(line.strip() for line in text.strip().splitlines())

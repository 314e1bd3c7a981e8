class Conflict(Exception):
    """Somebody else was faster. Its text says who, when, and what became of the reader's own work. HTTP: 409."""

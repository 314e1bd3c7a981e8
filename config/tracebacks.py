"""Errors in the log: where they happened, never what they say.

The message of a database error holds the row: a name, a mark, a comment.
"""

import sys
import traceback
from typing import Any


def where_it_happened(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: the types of the error and of its causes, each with file, line and function."""
    found = event.pop("exc_info", None)
    if found:
        error = (
            found
            if isinstance(found, BaseException)
            else (found if isinstance(found, tuple) else sys.exc_info())[1]
        )
        event["error"] = [_frames(cause) for cause in _causes(error)]
    event.pop("stack_info", None)
    return event


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes and len(causes) < 5:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes


def _frames(error: BaseException) -> str:
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    return " < ".join([type(error).__name__, *reversed(places[-15:])])

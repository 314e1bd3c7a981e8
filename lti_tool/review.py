"""The address of one person's sheet, as a gradebook keeps it: which activity and whose work, never who may see it.

Canvas stores it with a grade and opens it from SpeedGrader, in a launch that names the course only. It says what to
show; whoever opens it may see what their own role in that course allows, and nothing else.
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, resolve, reverse

from lti_tool.models import Person, ResourceLink

URL_NAME = "lti_tool:review"


@dataclass(frozen=True)
class Marker:
    """What the address names: a resource link of ours by its number, and a person by their key."""

    link: int
    person: UUID


def address(link: ResourceLink, person: Person) -> str:
    """Letters, digits and dashes only: Canvas encodes anything else twice."""
    return settings.TOOL_URL + reverse(URL_NAME, args=[link.pk, person.key])


@lru_cache(maxsize=512)  # most launches name the same address, and looking it up goes through all of ours
def read(target_link_uri: str) -> Marker | None:
    """What a launch was asked to show; None where its target is no such address."""
    try:
        match = resolve(urlsplit(target_link_uri).path)
    except (Resolver404, ValueError):
        return None
    if match.view_name != URL_NAME:
        return None
    return Marker(match.kwargs["link"], match.kwargs["person"])

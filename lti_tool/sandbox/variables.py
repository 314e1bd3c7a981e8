"""Substitution variables that differ from person to person, as each platform names and writes them.

Canvas source (lib/lti/variable_expander.rb): section names are a JSON text, group ids have commas between. Moodle live:
group ids with commas between. What a platform does not know stays as it was asked for.
"""

import json
from collections.abc import Mapping
from typing import Any

from lti_tool.sandbox.models import Enrolment

# Canvas expands only some variables for each member of a roster (names_and_roles_controller.rb).
ON_CANVAS_ROSTERS = frozenset(
    {"$com.instructure.User.sectionNames", "$Canvas.group.contextIds", "$User.id", "$Person.name.full"}
)


def of_person(profile: str, enrolment: Enrolment | None) -> dict[str, str]:
    sections = enrolment.sections if enrolment else []
    groups = enrolment.groups if enrolment else []
    if profile == "canvas":
        high_contrast = bool(enrolment and enrolment.person.high_contrast)
        return {
            "$com.instructure.User.sectionNames": json.dumps(sections),
            "$Canvas.group.contextIds": ",".join(groups),
            "$Canvas.user.prefersHighContrast": str(high_contrast).lower(),
        }
    return {"$Moodle.Person.userGroupIds": ",".join(groups)} if profile == "moodle" else {}


def expanded(asked: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: values.get(value, value) if isinstance(value, str) else value for name, value in asked.items()
    }

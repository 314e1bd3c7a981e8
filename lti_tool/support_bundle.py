"""What helps somebody far away to find the fault: everything about a deployment but secrets, names and marks."""

import platform as machine
from dataclasses import asdict
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

from lti_tool import doctor
from lti_tool.models import Context, Deployment, LineItem, Registration, ToolKey


def of(deployment: Deployment) -> dict[str, Any]:
    """Everything that helps somebody far away to find the fault; no secret, no name, no mark, nothing of a course's."""
    registration = deployment.registration
    return {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "tool": {
            "url": settings.TOOL_URL,
            "python": machine.python_version(),
            "django": django.get_version(),
            "database": connection.vendor,
            "keys": list(ToolKey.objects.order_by("created_at").values("kid", "state", "created_at")),
        },
        "registration": {
            name: getattr(registration, name)
            for name in (
                "issuer",
                "client_id",
                "auth_url",
                "token_url",
                "token_audience",
                "jwks_url",
                "allowed_origins",
                "platform_family",
                "platform_guid",
                "status",
            )
        },
        "deployment": {
            name: getattr(deployment, name)
            for name in (
                "deployment_id",
                "status",
                "origins",
                "first_seen_at",
                "paused_until",
                "pause_reason",
            )
        },
        "counts": {
            "courses": Context.objects.filter(deployment=deployment).count(),
            "links": deployment.resource_links.count(),
            "columns": LineItem.objects.filter(resource_link__deployment=deployment).count(),
            "other_registrations": Registration.objects.exclude(pk=registration.pk).count(),
        },
        "findings": [asdict(finding) for finding in doctor.examine(deployment)],
        "problems": [
            {
                "area": row.area,
                "code": row.code,
                "said": doctor.words(row),
                "times": row.times,
                "last_at": row.last_at,
            }
            for row in doctor.problems_of(deployment)[:100]
        ],
    }

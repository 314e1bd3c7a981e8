"""What a course or a link was copied from, as far as we know it.

The platform says so in custom parameters of a signed launch and in its notices (lti_tool.notices). We believe it about
itself only: nothing of another registration is ever found, whatever a parameter names.
"""

from lti_tool import claims
from lti_tool.models import Context, ResourceLink, in_service


def contexts(context: Context) -> list[Context]:
    """Known courses of this one's history, nearest first. One seen through several deployments: through ours first."""
    registration = context.deployment.registration_id
    found = Context.objects.filter(
        in_service("deployment"),
        deployment__registration=registration,
        context_id__in=context.history,
        is_implied=False,
    ).exclude(pk=context.pk)
    nearness = {context_id: place for place, context_id in enumerate(context.history)}
    return sorted(
        found,
        key=lambda row: (nearness[row.context_id], row.deployment_id != context.deployment_id, row.pk),
    )


def links(link: ResourceLink) -> list[ResourceLink]:
    """Known links of this one's history, nearest first, in this course or in one it was copied from."""
    named = claims.history(link.custom, claims.LINK_HISTORY)
    if not named:
        return []
    courses = [link.context, *contexts(link.context)]
    found = ResourceLink.objects.filter(link_id__in=named, context__in=courses).exclude(pk=link.pk)
    nearness = {link_id: place for place, link_id in enumerate(named)}
    return sorted(found.select_related("context"), key=lambda row: (nearness[row.link_id], row.pk))

from django import template

from assessments.rubrics.wording import Kind

register = template.Library()


@register.filter
def kind_label(kind: str) -> str:
    """A kind of criterion in the reader's language."""
    return str(Kind(kind).label)

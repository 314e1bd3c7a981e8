from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script

from config import bundles

register = template.Library()


@register.simple_tag
def page_files() -> SafeString:
    """The styles and scripts of a page: one file each where they were collected for production, else as they are written."""
    if settings.STATIC_BUNDLED:
        return format_html(
            '<link rel="stylesheet" href="{}">\n  <script defer src="{}"></script>',
            static(bundles.BUNDLED_STYLES),
            static(bundles.BUNDLED_SCRIPT),
        )
    return format_html(
        '<link rel="stylesheet" href="{}">\n  {}\n  <script type="module" src="{}"></script>',
        static(bundles.STYLES),
        htmx_script(),
        static(bundles.SCRIPT),
    )

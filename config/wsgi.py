import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded now stays as long as the process. Python's garbage collector need not look through it again and again:
# that took 80 ms each time, of whoever was just being answered. The pages are part of it, so they are loaded first.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()

"""Loaded by pytest before the settings are: tests run with the development keys."""

import os

os.environ.setdefault("BELLRINGER_DEVELOPMENT", "1")

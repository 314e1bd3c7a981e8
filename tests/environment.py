"""Loaded by pytest before the settings are: tests run with the development keys, on a database in .cache/."""

import os
from pathlib import Path

os.environ.setdefault("BELLRINGER_DEVELOPMENT", "1")
(Path(__file__).parent.parent / ".cache").mkdir(exist_ok=True)

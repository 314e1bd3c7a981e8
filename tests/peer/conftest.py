import pytest


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    """What is handed in is kept where the test's own things are."""
    settings.MEDIA_ROOT = str(tmp_path / "files")

"""What a production server would send: every import and address hashed, nothing missing."""

import re

import pytest
from django.contrib.staticfiles.finders import get_finders

from config.static_storage import ModuleManifestStorage


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    storage = ModuleManifestStorage(location=tmp_path_factory.mktemp("static"), base_url="/static/")
    paths = {}
    for finder in get_finders():
        for path, source in finder.list([]):
            with source.open(path) as file:
                storage.save(path, file)
            paths[path] = (storage, path)
    for _, _, outcome in storage.post_process(paths):
        if isinstance(outcome, Exception):
            raise outcome
    return storage


def sent(storage, path):
    with storage.open(storage.stored_name(path)) as file:
        return file.read().decode()


def test_modules_import_each_other_by_hashed_names(collected):
    imports = re.findall(r'(?:from|import) "(.+?)"', sent(collected, "bellringer/app.js"))

    assert imports
    assert all(re.fullmatch(r"\./[\w-]+\.[0-9a-f]{12}\.js", path) for path in imports)


def test_styles_import_each_other_by_hashed_names(collected):
    imports = re.findall(r'url\("(.+?)"\)', sent(collected, "bellringer/app.css"))

    assert imports
    assert all(re.search(r"\.[0-9a-f]{12}\.css$", path) for path in imports)

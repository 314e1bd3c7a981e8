"""What a production server would send: every import and address hashed, nothing missing."""

import re

import pytest
from django.contrib.staticfiles.finders import get_finders

from config import bundles
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


def test_bundles_need_no_other_file(collected):
    script, styles = sent(collected, bundles.BUNDLED_SCRIPT), sent(collected, bundles.BUNDLED_STYLES)

    assert not re.search(r"^(import|export) ", script, re.M)
    assert not re.search(r"@import|url\((?!.?data:)", styles)
    for module in ("launch", "tap-log", "mark-sheet", "clock"):
        assert sent(collected, f"bellringer/{module}.js").splitlines()[0] in script
    assert ".sheet-head {" in styles


def bundled(**files):
    """As text, from modules in place of ours."""
    return bundles.bundle_script(lambda path: files.get(path.split("/")[-1].split(".")[0], ""))


def test_modules_are_bundled_once_and_in_the_order_of_need():
    both = 'import { x as y } from "./two.js";\nimport * as three from "./three.js";\n'
    script = bundled(
        app=both, two='import "./three.js";\nexport const x = 1;\n', three="export function f() {}\n"
    )

    assert [line for line in script.splitlines() if "$" in line] == [
        "const $three = (() => {",
        "const $two = (() => {",
        "const $app = (() => {",
        "const { x: y } = $two;",
        "const three = $three;",
    ]
    assert "return { x };" in script


@pytest.mark.parametrize(
    "source",
    [
        'import x from "./two.js";',
        "export default 1;",
        "export let x = 1;",
        'const x = await import("./two.js");',
        "await x();",
        'import "./app.js";',
        'import { x } from "https://elsewhere.example/x.js";',
    ],
)
def test_what_is_not_bundled_is_refused(source):
    with pytest.raises(ValueError):
        bundled(app=source)

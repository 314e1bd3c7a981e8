"""One script and one style sheet out of the many that we write: so that a page is three requests (docs/decisions/0024).

Not a general bundler: it takes what our own files say, and refuses what they do not say today. Nothing is rewritten but
imports and exports, so what runs is what was written.
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

Read = Callable[[str], str]

# htmx first: it is a plain script, and ours expect it to be there.
HTMX = "django_htmx/htmx-2.min.js"
SCRIPT, STYLES = "bellringer/app.js", "bellringer/app.css"
BUNDLED_SCRIPT, BUNDLED_STYLES = "bellringer/all.js", "bellringer/all.css"

_IMPORT = re.compile(
    r'^import (?:(?:\{(?P<names>[^}]*)\}|\* as (?P<whole>\w+)) from )?"\./(?P<file>[\w-]+\.js)";$', re.M
)
_EXPORT = re.compile(r"^export (?P<what>(?:async function|function|class|const) (?P<name>\w+))", re.M)
_LEFT_OVER = re.compile(r"^\s*(?:import|export)\b|\bimport(?:\(|\.meta)|^await\b", re.M)
_STYLE_IMPORT = re.compile(r'^@import url\("(?P<file>[\w/-]+\.css)"\) layer\((?P<layer>\w+)\);$', re.M)


def bundle_script(read: Read) -> str:
    """htmx and all modules that SCRIPT needs, as one plain script for `defer`. Raises ValueError for what it cannot take."""
    modules: dict[str, str] = {}
    _add_module(SCRIPT, read, modules, [])
    return "\n".join([read(HTMX), "(() => {", '"use strict";', *modules.values(), "})();", ""])


def _add_module(path: str, read: Read, modules: dict[str, str], importing: list[str]) -> None:
    if path in modules:
        return
    if path in importing:
        raise ValueError(f"{path} imports itself by {importing[-1]}.")
    source = read(path)
    for found in _IMPORT.finditer(source):
        _add_module(_beside(path, found["file"]), read, modules, [*importing, path])
    names = [found["name"] for found in _EXPORT.finditer(source)]
    body = _EXPORT.sub(r"\g<what>", _IMPORT.sub(lambda found: _taken_from(path, found), source))
    if left := _LEFT_OVER.search(body):
        raise ValueError(f"{path}: {left[0].strip()!r} is in a form that is not bundled.")
    # A module sees nothing of another but what it imports.
    given = f"return {{ {', '.join(names)} }};\n" if names else ""
    modules[path] = f"const {_called(path)} = (() => {{\n{body}{given}}})();"


def _taken_from(path: str, found: re.Match[str]) -> str:
    module = _called(_beside(path, found["file"]))
    if found["whole"]:
        return f"const {found['whole']} = {module};"
    if found["names"]:
        return f"const {{{found['names'].replace(' as ', ': ')}}} = {module};"
    return ""


def _beside(path: str, file: str) -> str:
    return str(PurePosixPath(path).parent / file)


def _called(path: str) -> str:
    return "$" + re.sub(r"\W", "_", PurePosixPath(path).stem)


def bundle_styles(read: Read) -> str:
    """STYLES with the files it imports, each in its layer."""
    source = read(STYLES)

    def written_out(found: re.Match[str]) -> str:
        text = read(_beside(STYLES, found["file"]))
        if "@import" in text or "url(" in text.replace("url(data:", "").replace('url("data:', ""):
            raise ValueError(f"{found['file']} names another file, which is not bundled.")
        return f"@layer {found['layer']} {{\n{text}}}"

    whole = _STYLE_IMPORT.sub(written_out, source)
    if "@import" in whole:
        raise ValueError(f"{STYLES} has an import in a form that is not bundled.")
    return whole

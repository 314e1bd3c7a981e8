"""What a PDF would do by itself or when somebody clicks (ISO 32000-1 §12.6): only leading to a page or to the web is left."""

from pikepdf import Dictionary, Name, Object

from assessments.peer.files.outcomes import Removed
from assessments.peer.files.relationships import is_public

_HARMLESS = {"/GoTo", "/Named"}
_ALWAYS_GONE = ("/AA", "/OpenAction", "/JS", "/JavaScript", "/PA")


def clean(thing: Object) -> set[Removed]:
    removed = set()
    for key in [it for it in _ALWAYS_GONE if it in thing]:
        del thing[key]
        removed.add(Removed.SCRIPTS)
    if isinstance(action := thing.get("/A"), Dictionary) and "/S" in action and (why := _why_not(action)):
        del thing["/A"]
        removed.add(why)
    if _is_action(thing) and "/Next" in thing:
        del thing["/Next"]
        removed.add(Removed.SCRIPTS)
    return removed


def _is_action(thing: Object) -> bool:
    return isinstance(thing.get("/S"), Name) and ("/D" in thing or "/URI" in thing or "/N" in thing)


def _why_not(action: Dictionary) -> Removed | None:
    kind = str(action.get("/S"))
    if kind in _HARMLESS:
        return None
    if kind == "/URI":
        return None if is_public(str(action.get("/URI", ""))) else Removed.PATHS
    return Removed.PATHS if kind in ("/GoToR", "/GoToE") else Removed.SCRIPTS

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import bundles


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Also bundles our scripts and styles, and rewrites the imports between ES modules to hashed names, so that a deploy
    never mixes two versions.

    Only ours: the extensions that come with django-htmx speak of imports in comments, which cannot be resolved.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "bellringer/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            self._bundle(paths)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _bundle(self, paths: dict[str, Any]) -> None:
        def read(path: str) -> str:
            storage, name = paths[path]
            with storage.open(name) as file:
                return file.read().decode()

        for name, bundle in (
            (bundles.BUNDLED_SCRIPT, bundles.bundle_script),
            (bundles.BUNDLED_STYLES, bundles.bundle_styles),
        ):
            self.delete(name)
            self.save(name, ContentFile(bundle(read).encode()))
            paths[name] = (self, name)

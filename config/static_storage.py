from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between our ES modules to hashed names, so that a deploy never mixes two versions."""

    support_js_module_import_aggregation = True

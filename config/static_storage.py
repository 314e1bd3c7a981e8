from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between our ES modules to hashed names, so that a deploy never mixes two versions.

    Only ours: the extensions that come with django-htmx speak of imports in comments, which cannot be resolved.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "bellringer/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

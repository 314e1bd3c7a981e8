"""One file that comes with a form, kept on disk while it is looked at, and cut off when it is larger than may be."""

import tempfile
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class CappedOnDisk(FileUploadHandler):
    """Keeps at most one byte more than `most` of the first file; what comes behind is read off and forgotten."""

    def __init__(self, request: HttpRequest, *, most: int) -> None:
        super().__init__(request)
        self.left = most + 1
        self.has_one = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.has_one:
            raise SkipFile
        self.has_one = True
        self.kept = tempfile.TemporaryFile()  # noqa: SIM115  closed by whoever reads it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept.write(raw_data[: self.left])
        self.left -= min(self.left, len(raw_data))

    def file_complete(self, file_size: int) -> UploadedFile:
        self.kept.seek(0)
        return UploadedFile(self.kept, self.file_name, self.content_type, file_size)


def file_of(
    http: HttpRequest, *, field: str = "file", most: int | None = None
) -> tuple[BinaryIO, str] | None:
    """The file of this field, at its start, and what it was called. Called before anything else of the form is read."""
    http.upload_handlers = [CappedOnDisk(http, most=most or settings.WORK_FILE_MAX)]
    found = http.FILES.get(field)
    if not isinstance(found, UploadedFile) or found.file is None:
        return None
    return cast(BinaryIO, found.file), found.name or ""

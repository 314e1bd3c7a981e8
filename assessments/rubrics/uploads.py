"""Files that come with a form. The settings take none; a view that does says how much of one it wants to see."""

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest


class Capped(FileUploadHandler):
    """Keeps at most one byte more than `most`, in memory; the rest of a larger file is read off and forgotten."""

    def __init__(self, request: HttpRequest, *, most: int) -> None:
        super().__init__(request)
        self.most, self.kept = most, bytearray()

    def new_file(self, *args: object, **kwargs: object) -> None:
        self.kept = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept += raw_data[: max(0, self.most + 1 - len(self.kept))]

    def file_complete(self, file_size: int) -> UploadedFile:
        return SimpleUploadedFile("chosen", bytes(self.kept))

"""Looks for a string in every byte of a file, and in whatever can be unpacked from it."""

import io
import zipfile
import zlib

import pikepdf


def forms(secret):
    """As the string may stand in a file; compared without case."""
    plain = secret.encode()
    wide = secret.encode("utf-16-be")
    octal = "".join(f"\\{byte:03o}" for byte in plain).encode()
    return [
        it.lower()
        for it in (plain, secret.encode("utf-16-le"), wide, plain.hex().encode(), wide.hex().encode(), octal)
    ]


def holds(content, secret):
    """Whether any byte of the file, unpacked as far as it goes, holds it."""
    wanted = forms(secret)
    return any(form in piece for piece in map(bytes.lower, _pieces(content)) for form in wanted)


def _pieces(content):
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            yield packed.comment
            for member in packed.infolist():
                yield member.filename.encode() + member.comment + member.extra
                yield from _pieces(packed.read(member))
    elif b"%PDF-" in content[:1024]:
        yield from _pieces_of_a_pdf(content)
    elif content.startswith(b"\x89PNG"):
        yield from _unpacked_chunks(content)


def _pieces_of_a_pdf(content):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for thing in [pdf.trailer, *(it for it in pdf.objects if isinstance(it, pikepdf.Object))]:
            yield thing.unparse()
            yield b" ".join(_strings(thing, 0))
            if isinstance(thing, pikepdf.Stream):
                yield from _pieces(thing.read_raw_bytes())
                if not any(it in repr(thing.get("/Filter")) for it in ("DCTDecode", "JPXDecode")):
                    yield thing.read_bytes()


def _strings(thing, depth):
    if depth > 20 or (depth and thing.is_indirect if isinstance(thing, pikepdf.Object) else False):
        return
    if isinstance(thing, pikepdf.String):
        yield bytes(thing)
    elif isinstance(thing, pikepdf.Array):
        for it in thing:
            yield from _strings(it, depth + 1)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in thing.items():
            yield key.encode(errors="surrogateescape")
            yield from _strings(value, depth + 1)


def _unpacked_chunks(png):
    at = 8
    while at + 8 <= len(png):
        size = int.from_bytes(png[at : at + 4])
        body = png[at + 8 : at + 8 + size]
        for start in range(min(len(body), 100)):
            try:
                yield zlib.decompress(body[start:])
            except zlib.error:
                continue
        at += size + 12

"""Pictures with a name in each place where one can hide."""

import io

from PIL import Image, ImageCms, PngImagePlugin

RED, BLUE = (200, 30, 30), (30, 30, 200)


def two_halves(width=64, height=32, left=RED, right=BLUE):
    picture = Image.new("RGB", (width, height), left)
    picture.paste(right, (width // 2, 0, width, height))
    return picture


def exif(secret, orientation=None):
    notes = Image.Exif()
    notes[0x010E], notes[0x013B], notes[0x8298] = (
        f"{secret}-described",
        f"{secret}-artist",
        f"{secret}-rights",
    )
    notes[0x9C9D] = f"{secret}-windows-author".encode("utf-16-le")
    notes.get_ifd(0x8825).update({1: "N", 2: (52.0, 12.0, 1.0), 29: f"{secret}-gps"})
    notes.get_ifd(0x8769)[0xA430] = f"{secret}-owner"
    if orientation:
        notes[0x0112] = orientation
    return notes


def xmp(secret):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
        f"<photoshop:Credit>{secret}-xmp</photoshop:Credit></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def profile(secret):
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = made.find("sRGB built-in".encode("utf-16-be"))
    hidden = f"{secret[:12]}".encode("utf-16-be")
    made[at : at + len(hidden)] = hidden
    return bytes(made)


def jpeg(secret, picture=None, **more):
    file = io.BytesIO()
    (picture or two_halves()).save(
        file,
        "JPEG",
        quality=95,
        exif=exif(secret, more.pop("orientation", None)),
        comment=f"{secret}-comment",
        xmp=xmp(secret),
        icc_profile=profile(secret),
        **more,
    )
    iptc = f"Photoshop 3.0\x008BIM\x04\x04\x00\x00{secret}-iptc".encode()
    content = file.getvalue()
    segment = b"\xff\xed" + (len(iptc) + 2).to_bytes(2) + iptc
    return content[:2] + segment + content[2:] + f"{secret}-behind-the-end".encode()


def png(secret, picture=None):
    file, notes = io.BytesIO(), PngImagePlugin.PngInfo()
    notes.add_text("Author", f"{secret}-text")
    notes.add_text("Comment", f"{secret}-packed-text" * 20, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", xmp(secret).decode())
    notes.add(b"prVt", f"{secret}-private-chunk".encode(), after_idat=True)
    (picture or two_halves()).save(file, "PNG", pnginfo=notes, exif=exif(secret))
    return file.getvalue() + f"{secret}-behind-the-end".encode()


def webp(secret):
    file = io.BytesIO()
    two_halves().save(file, "WEBP", lossless=True, exif=exif(secret), xmp=xmp(secret))
    return file.getvalue()


def gif(secret):
    file = io.BytesIO()
    frames = [two_halves(), two_halves(left=BLUE, right=RED)]
    frames[0].save(
        file, "GIF", save_all=True, append_images=frames[1:], duration=[120, 350], comment=f"{secret}-comment"
    )
    return file.getvalue() + f"{secret}-behind-the-end".encode()

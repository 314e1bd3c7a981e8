"""PDFs with a name in each place where one can hide."""

import io
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from tests.peer_files import pictures

PAGE = "History of chest pain"


def pdf(secret, **saving):
    """Saved, then changed and saved behind itself, as word processors and readers do."""
    with pikepdf.new() as made:
        _page(made, secret)
        _notes(made, secret)
        _form(made, secret)
        _catalog(made, secret)
        file = io.BytesIO()
        made.save(file, **saving)
    return file.getvalue()


def with_history(content, secret):
    """An increment that takes a note back: its old state stays in the file (§7.5.6)."""
    start = content.rindex(b"startxref") + 9
    old = int(content[start:].split()[0])
    with pikepdf.open(io.BytesIO(content)) as read:
        number, page = read.trailer["/Size"], read.Root.objgen
    body = f"{number} 0 obj\n({secret}-history)\nendobj\n".encode()
    at = len(content)
    table = f"xref\n{number} 1\n{at:010d} 00000 n \ntrailer\n<</Size {number + 1} /Root {page[0]} {page[1]} R /Prev {old}>>\n"
    return content + body + table.encode() + f"startxref\n{at + len(body)}\n%%EOF\n".encode()


def of_one_stream(content, **more):
    """A page with one stream of drawing."""
    with pikepdf.new() as made:
        page = made.add_blank_page()
        page.Contents = Stream(made, content, **more)
        file = io.BytesIO()
        made.save(file)
    return file.getvalue()


def of_packed_objects(size):
    """A PDF with catalog and pages in an object stream (§7.5.7) that unpacks to `size` bytes and more."""
    catalog = b"<</Type/Catalog/Pages 2 0 R>>".ljust(40)
    packed = zlib.compress(
        b"1 0 2 40 ".ljust(16) + catalog + b"<</Type/Pages/Kids[4 0 R]/Count 1>>".ljust(size)
    )
    content, at = b"%PDF-1.5\n", {}
    for number, body in {
        3: b"<</Type/ObjStm/N 2/First 16/Filter/FlateDecode/Length %d>>stream\n%b\nendstream"
        % (len(packed), packed),
        4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    }.items():
        at[number] = len(content)
        content += b"%d 0 obj%b\nendobj\n" % (number, body)
    rows = [(0, 0, 0), (2, 3, 0), (2, 3, 1), (1, at[3], 0), (1, at[4], 0), (1, len(content), 0)]
    table = b"".join(bytes([kind]) + where.to_bytes(4) + bytes([index]) for kind, where, index in rows)
    head = b"5 0 obj<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return content + head + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(content)


def _page(made, secret):
    page = made.add_blank_page(page_size=(300, 200))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    photo = Stream(made, pictures.jpeg(secret))
    photo.update(
        Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=64, Height=32, ColorSpace=Name.DeviceRGB, BitsPerComponent=8,
            Filter=Name.DCTDecode, Metadata=Stream(made, f"{secret}-xmp-of-a-picture".encode()),
            OPI=Dictionary({"/1.3": Dictionary(F=String(f"C:\\{secret}-opi.tif"))}),
        )
    )  # fmt: skip
    page.Resources = Dictionary(Font=Dictionary(F1=font), XObject=Dictionary(Im1=photo))
    page.Contents = Stream(
        made, f"BT /F1 18 Tf 20 100 Td ({PAGE}) Tj ET q 64 0 0 32 20 20 cm /Im1 Do Q".encode()
    )
    page.PieceInfo = Dictionary(App=Dictionary(Private=String(f"{secret}-piece-info")))
    page.Metadata = Stream(made, f"{secret}-xmp-of-a-page".encode())
    page.Private = Stream(made, f"{secret}-private-stream".encode())
    photo["/PTEX.FileName"], photo["/PTEX.InfoDict"] = (
        String(f"{secret}-figure"),
        Dictionary(Title=String(f"{secret}-figure-title")),
    )
    page.Resources.XObject.Im1.Odd = String(f"{secret}-odd-text")
    page.Thumb = Stream(made, f"{secret}-thumbnail".encode())
    page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String(f"{secret}-page-script")))


def _notes(made, secret):
    def link(action):
        return made.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action))

    file = Dictionary(
        Type=Name.Filespec, F=String(f"{secret}-attached"), EF=Dictionary(F=Stream(made, secret.encode()))
    )
    made.pages[0].Annots = Array(
        [
            made.make_indirect(
                Dictionary(
                    Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=String("Look at this"),
                    T=String(f"{secret}-wrote-the-note"), NM=String(f"{secret}-note"), M=String("D:20260101"),
                    RC=String(f"{secret}-rich-note"),
                )
            ),
            made.make_indirect(
                Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9], FS=file)
            ),
            link(Dictionary(S=Name.URI, URI=String("https://guideline.example/chest-pain"))),
            link(Dictionary(S=Name.URI, URI=String(f"mailto:{secret}-mail@school.example"))),
            link(Dictionary(S=Name.Launch, F=String(f"{secret}-launch.exe"))),
            link(Dictionary(S=Name.GoToR, F=String(f"C:\\Users\\{secret}-other-file.pdf"), D=Array([0, Name.Fit]))),
            link(
                Dictionary(
                    S=Name.GoTo, D=Array([made.pages[0].obj, Name.Fit]),
                    Next=Dictionary(S=Name.Launch, F=String(f"{secret}-next-script")),
                )
            ),
        ]
    )  # fmt: skip


def _form(made, secret):
    answer = made.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9], FT=Name.Tx, T=String("diagnosis"), V=String("Angina"),
            AA=Dictionary(K=Dictionary(S=Name.JavaScript, JS=String(f"{secret}-key-script"))),
        )
    )  # fmt: skip
    signature = made.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9], FT=Name.Sig, T=String("signature"),
            V=Dictionary(Type=Name.Sig, Name=String(f"{secret}-signed"), Contents=String(f"{secret}-certificate")),
        )
    )  # fmt: skip
    made.pages[0].Annots.extend([answer, signature])
    made.Root.AcroForm = Dictionary(Fields=[answer, signature], SigFlags=3, XFA=String(f"{secret}-xfa"))


def _catalog(made, secret):
    made.docinfo["/Author"] = String(f"{secret}-docinfo")
    made.docinfo["/Odd"] = String(f"{secret}Ж-docinfo-wide")
    made.Root.Metadata = Stream(made, pictures.xmp(secret))
    made.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(f"{secret}-open-script"))
    made.Root.URI = Dictionary(Base=String(f"https://{secret}-base.example"))
    made.Root.PieceInfo = Dictionary(App=Dictionary(Private=String(f"{secret}-piece-info-of-all")))
    made.attachments["notes.txt"] = f"{secret}-embedded".encode()
    made.Root.Names.JavaScript = Dictionary(
        Names=[String(f"{secret}-name"), Dictionary(S=Name.JavaScript, JS=String(f"{secret}-named-script"))]
    )
    made.trailer.ID = Array([String(f"{secret}-id"[:16]), String(f"{secret}-id"[:16])])
    layer = Dictionary(
        Type=Name.OCG,
        Name=String("Layer"),
        Usage=Dictionary(CreatorInfo=Dictionary(Creator=String(f"{secret}-layer"))),
    )
    made.Root.OCProperties = Dictionary(OCGs=[made.make_indirect(layer)], D=Dictionary())

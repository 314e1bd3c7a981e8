# ruff: noqa: E501 - XML is easier to read in long lines
"""Office files with a name in each place where one can hide, as the programs write them."""

import io
import zipfile

import openpyxl
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image

from tests.peer_files import pictures

_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_SPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)


def zipped(parts, *, note=b"", **how):
    """A package of these parts; texts are encoded."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how.get("method", zipfile.ZIP_DEFLATED)) as packed:
        packed.comment = note
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def docx(secret):
    return zipped(docx_parts(secret), note=f"{secret}-zip-note".encode())


def docx_parts(secret):
    return {
        "[Content_Types].xml": _types(
            {
                "word/document.xml": f"{_OFFICE}.wordprocessingml.document.main+xml",
                "word/settings.xml": f"{_OFFICE}.wordprocessingml.settings+xml",
                "word/comments.xml": f"{_OFFICE}.wordprocessingml.comments+xml",
                "word/people.xml": f"{_OFFICE}.wordprocessingml.people+xml",
                f"word/header-{secret}.xml": f"{_OFFICE}.wordprocessingml.header+xml",
                "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
            }
        ),
        "_rels/.rels": _rels(
            [
                ("officeDocument", "word/document.xml"),
                ("extended-properties", "docProps/app.xml"),
                ("custom-properties", "docProps/custom.xml"),
                ("core-properties", "docProps/core.xml"),
                ("thumbnail", "docProps/thumbnail.jpeg"),
            ]
        ),
        "docProps/core.xml": f"<core>{secret}-core</core>",
        "docProps/app.xml": f"<app>{secret}-company</app>",
        "docProps/custom.xml": f"<custom>{secret}-custom-property</custom>",
        "docProps/thumbnail.jpeg": pictures.jpeg(f"{secret}-thumb"),
        "customXml/item1.xml": f"<bibliography>{secret}-custom-xml</bibliography>",
        "word/comments.xml": f'<w:comments {_SPACES}><w:comment w:author="{secret}-commenter">{secret}-comment</w:comment></w:comments>',
        "word/people.xml": f'<w15:people {_SPACES}><w15:person w15:author="{secret}-person"/></w15:people>',
        "word/settings.xml": _settings(secret),
        "word/_rels/settings.xml.rels": _rels(
            [("attachedTemplate", f"file:///C:/Users/{secret}-template.dotx")], outside=True
        ),
        f"word/media/{secret}-photo.jpeg": pictures.jpeg(secret),
        "word/embeddings/oleObject1.bin": f"{secret}-embedded-object",
        f"word/header-{secret}.xml": f"<w:hdr {_SPACES}><w:p><w:r><w:t>Running head</w:t></w:r></w:p></w:hdr>",
        "word/printerSettings1.bin": f"{secret}-printer",
        "word/document.xml": _document(secret),
        "word/_rels/document.xml.rels": _rels(
            [
                ("settings", "settings.xml"),
                ("comments", "comments.xml"),
                ("people", "people.xml"),
                ("image", f"media/{secret}-photo.jpeg"),
                ("oleObject", "embeddings/oleObject1.bin"),
                ("customXml", "../customXml/item1.xml"),
                ("header", f"header-{secret}.xml"),
                ("printerSettings", "printerSettings1.bin"),
            ]
        ).replace(
            "</Relationships>",
            "".join(
                f'<Relationship Id="{key}" Type="{_R}/{kind}" Target="{target}" TargetMode="External"/>'
                for key, kind, target in [
                    ("rWeb", "hyperlink", "https://guideline.example/"),
                    ("rMail", "hyperlink", f"mailto:{secret}-mail@school.example"),
                    ("rLinked", "image", f"file:///C:/Users/{secret}-linked.png"),
                ]
            )
            + "</Relationships>",
        ),
    }


def _settings(secret):
    return f"""<w:settings {_SPACES}>
      <w:attachedTemplate r:id="r1"/><w:rsids><w:rsidRoot w:val="00{secret}-rsid"/></w:rsids>
      <w:docVars><w:docVar w:name="x" w:val="{secret}-variable"/></w:docVars>
      <w:mailMerge><w:connectString w:val="{secret}-letters"/></w:mailMerge>
      <w15:docId w15:val="{secret}-document-id"/><w:compat/></w:settings>"""


def _document(secret):
    return f"""<?xml version="1.0"?><!-- {secret}-xml-comment --><?mso {secret}-instruction?>
<w:document {_SPACES}><w:body>
<w:p w:rsidR="{secret}-rsid-of-a-paragraph"><w:commentRangeStart w:id="0"/><w:r><w:t>Chest pain</w:t></w:r><w:commentRangeEnd w:id="0"/>
  <w:r><w:commentReference w:id="0"/></w:r></w:p>
<w:p><w:ins w:id="1" w:author="{secret}-inserter" w:date="2026-01-01T00:00:00Z"><w:r><w:t>came later</w:t></w:r></w:ins>
  <w:del w:id="2" w:author="{secret}-deleter"><w:r><w:delText>{secret}-deleted-text</w:delText></w:r></w:del></w:p>
<w:p><w:pPr><w:pPrChange w:author="{secret}-formatter"><w:pPr/></w:pPrChange></w:pPr>
  <w:moveTo w:author="{secret}-mover"><w:r><w:t>moved here</w:t></w:r></w:moveTo></w:p>
<w:tbl><w:tr><w:trPr><w:del w:author="{secret}-row"/></w:trPr><w:tc><w:p><w:r><w:t>{secret}-deleted-row</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:fldSimple w:instr=" AUTHOR "><w:r><w:t>{secret}-field</w:t></w:r></w:fldSimple>
  <w:fldSimple w:instr=" PAGE "><w:r><w:t>page 7</w:t></w:r></w:fldSimple></w:p>
<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> FILE</w:instrText></w:r><w:r><w:instrText>NAME \\p </w:instrText></w:r>
  <w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{secret}-complex-field</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>
  <w:r><w:t>after the field</w:t></w:r></w:p>
<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "file:///C:/{secret}-linked-field" </w:instrText></w:r>
  <w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>shown link</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>
<w:sdt><w:sdtPr><w:dataBinding w:prefixMappings="xmlns:ns0='http://purl.org/dc/elements/1.1/' xmlns:ns1='x/core-properties'"
  w:xpath="/ns1:coreProperties[1]/ns0:creator[1]"/></w:sdtPr><w:sdtContent><w:r><w:t>{secret}-bound</w:t></w:r></w:sdtContent></w:sdt>
<w:p><w:hyperlink r:id="rWeb"><w:r><w:t>the guideline</w:t></w:r></w:hyperlink>
  <w:hyperlink r:id="rMail"><w:r><w:t>write to me</w:t></w:r></w:hyperlink></w:p>
<w:p><w:r><w:drawing><wp:inline><wp:docPr id="5" name="{secret}-name.jpg" descr="C:\\Users\\{secret}-path\\ecg.jpg"/>
  <a:graphic><a:graphicData><pic:pic><pic:nvPicPr><pic:cNvPr id="6" name="{secret}-name.jpg" descr="An ECG with raised ST"/></pic:nvPicPr>
  <pic:blipFill><a:blip r:embed="r4"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>
<w:p><w:r><w:pict><v:imagedata r:id="r4" o:title="{secret}-title"/></w:pict></w:r>
  <w:r><w:object><o:OLEObject r:id="r5" ProgID="{secret}-program"/></w:object></w:r>
  <w:r><w:drawing><a:blip r:link="rLinked"/></w:drawing></w:r></w:p>
<w:sectPr><w:headerReference w:type="default" r:id="r7"/></w:sectPr>
</w:body></w:document>"""


def pptx(secret):
    slide = f"""<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{_R}"
      xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:nvSpPr>
      <p:cNvPr id="2" name="{secret}-shape"/></p:nvSpPr><p:txBody><a:p><a:r><a:t>Chest pain</a:t></a:r></a:p></p:txBody></p:sp>
      <p:pic><p:blipFill><a:blip r:embed="r1"/></p:blipFill></p:pic></p:spTree>
      <p:custDataLst><p:tags r:id="r3"/></p:custDataLst></p:cSld></p:sld>"""
    return zipped(
        {
            "[Content_Types].xml": _types(
                {
                    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation.main+xml",
                    "ppt/slides/slide1.xml": f"{_OFFICE}.presentationml.slide+xml",
                    "ppt/commentAuthors.xml": f"{_OFFICE}.presentationml.commentAuthors+xml",
                }
            ),
            "_rels/.rels": _rels(
                [("officeDocument", "ppt/presentation.xml"), ("core-properties", "docProps/core.xml")]
            ),
            "docProps/core.xml": f"<core>{secret}-core</core>",
            "ppt/presentation.xml": f'<p:presentation xmlns:p="x" xmlns:r="{_R}"><p:sldId r:id="r1"/></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _rels(
                [
                    ("slide", "slides/slide1.xml"),
                    ("commentAuthors", "commentAuthors.xml"),
                    ("changesInfo", "changesInfos/changesInfo1.xml"),
                ]
            ),
            "ppt/commentAuthors.xml": f'<a name="{secret}-comment-author"/>',
            "ppt/changesInfos/changesInfo1.xml": f'<c name="{secret}-changer"/>',
            "ppt/slides/slide1.xml": slide,
            "ppt/slides/_rels/slide1.xml.rels": _rels(
                [
                    ("image", "../media/image1.png"),
                    ("comments", "../comments/comment1.xml"),
                    ("tags", "../tags/tag1.xml"),
                ]
            ),
            "ppt/comments/comment1.xml": f"<c>{secret}-comment</c>",
            "ppt/tags/tag1.xml": f"<t>{secret}-tag</t>",
            "ppt/media/image1.png": pictures.png(secret),
        }
    )


def xlsx(secret):
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.lastModifiedBy = f"{secret}-creator", f"{secret}-last"
    book.active["A1"], book.active["B2"] = "Pulse", 88
    book.active["B2"].comment = Comment(f"{secret}-comment", f"{secret}-commenter")
    book.active["C1"].hyperlink = f"file:///C:/Users/{secret}-book.xlsx"
    book.active["C1"].value, book.active["C1"].hyperlink.tooltip = (
        "the other book",
        f"mailto:{secret}-tooltip",
    )
    book.active.add_image(Image(io.BytesIO(pictures.png(secret))), "D4")
    file = io.BytesIO()
    book.save(file)
    return _as_excel_saves(file.getvalue(), secret)


def _as_excel_saves(content, secret):
    parts = parts_of(content)
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"<bookViews>",
        f'<fileSharing userName="{secret}-sharer"/><x15ac:absPath xmlns:x15ac="http://schemas.microsoft.com/office/'
        f'spreadsheetml/2010/11/ac" url="C:\\Users\\{secret}-folder\\"/><bookViews>'.encode(),
    )
    sheet = "xl/worksheets/_rels/sheet1.xml.rels"
    parts[sheet] = parts[sheet].replace(
        b"</Relationships>",
        f'<Relationship Id="rPrint" Type="{_R}/printerSettings" Target="/xl/printerSettings/p1.bin"/></Relationships>'.encode(),
    )
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b"<drawing", f'<pageSetup xmlns:r="{_R}" orientation="landscape" r:id="rPrint"/><drawing'.encode()
    )
    parts["xl/printerSettings/p1.bin"] = f"\\\\{secret}-printer".encode("utf-16-le")
    return zipped(parts)


def odt(secret):
    return zipped(odt_parts(secret))


def odt_parts(secret):
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in [("office", "office"), ("text", "text"), ("draw", "drawing"), ("style", "style")]
    )
    content = f"""<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:svg="x"
      xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:officeooo="http://openoffice.org/2009/office">
      <office:scripts><office:event-listeners>{secret}-script</office:event-listeners></office:scripts><office:body><office:text>
      <text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>{secret}-changer</dc:creator>
      </office:change-info><text:p>{secret}-deleted-text</text:p></text:deletion></text:changed-region></text:tracked-changes>
      <text:p>Chest <office:annotation><dc:creator>{secret}-commenter</dc:creator><text:p>{secret}-comment</text:p>
      </office:annotation>pain<text:change text:change-id="1"/> at rest</text:p>
      <text:p>By <text:author-name>{secret}-field</text:author-name>, page <text:page-number>7</text:page-number></text:p>
      <text:p><text:a xlink:href="https://guideline.example/">the guideline</text:a>
      <text:a xlink:href="mailto:{secret}-mail@school.example">write to me</text:a></text:p>
      <text:p><draw:frame draw:name="{secret}-frame"><draw:image xlink:href="Pictures/{secret}-photo.jpg"/><svg:desc>An ECG</svg:desc>
      </draw:frame><draw:frame><draw:image xlink:href="file:///C:/{secret}-linked.png"/></draw:frame></text:p>
      </office:text></office:body></office:document-content>"""
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "styles.xml": f'<office:document-styles {spaces}><style:style officeooo:rsid="{secret}-rsid" '
        f'xmlns:officeooo="http://openoffice.org/2009/office"/></office:document-styles>',
        "meta.xml": f"<office:meta {spaces}>{secret}-meta</office:meta>",
        "settings.xml": f"<s>{secret}-printer</s>",
        "Thumbnails/thumbnail.png": pictures.png(f"{secret}-thumb"),
        f"Pictures/{secret}-photo.jpg": pictures.jpeg(secret),
        "Versions/Version1": f"{secret}-version",
        "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }


def _types(overrides):
    lines = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items()
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{lines}</Types>'
    )


def _rels(targets, *, outside=False):
    mode = ' TargetMode="External"' if outside else ""
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{_R}/{kind}" Target="{target}"{mode}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'

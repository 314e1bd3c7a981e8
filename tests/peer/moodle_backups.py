"""Backups as Moodle writes them: its file names, its XML (HTML escaped, NULL spelt out), a gzip tar or a zip."""

import gzip
import io
import tarfile
import zipfile
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NULL = "$@NULL@$"
SETTINGS = {
    "name": "Reviewing a handover",
    "intro": "<p>Read a <strong>handover</strong> &amp; answer.</p>",
    "introformat": 1,
    "instructauthors": '<ul><li>One page</li>\n<li>No names</li></ul><p><img src="@@PLUGINFILE@@/sbar.png" alt="" /></p>',
    "instructauthorsformat": 1,
    "instructreviewers": "Be kind.\nBe specific.",
    "instructreviewersformat": 2,
    "timemodified": 1700000000,
    "phase": 20,
    "useexamples": 0,
    "usepeerassessment": 1,
    "useselfassessment": 1,
    "grade": "80.00000",
    "gradinggrade": "20.00000",
    "strategy": "rubric",
    "evaluation": "best",
    "gradedecimals": 0,
    "submissiontypetext": 1,
    "submissiontypefile": 2,
    "nattachments": 3,
    "submissionfiletypes": ".pdf,.docx",
    "latesubmissions": 1,
    "maxbytes": 0,
    "examplesmode": 0,
    "submissionstart": 1700000000,
    "submissionend": 1700600000,
    "assessmentstart": 0,
    "assessmentend": NULL,
    "conclusion": "",
    "conclusionformat": 1,
    "overallfeedbackmode": 1,
}
SCALES = [(7, "Not seen, In part,Clearly")]


def workshop_xml(form="", rest="", **settings):
    fields = "\n".join(
        f"    <{name}>{escape(str(value))}</{name}>" for name, value in (SETTINGS | settings).items()
    )
    return (
        f'{HEAD}<activity id="3" moduleid="12" modulename="workshop" contextid="40">\n  <workshop id="3">\n{fields}\n'
        f"{form}\n    <examplesubmissions>\n    </examplesubmissions>\n{rest}\n    <aggregations>\n    </aggregations>\n"
        "  </workshop>\n</activity>"
    )


def form_xml(strategy, *dimensions, before=""):
    rows = "".join(_dimension(strategy, number, **row) for number, row in enumerate(dimensions, start=1))
    name = f"subplugin_workshopform_{strategy}_workshop"
    return f"<{name}>{before}{rows}</{name}>"


def rubric_xml(*dimensions):
    layout = "<workshopform_rubric_config><layout>grid</layout></workshopform_rubric_config>"
    return form_xml("rubric", *dimensions, before=layout)


def _dimension(strategy, number, levels=(), **fields):
    fields = {"sort": number, "description": "", "descriptionformat": 1} | fields
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
    inner += "".join(
        f'<workshopform_rubric_level id="{number}{place}"><grade>{grade:.5f}</grade>'
        f"<definition>{escape(words)}</definition><definitionformat>1</definitionformat></workshopform_rubric_level>"
        for place, (grade, words) in enumerate(levels)
    )
    return f'<workshopform_{strategy}_dimension id="{number}">{inner}</workshopform_{strategy}_dimension>'


def scales_xml(scales=SCALES):
    rows = "".join(
        f'<scale id="{number}"><courseid>0</courseid><name>S</name><scale>{escape(items)}</scale></scale>'
        for number, items in scales
    )
    return f"{HEAD}<scales_definition>{rows}</scales_definition>"


def files(*workshops, scales=SCALES):
    named = {f"activities/workshop_{12 + place}/workshop.xml": xml for place, xml in enumerate(workshops)}
    others = {
        ".ARCHIVE_INDEX": "Moodle archive file index. Count: 4\n",
        "moodle_backup.xml": f"{HEAD}<moodle_backup></moodle_backup>",
        "scales.xml": scales_xml(scales),
        "activities/page_11/page.xml": f"{HEAD}<activity></activity>",
        "users.xml": f"{HEAD}<users></users>",
    }
    return {name: content.encode() for name, content in (others | named).items()}


def tar(contents, *, extra=()):
    """As a stream. `extra`: (TarInfo, bytes) that Moodle would not write."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as packed:
        directory = tarfile.TarInfo("activities")
        directory.type = tarfile.DIRTYPE
        packed.addfile(directory)
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        for member, content in extra:
            packed.addfile(member, io.BytesIO(content))
    return io.BytesIO(out.getvalue())


def zipped(contents):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return io.BytesIO(out.getvalue())


def gzipped(content):
    return io.BytesIO(gzip.compress(content))

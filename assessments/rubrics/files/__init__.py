"""Rubrics as files: read into plain values with every problem named, written so that reading gives the same again.

    reading.read(bytes)       what a file or pasted text holds: rubrics, or problems
    formats.FORMATS           what a rubric can be written as

canvas_csv, sheet_template and rubric_json each know one format; tables and workbook know rows and cells.
"""

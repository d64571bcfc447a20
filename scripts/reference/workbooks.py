#!/usr/bin/env python3
"""Small workbooks as other programs write them: openpyxl (.xlsx), xlwt (.xls), odfpy (.ods), and one with a password.

    python scripts/reference/workbooks.py crates/data/tests/fixtures/workbooks

Each holds a sheet of notes, a sheet of rows under a title and an empty line, and, where the library can say it, a hidden sheet.
To make the environment:

    python -m venv .venv && .venv/bin/pip install openpyxl==3.1.5 xlwt==1.3.0 odfpy==1.4.1 msoffcrypto-tool==6.1.0
"""
import datetime
import io
import sys
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

HEADER = ["Nr", "Kundenfrage", "Unsere Antwort", "am", "um", "Preis", "erledigt"]
ROWS = [
    [1, "Wo ist mein Paket?", "Es kommt morgen.\nVersprochen!", datetime.date(2024, 1, 2), datetime.time(9, 30), 12.5, True],
    [2, "Kann ich “bar” zahlen?", "Ja – gern.", datetime.datetime(2024, 2, 29, 23, 59, 59), datetime.time(0, 0, 1), 3.0, False],
    [3, "Was kostet 0,1 + 0,2?", "0,3 €", datetime.date(1999, 12, 31), None, 0.1 + 0.2, None],
]


def xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "Notizen"
    notes["A1"] = "Stand Januar"
    rows = book.create_sheet("Fragen")
    rows["B1"] = "Fragen an uns"
    rows.merge_cells("B1:D1")
    for number, row in enumerate([HEADER, *ROWS], start=3):
        for column, value in enumerate(row, start=1):
            rows.cell(number, column, value)
    book.create_sheet("Leer")
    hidden = book.create_sheet("Geheim")
    hidden.append(["question", "answer"])
    hidden.append(["hidden", "hidden"])
    hidden.sheet_state = "hidden"
    book.save(path)


def encrypted(source: Path, path: Path) -> None:
    plain = msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(source.read_bytes()))
    with path.open("wb") as file:
        plain.encrypt("password", file)


def xls(path: Path) -> None:
    book = xlwt.Workbook()
    rows = book.add_sheet("Fragen")
    formats = {datetime.date: "yyyy-mm-dd", datetime.datetime: "yyyy-mm-dd hh:mm:ss", datetime.time: "hh:mm:ss"}
    for number, row in enumerate([HEADER, *ROWS], start=2):
        for column, value in enumerate(row):
            if value is not None:
                rows.write(number, column, value, xlwt.easyxf(num_format_str=formats.get(type(value), "General")))
    book.save(str(path))


def ods(path: Path) -> None:
    def cell(value):
        if value is None:
            return TableCell()
        if isinstance(value, bool):
            return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
        if isinstance(value, (int, float)):
            return TableCell(valuetype="float", value=value)
        if isinstance(value, (datetime.date, datetime.datetime)):
            return TableCell(valuetype="date", datevalue=value.isoformat())
        made = TableCell(valuetype="string")
        for line in str(value).split("\n"):
            made.addElement(P(text=line))
        return made

    book = OpenDocumentSpreadsheet()
    rows = Table(name="Fragen")
    for row in [HEADER, *ROWS]:
        line = TableRow()
        for value in row:
            line.addElement(cell(value))
        rows.addElement(line)
    book.spreadsheet.addElement(rows)
    book.save(str(path))


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    xlsx(folder / "questions.xlsx")
    encrypted(folder / "questions.xlsx", folder / "password.xlsx")
    xls(folder / "questions.xls")
    ods(folder / "questions.ods")


if __name__ == "__main__":
    main()

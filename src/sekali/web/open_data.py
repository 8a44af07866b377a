"""Open data: the tables that anyone may take, as CSV and as JSON, with what every column means."""

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program

from .files import download
from .frame import render
from .routing import PUBLIC, page

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


async def tables(request: Request) -> Response:
    """Every table with its dictionary."""
    return render(request, "movement/data.html", tables=program.public.TABLES.values())


async def as_csv(request: Request) -> Response:
    """One table: UTF-8, a header, a comma between. Raises NotFound."""
    name = request.path_params["name"]
    rows = await request.state.doors.program.open_data.table(name)
    return csv_file(f"sekali-{name}.csv", program.public.TABLES[name].columns, (row.values() for row in rows))


def csv_file(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """A table as a file: UTF-8, a header, a comma between."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(map(guarded, row) for row in rows)
    return download(out.getvalue().encode(), name, "text/csv; charset=utf-8")


def guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: text that looks like one gets a single quote before it."""
    cell = program.public.cell(value)
    risky = isinstance(value, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if risky else cell


async def as_json(request: Request) -> Response:
    """One table: its columns with what they mean, its rows, and of when it is. Raises NotFound."""
    name = request.path_params["name"]
    rows = await request.state.doors.program.open_data.table(name)
    found = {
        "table": name,
        "as_of": kernel.now().isoformat(timespec="seconds"),
        "columns": program.public.TABLES[name].columns,
        "rows": [{column: exact(value) for column, value in row.items()} for row in rows],
    }
    content = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    return download(content, f"sekali-{name}.json", "application/json")


def exact(value: object) -> object:
    """A value for JSON: decimals as text, so that no reader makes a binary number of them; days in ISO."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


PAGES = (
    page("/gerakan/data", tables, PUBLIC),
    page("/gerakan/data/{name}.csv", as_csv, PUBLIC),
    page("/gerakan/data/{name}.json", as_json, PUBLIC),
)

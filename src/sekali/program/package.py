"""What a workbook is before it is opened: a package of XML files that may be far larger inside than it looks.

A file of 75 KB can hold fourteen million empty cells, and each becomes an object. So the elements are counted first,
by the parser that reads them later, and without keeping any.
"""

import io
import zipfile
import zlib
from xml.parsers import expat

from sekali import kernel

LARGEST = 5 << 20
UNPACKED = 60 << 20
MOST_FILES = 200
MOST = {"cells": 100_000, "texts": 300_000, "sheets": 40, "others": 50_000}
"""Elements of each kind. The largest plan has 30,000 cells and rows; of the others (styles, links) a file has few, and
each of them costs much more to read."""
KIND = {"c": "cells", "row": "cells", "sheet": "sheets"} | dict.fromkeys(("v", "f", "is", "si", "r", "t"), "texts")
STEP = 1 << 16


def broken() -> kernel.Invalid:
    """It is none, or a damaged one."""
    return kernel.Invalid("This file could not be opened as a spreadsheet (.xlsx).")


def check(content: bytes) -> None:
    """Raises TooCostly for a workbook that would fill the memory, Invalid for what is none."""
    if len(content) > LARGEST:
        raise kernel.TooCostly("This file is larger than 5 MB; nothing was changed.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > UNPACKED or len(parts) > MOST_FILES:
                raise _too_large()
            count = _Count()
            for part in parts:
                count.add(package, part)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        raise broken() from None


def _too_large() -> kernel.TooCostly:
    return kernel.TooCostly("This spreadsheet is too large inside; nothing was changed.")


class _Count:
    """How many elements of each kind a package has so far."""

    def __init__(self) -> None:
        self._found = dict.fromkeys(MOST, 0)

    def add(self, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        """Count those of a part. What is not XML (a picture) has none, or those before it breaks off.

        The end of a part's name does not tell whether it is a sheet, so all are looked at.
        """
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._element
        parser.StartDoctypeDeclHandler = self._doctype
        with package.open(part) as file:
            try:
                while step := file.read(STEP):
                    parser.Parse(step)
                parser.Parse(b"", True)
            except expat.ExpatError:
                if part.filename.endswith((".xml", ".rels")):
                    raise broken() from None

    def _element(self, name: str, _attributes: object) -> None:
        kind = KIND.get(name.rpartition(":")[2], "others")
        self._found[kind] += 1
        if self._found[kind] > MOST[kind]:
            raise _too_large()

    def _doctype(self, *_declaration: object) -> None:
        """A workbook has none (ECMA-376 part 2); with one, a few letters may stand for many."""
        raise broken()

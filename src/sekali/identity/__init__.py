"""Who a person is: numbers, names, families; one person per NIK."""

from .directory import Directory, Match
from .nik import Nik, nik_warnings, parse_nik
from .scan import Scan, ScanKind, read_scan

__all__ = ["Directory", "Match", "Nik", "Scan", "ScanKind", "nik_warnings", "parse_nik", "read_scan"]

"""Who a person is: numbers, names, families; one person per NIK."""

from sekali import security

from .directory import Directory, Match
from .nik import Nik, nik_warnings, parse_nik
from .rekeying import Citizens, Identifiers
from .scan import Scan, ScanKind, read_scan

AT_REST: tuple[security.Table, ...] = (Identifiers(), Citizens())
"""What is sealed here."""

__all__ = ["AT_REST", "Directory", "Match", "Nik", "Scan", "ScanKind", "nik_warnings", "parse_nik", "read_scan"]

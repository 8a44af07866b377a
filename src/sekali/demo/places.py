"""The places. Names, kinds and districts are real; see docs/demo-city.md for what is approximate and what is invented.

Coordinates are rounded to about 100 m. Departments, capacities, opening hours and payer codes are invented for the demo.
"""

import random
from datetime import time
from decimal import Decimal

from sekali import care, kernel

CITY = "34.71"
ZONE = "Asia/Jakarta"

_PUSKESMAS = """
Danurejan I|Danurejan|-7.790|110.373
Danurejan II|Danurejan|-7.795|110.370
Gedongtengen|Gedongtengen|-7.792|110.361
Gondokusuman I|Gondokusuman|-7.783|110.380
Gondokusuman II|Gondokusuman|-7.785|110.373
Gondomanan|Gondomanan|-7.803|110.367
Jetis|Jetis|-7.783|110.367
Kotagede I|Kotagede|-7.825|110.397
Kotagede II|Kotagede|-7.818|110.400
Kraton|Kraton|-7.808|110.360
Mantrijeron|Mantrijeron|-7.820|110.359
Mergangsan|Mergangsan|-7.815|110.373
Ngampilan|Ngampilan|-7.800|110.359
Pakualaman|Pakualaman|-7.800|110.376
Tegalrejo|Tegalrejo|-7.783|110.353
Umbulharjo I|Umbulharjo|-7.813|110.388
Umbulharjo II|Umbulharjo|-7.803|110.387
Wirobrajan|Wirobrajan|-7.803|110.350
"""

_HOSPITALS = """
RSUD Kota Yogyakarta|B|Umbulharjo|-7.825|110.378|PDL ANA OBG BED JAN SAR MAT THT
RS Pratama Kota Yogyakarta|D|Mergangsan|-7.815|110.376|PDL ANA OBG BED
RS Panti Rapih|B|Gondokusuman|-7.777|110.377|PDL ANA OBG BED JAN SAR MAT THT
RS Bethesda Yogyakarta|B|Gondokusuman|-7.783|110.378|PDL ANA OBG BED JAN SAR THT
RS PKU Muhammadiyah Yogyakarta|B|Ngampilan|-7.801|110.362|PDL ANA OBG BED SAR THT
RS Tk. III Dr. Soetarto|C|Gondokusuman|-7.786|110.372|PDL ANA BED
RS Happy Land|C|Umbulharjo|-7.797|110.392|PDL ANA OBG
RS Hidayatullah|D|Umbulharjo|-7.819|110.389|PDL ANA OBG
RS Ludira Husada Tama|D|Tegalrejo|-7.795|110.352|PDL ANA BED
"""

_DEPARTMENTS = {
    "UMU": ("Poli Umum", "A", 80), "GIG": ("Poli Gigi", "B", 25), "KIA": ("Poli KIA", "C", 30), "LAN": ("Poli Lansia", "D", 40),
    "PDL": ("Poli Penyakit Dalam", "P", 40), "ANA": ("Poli Anak", "N", 30), "OBG": ("Poli Kebidanan dan Kandungan", "K", 30),
    "BED": ("Poli Bedah", "B", 25), "JAN": ("Poli Jantung", "J", 20), "SAR": ("Poli Saraf", "S", 20),
    "MAT": ("Poli Mata", "M", 25), "THT": ("Poli THT", "T", 20),
}  # fmt: skip


def facilities(seed: int) -> list[tuple[care.Facility, list[care.Department]]]:
    """18 puskesmas, then the hospitals, each with its departments; the same for the same seed."""
    ids = kernel.ids_from(random.Random(f"{seed}/places"))
    built = []
    for n, line in enumerate(_PUSKESMAS.strip().splitlines(), 1):
        name, district, latitude, longitude = line.split("|")
        built.append(
            _facility(ids, n, f"Puskesmas {name}", "puskesmas", "", district, latitude, longitude, "UMU GIG KIA LAN")
        )
    for n, line in enumerate(_HOSPITALS.strip().splitlines(), 51):
        name, hospital_class, district, latitude, longitude, codes = line.split("|")
        built.append(_facility(ids, n, name, "hospital", hospital_class, district, latitude, longitude, f"UMU {codes}"))
    return built


def _facility(
    ids: kernel.Ids, number: int, name: str, kind: str, hospital_class: str, district: str, latitude: str, longitude: str,
    codes: str,
) -> tuple[care.Facility, list[care.Department]]:  # fmt: skip
    id = ids.within(kernel.CITY, 0)
    facility = care.Facility(
        id, f"9901{number:04}", name, kind, hospital_class, f"Kemantren {district}, Kota Yogyakarta", district, CITY,
        Decimal(latitude), Decimal(longitude), ZONE, "", True, _hours(kind),
    )  # fmt: skip
    departments = [
        care.Department(ids.within(kernel.CITY, 0), id, code, *_DEPARTMENTS[code], general=code == "UMU")
        for code in codes.split()
    ]
    return facility, departments


def _hours(kind: str) -> tuple[care.Hours, ...]:
    if kind == "hospital":
        return tuple(care.Hours(day, time(7, 30), time(20)) for day in range(6))
    closing = {4: time(11, 30), 5: time(13)}
    return tuple(care.Hours(day, time(7, 30), closing.get(day, time(14, 30))) for day in range(6))

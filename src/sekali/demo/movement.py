"""A rehearsal of the movement: the regions of 2018, people whom nobody is, a plan that nobody made.

It is marked as a rehearsal everywhere and never counted. It holds no score, no rank and no winner: whoever tries
Sekali makes those. Its instruments are examples; no source gives the real ones (docs/demo-city.md).
"""

import random
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sekali import kernel, program, security

SLUG = "latihan-2026"
YEAR = 2026
SYSTEM = security.SYSTEM
ASSESSORS, MENTORS = 20, 10

_SELECTION = """
desk|Indeks meja (contoh)|50
desk.performance|Indeks Kota Berkinerja Tinggi|
desk.sustainable|Indeks Kota Berkelanjutan|
desk.green|Indeks Kota Hijau|
desk.finance|Kemampuan Keuangan Daerah|
interview|Wawancara kesiapan (contoh)|50
interview.people|Struktur: SDM|
interview.money|Struktur: keuangan|
interview.governing|Struktur: tata kelola|
interview.physical|Infrastruktur: fisik|
interview.digital|Infrastruktur: digital|
interview.social|Infrastruktur: sosial|
interview.regulation|Suprastruktur: regulasi|
interview.institutions|Suprastruktur: kelembagaan|
interview.conduct|Suprastruktur: pelaksanaan|
"""
_PANEL = """
analysis|Analisis strategis (contoh)|25
vision|Visi dan sasaran enam dimensi (contoh)|25
action|Rencana aksi dan peta jalan (contoh)|25
quickwin|Quick win (contoh)|25
"""

_PLAN = {
    "first_year": "2026",
    "vision": "Contoh: warga Yogyakarta cukup bercerita sekali, dan setiap layanan sudah mengenalnya.",
    "intro": "Contoh rencana untuk latihan. Semua angka di dalamnya karangan.",
    "future": "Contoh: penduduk menua, kunjungan wisata naik, dan antrean layanan kesehatan makin panjang.",
    "living.target": "Contoh: tidak ada pertanyaan berulang di loket kesehatan.",
    "living.strategy": "Contoh: menghubungkan semua puskesmas dan rumah sakit.",
    "governance.target": "Contoh: satu akun untuk semua layanan.",
    "governance.strategy": "Contoh: formulir terisi dengan apa yang sudah diketahui kota.",
    "P1.name": "Tautan kesehatan (contoh)",
    "P1.sub": "living.health",
    "P1.office": "Dinas Kesehatan",
    "P1.policy": "Peraturan wali kota tentang data kesehatan",
    "P1.institution": "Tim data kesehatan",
    "P1.infrastructure": "Jaringan 18 puskesmas",
    "P1.application": "Sekali",
    "P1.literacy": "Kelas kader kesehatan",
    "P1.indicator": "Pertanyaan yang diajukan kepada pasien rujukan",
    "P1.unit": "pertanyaan",
    "P1.baseline": "9",
    "P1.baseline_source": "karangan untuk latihan",
    "P1.y1.activity": "Dua puskesmas dan satu rumah sakit terhubung",
    "P1.y1.budget": "400000000",
    "P1.y1.target": "3",
    "P1.y1.actual": "2",
    "P1.y1.source": "karangan untuk latihan",
    "P1.y2.activity": "Semua puskesmas terhubung",
    "P1.y2.budget": "900000000",
    "P1.y2.target": "1",
    "P1.y3.activity": "Semua rumah sakit terhubung",
    "P1.y3.budget": "1200000000",
    "P1.y3.target": "0",
    "P2.name": "Satu akun layanan kota (contoh)",
    "P2.sub": "governance.service",
    "P2.office": "Dinas Komunikasi, Informatika dan Persandian",
    "P2.indicator": "Layanan yang dapat dibuka dengan satu akun",
    "P2.unit": "layanan",
    "P2.baseline": "4",
    "P2.baseline_source": "karangan untuk latihan",
    "P2.y1.activity": "Dua puluh layanan",
    "P2.y1.budget": "300000000",
    "P2.y1.target": "20",
    "P2.y1.actual": "12",
    "P2.y1.source": "karangan untuk latihan",
    "P2.y4.activity": "Semua layanan",
    "P2.y4.budget": "800000000",
    "P2.y4.target": "120",
    "P3.name": "Kampung tanpa sampah terbuang (contoh)",
    "P3.sub": "environment.waste",
    "P3.office": "Dinas Lingkungan Hidup",
    "P3.indicator": "Sampah yang dibawa ke TPA",
    "P3.unit": "ton per hari",
    "P3.baseline": "260",
    "P3.baseline_source": "karangan untuk latihan",
    "P3.y2.activity": "Bank sampah di setiap kampung",
    "P3.y2.budget": "500000000",
    "P3.y2.target": "200",
    "P3.y6.activity": "Pengolahan residu menjadi energi",
    "P3.y6.budget": "2500000000",
    "P3.y6.target": "90",
}


def instrument(name: str, lines: str, top: int) -> program.instruments.Instrument:
    """An example instrument from lines of key, name and weight; a point in the key makes it a part of another."""
    Part = program.instruments.Part
    rows = [line.split("|") for line in lines.strip().splitlines()]
    parts = []
    for key, label, weight in rows:
        if "." not in key:
            inner = tuple(Part(k, n) for k, n, _ in rows if k.startswith(f"{key}."))
            parts.append(Part(key, label, Decimal(weight), inner))
    return program.instruments.Instrument(name, Decimal(top), tuple(parts))


async def load(movement: program.Program) -> dict[str, UUID]:
    """Write the rehearsal; the ids that accounts stand for: the first mentor, two assessors, Kota Yogyakarta.

    Each step looks whether it was done, so that a start that was broken off goes on.
    """
    regions = {region.slug: region for region in (await movement.regions.all()).values()}
    selection = await _adopted(movement, "selection", instrument("Seleksi (contoh latihan)", _SELECTION, 100))
    panel = await _adopted(movement, "panel", instrument("Presentasi Desember (contoh latihan)", _PANEL, 4))
    cohort = await _cohort(movement)
    await movement.cohorts.configure(SYSTEM, cohort, {
        "quick_wins": 3, "days": 2, "blocks": 2, "rooms": 5, "slots": 3, "panel": 3, "counts": "calibrated",
        "selection_instrument": selection, "panel_instrument": panel, "starts_at": "08:30", "minutes": 30,
    })  # fmt: skip
    assessors = await _people(movement, "assessor", ASSESSORS, [regions["kota-surakarta"], regions["kabupaten-sleman"]])
    mentors = await _people(movement, "mentor", MENTORS, [])
    await _enter(movement, cohort, mentors)
    yogyakarta = regions["kota-yogyakarta"]
    await _yogyakarta(movement, yogyakarta, mentors[:2])
    return {"mentor": mentors[0], "assessor1": assessors[0], "assessor2": assessors[1], "region": yogyakarta.id}


async def _cohort(movement: program.Program) -> program.Cohort:
    there = next((one for one in await movement.cohorts.all() if one.slug == SLUG), None)
    name = f"Latihan {YEAR} (semua angka karangan)"
    return there or await movement.cohorts.open(SYSTEM, YEAR, name, 50, rehearsal=True)


async def _adopted(movement: program.Program, kind: str, content: program.instruments.Instrument) -> UUID:
    there = next((one for one in await movement.sheets.versions(kind) if one.name == content.name), None)
    if there is not None and there.adopted_at:
        return there.id
    id = await movement.sheets.draft(SYSTEM, kind, content, "contoh untuk latihan; bobot sesungguhnya tidak ditemukan")
    await movement.sheets.adopt(SYSTEM, id)
    return id


async def _people(movement: program.Program, role: str, count: int, homes: list[program.Region]) -> list[UUID]:
    """People whom nobody is; two dimensions each, so that every dimension has its experts."""
    word = {"assessor": "Penilai", "mentor": "Pendamping"}[role]
    keys, ids = list(program.DIMENSIONS), kernel.ids_from(random.Random(role))
    found = []
    for n in range(count):
        home = homes[n].id if n < len(homes) else None
        person = program.Person(
            ids.within(kernel.CITY, 0), role, f"{word} Contoh {n + 1:02}", "Lembaga Contoh (karangan)", "0800-000-0000", home,
            [keys[n % 6], keys[(n + 1 + n // 6) % 6]], 12, True,
        )  # fmt: skip
        await movement.mentoring.add_person(SYSTEM, person)
        found.append(person.id)
    return found


async def _enter(movement: program.Program, cohort: program.Cohort, mentors: list[UUID]) -> None:
    """The regions of 2018 enter again, to rehearse; two mentors each, as the books have it."""
    past = await movement.cohorts.by_slug("2018")
    chosen = [p.region for p in await movement.cohorts.participations(past.id) if p.counted]
    await movement.cohorts.invite(SYSTEM, cohort, chosen)
    for n, part in enumerate(await movement.cohorts.participations(cohort.id)):
        way = ("invited", "assessed", "selected", "signed", "taking-part")
        for state in way[way.index(part.state) + 1 : 4]:
            await movement.cohorts.move(SYSTEM, part.id, state)
        await movement.mentoring.appoint(
            SYSTEM, part.id, [mentors[n % MENTORS], mentors[(n + 1 + n // MENTORS) % MENTORS]]
        )


async def _yogyakarta(movement: program.Program, region: program.Region, mentors: list[UUID]) -> None:
    """The city that can be tried: a plan, a quick win with a live measure, a bimtek that was held, its mentors."""
    today = kernel.now().date()
    part = await movement.cohorts.part_of(region.id)
    await movement.mentoring.appoint(SYSTEM, part.id, mentors)
    if part.state == "signed":
        await movement.cohorts.move(SYSTEM, part.id, "taking-part")
    await movement.cohorts.set_contact(SYSTEM, part.id, "Sekretariat Smart City (contoh)", "0800-000-0001")
    held = today - timedelta(days=30)
    await movement.mentoring.hold(
        SYSTEM, part, program.Meeting(1, held, held + timedelta(days=1), "Balai Kota (contoh)", 64, "")
    )
    version = await movement.plans.change(SYSTEM, region.id, _PLAN, 0, "contoh")
    await movement.plans.publish(SYSTEM, region.id, version)
    if await movement.quick_wins.of(SYSTEM, part, region):
        return
    win = await movement.quick_wins.write(SYSTEM, part, program.QuickWin(
        name="Rujukan tanpa pertanyaan (contoh)", dimension="living", service="Penerimaan pasien rujukan di rumah sakit",
        helps="Pasien yang dirujuk dari puskesmas", measure="questions-hospital", since=today,
        story_before="Contoh: identitas dan rujukan ditanyakan lagi di loket rumah sakit.",
        story_after="Contoh: satu pindaian, tidak ada pertanyaan.",
        spending=Decimal(250_000_000), spending_source="karangan untuk latihan",
    ))  # fmt: skip
    await movement.quick_wins.publish(SYSTEM, part, win, True)

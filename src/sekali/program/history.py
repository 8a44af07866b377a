"""What is known of the cohorts of 2017 to 2019: loaded once, each figure with its source, doubts marked.

data/README.md says where each file comes from. Nothing here is a guess of ours: a weight, a winner or a rank that no
source gives is not there.
"""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sekali import kernel

from .cohorts import text
from .dimensions import DIMENSIONS
from .instruments import Instrument, Part
from .regions import Region, Regions, slug

DATA = Path(__file__).parent / "data"
SQL = kernel.queries(__file__)
SINCE = date(2017, 1, 1)
RENUMBERED = date(2022, 7, 25)
"""The day of the law that made Papua Tengah (UU 15/2022), to which Mimika's new code belongs."""
TARGETS = {2017: 25, 2018: 50, 2019: 25}
PARTS = {"baseline": "Baseline", "output": "Output", "outcome": "Outcome", "impact": "Impact", "quickwin": "Quick win"}
PUBLISHED_WEIGHTS = (
    ("Yearly evaluation, weights as in Jambi", "10 20 30 20 20",
     "jambiekspres 654588 (2022; first two read from an excerpt); fits the published finals of Jambi 2024 and Kediri 2022"),
    ("Yearly evaluation, weights as in Sleman", "10 20 30 30 10", "kominfo.slemankab"),
    ("Yearly evaluation, weights as in the Bandung press", "10 20 40 30 20",
     "bewarajabar 112612 (2022): adds to 120, so it is a misprint and cannot be adopted"),
)  # fmt: skip
"""Name, weights, source. All three are drafts: which one holds, the secretariat decides."""


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the data files."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


async def load(database: kernel.Database, regions: Regions) -> bool:
    """Write the history into an empty program; False when something is there already."""
    async with database.transaction() as tx:
        await tx.execute(SQL.one_at_a_time)
        if await tx.fetchval(SQL.there):
            return False
        known = await _load_regions(tx, regions)
        cohorts = await _load_cohorts(tx)
        await _load_participations(tx, cohorts, known)
        for row in rows("stages"):
            await tx.execute(SQL.add_stage, cohorts[int(row["cohort"])], int(row["position"]), row["name"],
                             _day(row["starts"]), _day(row["ends"]), row["place"], row["note"], row["source"])  # fmt: skip
        for row in rows("figures"):
            cohort = cohorts.get(int(row["cohort"])) if row["cohort"] else None
            await tx.execute(SQL.add_figure, kernel.new_id(kernel.CITY), cohort, known.get((row["type"], row["name"])),
                             int(row["year"]) if row["year"] else None, row["figure"], Decimal(row["value"]), row["source"],
                             row["note"])  # fmt: skip
        await _load_instruments(tx)
    return True


async def _load_regions(tx: kernel.Session, regions: Regions) -> dict[tuple[str, str], UUID]:
    known = {}
    for row in rows("regions"):
        id = kernel.new_id(kernel.CITY)
        known[row["type"], row["name"]] = id
        region = Region(id, row["type"], row["name"], slug(row["type"], row["name"]), row["code"], row["province"],
                        Decimal(row["latitude"]), Decimal(row["longitude"]))  # fmt: skip
        await regions.add(tx, region, SINCE, "Permendagri 137/2017")
        if row["code_2025"] != row["code"]:
            await tx.execute(SQL.end_code, id, RENUMBERED)
            await tx.execute(SQL.add_code, id, row["code_2025"], row["province_2025"], RENUMBERED,
                             "Kepmendagri 300.2.2-2430/2025; UU 15/2022")  # fmt: skip
    return known


async def _load_cohorts(tx: kernel.Session) -> dict[int, UUID]:
    cohorts = {}
    for year, target in TARGETS.items():
        cohorts[year] = kernel.new_id(kernel.CITY)
        await tx.execute(
            SQL.add_cohort, cohorts[year], str(year), year, f"Gerakan Menuju 100 Smart City {year}", target
        )
    return cohorts


async def _load_participations(
    tx: kernel.Session, cohorts: dict[int, UUID], known: dict[tuple[str, str], UUID]
) -> None:
    for row in rows("participations"):
        id = kernel.new_id(kernel.CITY)
        await tx.execute(SQL.add_participation, id, cohorts[int(row["cohort"])], known[row["type"], row["name"]],
                         row["state"], row["certain"] == "yes", row["counted"] == "yes", row["note"])  # fmt: skip
        await tx.execute(
            SQL.add_step, kernel.new_id(kernel.CITY), id, kernel.now(), row["state"], row["source"], "Sekali"
        )


async def _load_instruments(tx: kernel.Session) -> None:
    for version, (name, weights, source) in enumerate(PUBLISHED_WEIGHTS, 1):
        content = Instrument(name, Decimal(4), _five_parts(weights))
        await tx.execute(SQL.add_instrument, kernel.new_id(kernel.CITY), version, name, text(content), source)


def _five_parts(weights: str) -> tuple[Part, ...]:
    """The five parts of the evaluation; impact is the mean of the six dimensions (domain 1.10)."""
    dimensions = tuple(Part(f"impact-{key}", name) for key, (name, _) in DIMENSIONS.items())
    return tuple(
        Part(key, name, Decimal(weight), dimensions if key == "impact" else ())
        for (key, name), weight in zip(PARTS.items(), weights.split(), strict=True)
    )


def awards_elsewhere() -> list[dict[str, str]]:
    """Awards that were published elsewhere, each with its source."""
    return list(rows("awards"))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

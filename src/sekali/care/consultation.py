"""The doctor's desk: who waits, the chart, what was found and ordered, the end of a visit."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import audit, fhir, kernel, records, security

from . import reading, resources
from .facilities import Facilities, today
from .referrals import Referrals
from .relations import require_facility, treating
from .views import Chart, Examination, Visit
from .visits import SQL, move, visit, visit_here

TYPES = ("Patient", "Coverage", "AllergyIntolerance", "Condition", "MedicationRequest", "Encounter", "Observation")
OPEN = ["arrived", "in-progress"]
MOST_LINES = 20
PLAUSIBLE = {
    "systolic": (50, 280), "diastolic": (20, 180), "pulse": (20, 250), "temperature": (30, 44), "respiration": (4, 80),
    "weight": (Decimal("0.3"), 350), "height": (25, 250),
}  # fmt: skip
"""Outside these a value is a slip of the finger; Sekali's own bounds, wide, not a clinical rule."""


class Consultation:
    """From the queue to the end of a visit."""

    def __init__(
        self, database: kernel.Database, store: records.Store, facilities: Facilities, referrals: Referrals
    ) -> None:
        self._database = database
        self._store = store
        self._facilities = facilities
        self._referrals = referrals

    async def queue(self, actor: security.Actor) -> list[Visit]:
        """Today's visits of the actor's facility, those still open first; at most 500."""
        facility = await self._facilities.one(actor.facility)
        security.decide(actor, security.Purpose.REGISTRATION)
        return [
            visit(self._store.cipher, row)
            for row in await self._database.fetch(SQL.today, facility.id, today(facility.zone))
        ]

    async def chart(self, actor: security.Actor, visit_id: UUID) -> Chart:
        """Everything about the person that treating them needs. Raises NotFound, Forbidden (the visit is over)."""
        here, grant = await self._open(actor, visit_id)
        record = await self._store.under(grant).record(TYPES)
        return Chart(
            visit=here,
            person=reading.person(record["Patient"][0]),
            coverage=reading.coverage(record),
            allergies=reading.allergies(record),
            problems=reading.problems(record),
            medications=reading.medications(record),
            past=reading.past_visits(record, visit_id),
            examination=reading.examination(reading.of_visit(record, visit_id)),
            referral_in=await self._referrals.of_visit(here.referral, actor),
            referral_out=await self._referrals.made_in(here.citizen, here.facility, here.arrived_at),
        )

    async def start(self, actor: security.Actor, visit_id: UUID) -> None:
        """Call the person in. Doing it twice changes nothing."""
        here, grant = await self._open(actor, visit_id)
        if here.status == "arrived":
            await self._move(grant, here, "in-progress", ["arrived"], actor.name)

    async def examine(self, actor: security.Actor, visit_id: UUID, found: Examination) -> None:
        """Keep what was found and ordered; what was written before in this visit and is gone now is withdrawn.

        Raises Invalid with each field.
        """
        _require_plausible(found)
        here, grant = await self._open(actor, visit_id)
        record = await self._store.under(grant).record(
            ("Condition", "Observation", "MedicationRequest", "AllergyIntolerance")
        )
        written = reading.of_visit(record, visit_id)
        at = kernel.now()
        async with self._store.change(grant) as change:
            await _reconcile(change, written["Condition"], _wanted_conditions(here, found, at), _condition_key)
            await _reconcile(change, written["Observation"], _wanted_vitals(here, found, at), _vital_key)
            await _reconcile(
                change, written["MedicationRequest"], _wanted_medications(here, found, actor.name, at), _drug_key
            )
            known = {text.partition(" (")[0].lower() for text in reading.allergies(record)}
            for allergy in found.allergies:
                if allergy.substance.lower() not in known:
                    await change.create(resources.allergy(here, allergy, at))

    async def finish(self, actor: security.Actor, visit_id: UUID) -> None:
        """The end of a visit; a referral that brought the person here is completed with it."""
        here, grant = await self._open(actor, visit_id)
        if here.status == "arrived":
            await self._move(grant, here, "in-progress", ["arrived"], actor.name)
        reader = self._store.under(grant)  # read before: a transaction has a connection of its own
        record, encounter = await reader.record(("Condition",)), await reader.read("Encounter", visit_id)
        at = kernel.now()
        async with self._store.change(grant) as change:
            moved = resources.move_encounter(encounter.resource, "finished", at)
            found = [
                one
                for one in reading.of_visit(record, visit_id)["Condition"]
                if _condition_key(one.resource) != "complaint"
            ]
            if found:
                moved["diagnosis"] = [_diagnosis_part(one, rank) for rank, one in enumerate(found, 1)]
            await change.update("Encounter", visit_id, moved, encounter.version)
            await move(change.tx, visit_id, "finished", at, OPEN)
            if here.referral is not None:
                await self._referrals.complete(change, here.referral, at)

    async def send_back(self, actor: security.Actor, visit_id: UUID, letter: str) -> None:
        """*Rujuk balik*: end the visit and tell the puskesmas that referred what to go on with. Raises Invalid."""
        if len(letter.strip()) < 5:
            raise kernel.Invalid("Write what the puskesmas should do.", path="letter")
        here, grant = await self._open(actor, visit_id)
        if here.referral is None:
            raise kernel.Invalid("This visit began without a referral, so there is nobody to send back to.")
        record = await self._store.under(grant).record(("Condition", "MedicationRequest"))
        written, at = reading.of_visit(record, visit_id), kernel.now()
        sections = {
            "Rencana tindak lanjut": (letter.strip(), []),
            "Diagnosis": (_lines(written["Condition"], "code"), [one.reference for one in written["Condition"]]),
            "Obat": (
                _lines(written["MedicationRequest"], "medicationCodeableConcept"),
                [one.reference for one in written["MedicationRequest"]],
            ),
        }
        async with self._store.change(grant) as change:
            document = resources.composition(
                here, ("18842-5", "Discharge summary"), "Surat rujuk balik", sections, actor.name, at
            )
            await change.create(document)
            await self._referrals.write_back(change, here.referral, letter.strip())
            change.note(audit.Kind.SENT_BACK, here.citizen, f"ServiceRequest/{here.referral}")
        await self.finish(actor, visit_id)

    async def cancel(self, actor: security.Actor, visit_id: UUID) -> None:
        """Somebody who left before being called."""
        here, grant = await self._open(actor, visit_id)
        await self._move(grant, here, "cancelled", ["arrived"], "")

    async def _open(self, actor: security.Actor, visit_id: UUID) -> tuple[Visit, security.Grant]:
        here = await visit_here(self._database, self._store.cipher, visit_id, require_facility(actor))
        return here, await treating(self._database, actor, here.citizen)

    async def _move(self, grant: security.Grant, here: Visit, status: str, expected: list[str], doctor: str) -> None:
        encounter = await self._store.under(grant).read("Encounter", here.id)
        at = kernel.now()
        async with self._store.change(grant) as change:
            moved = resources.move_encounter(encounter.resource, status, at, doctor)
            await change.update("Encounter", here.id, moved, encounter.version)
            await move(change.tx, here.id, status, at, expected)


def _diagnosis_part(one: records.Stored, rank: int) -> dict[str, Any]:
    role = resources.concept(fhir.DIAGNOSIS_ROLE, "DD", "Discharge diagnosis")
    return {"condition": resources.reference("Condition", one.id), "use": role, "rank": rank}


def _lines(many: list[records.Stored], element: str) -> str:
    return "; ".join(reading.words(one.resource.get(element, {})) for one in many)


def _require_plausible(found: Examination) -> None:
    faults = []
    for name, (least, most) in PLAUSIBLE.items():
        value = getattr(found.vitals, name)
        if value is not None and not least <= value <= most:
            faults.append(kernel.Fault(name, "This value cannot be right. Please look again."))
    for name in ("diagnoses", "medications", "allergies"):
        if len(getattr(found, name)) > MOST_LINES:
            faults.append(kernel.Fault(name, "These are more lines than one visit can have."))
    if faults:
        raise kernel.Invalid("Please look at the marked fields.", faults=faults)


def _wanted_conditions(here: Visit, found: Examination, at: datetime) -> dict[str, Any]:
    wanted = {one.code: resources.diagnosis(here, one, at) for one in found.diagnoses}
    if found.complaint:
        wanted["complaint"] = resources.condition(here, "problem-list-item", {"text": found.complaint}, at)
    return wanted


def _wanted_vitals(here: Visit, found: Examination, at: datetime) -> dict[str, Any]:
    values = {name: getattr(found.vitals, name) for name in resources.VITAL_CODES}
    return {
        resources.VITAL_CODES[name][0]: resources.observation(here, name, value, at)
        for name, value in values.items()
        if value is not None
    }


def _wanted_medications(here: Visit, found: Examination, doctor: str, at: datetime) -> dict[str, Any]:
    return {one.name.lower(): resources.medication_request(here, one, doctor, at) for one in found.medications}


def _condition_key(resource: dict[str, Any]) -> str:
    codings = resource["code"].get("coding")
    return codings[0]["code"] if codings else "complaint"


def _vital_key(resource: dict[str, Any]) -> str:
    return resource["code"]["coding"][0]["code"]


def _drug_key(resource: dict[str, Any]) -> str:
    return resource.get("medicationCodeableConcept", {}).get("text", "").lower()


_TIMES = ("recordedDate", "effectiveDateTime", "issued", "authoredOn", "id", "meta")


async def _reconcile(
    change: records.Writing,
    present: list[records.Stored],
    wanted: dict[str, Any],
    key: Callable[[dict[str, Any]], str],
) -> None:
    """Make what stands equal to what is wanted: create the new, change the different, withdraw the rest."""
    for one in present:
        target = wanted.pop(key(one.resource), None)
        if target is None:
            await change.update(one.type, one.id, resources.withdrawn(one.resource), one.version)
        elif _without_times(target) != _without_times(one.resource):
            await change.update(one.type, one.id, target, one.version)
    for resource in wanted.values():
        await change.create(resource)


def _without_times(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in _TIMES}

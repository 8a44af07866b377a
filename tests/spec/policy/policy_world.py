"""People with planted secrets, hospitals that may or may not see them, and a small model of the table, made for the tests."""

from dataclasses import dataclass, field
from uuid import UUID

import httpx

from sekali import app, fhir, kernel, security

BASE = "/fhir-r4/v1"
SAME = {"Sec-Fetch-Site": "same-origin"}
CLASSES = {"": "I10", "HIV": "B20", "PSY": "F20.0", "SEX": "O03.9", "GDIS": "Q90.0", "SDV": "T74.1"}
"""HL7's label of a class, empty for what is ordinary -> an ICD-10 code of it."""
PURPOSES = {"TREAT": {"registration", "treatment", "referral", "integration"}, "COC": {"referral"},
            "FAMRQT": {"acting"}}  # fmt: skip
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@dataclass(frozen=True)
class Word:
    """What somebody said: yes or no, about which class, for whom ("" for all), what for ("" for everything)."""

    permit: bool
    label: str
    facility: str = ""
    purpose: str = ""
    status: str = "active"
    until: str = ""


def may_see(label: str, words: list[Word], facility: str, purpose: str, wrote: str) -> bool:
    """The table and the rule of words in the tests' own words: whoever wrote it; else the most telling of the last words."""
    if facility == wrote:
        return True
    standing: dict[tuple[str, str], bool] = {}
    for word in words:
        if word.label == label and word.status == "active" and not word.until:
            standing[word.facility, word.purpose] = word.permit
    for place in (facility, ""):
        told = [
            permit for (where, why), permit in standing.items() if where == place and why and purpose in PURPOSES[why]
        ]
        if told:
            return told[-1]
        if (place, "") in standing and purpose != "acting":  # a guardian is no facility
            return standing[place, ""]
    return not label


def consent(person: str, word: Word, places: dict[str, UUID]) -> dict:
    """A Consent that says it."""
    provision: dict = {"type": "permit" if word.permit else "deny"}
    if word.facility:
        role = {"coding": [{"code": "IRCP"}]}
        provision["actor"] = [{"role": role, "reference": {"reference": f"Organization/{places[word.facility]}"}}]
    if word.label:
        provision["securityLabel"] = [{"system": ACT, "code": word.label}]
    if word.purpose:
        provision["purpose"] = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": word.purpose}]
    if word.until:
        provision["period"] = {"end": word.until}
    code = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    return {
        "resourceType": "Consent", "status": word.status, "scope": code, "category": [{"coding": [{"code": "59284-0"}]}],
        "patient": {"reference": person}, "policyRule": {"text": "x"}, "provision": provision,
    }  # fmt: skip


@dataclass
class Person:
    """Somebody; ``secrets``: label -> the text that only who may see this class may ever be sent."""

    reference: str
    name: str
    nik: str
    secrets: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    encounters: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return UUID(self.reference.partition("/")[2])


class World:
    """A city with a puskesmas that wrote (``writer``) and hospitals that ask."""

    def __init__(self, city: app.Sekali) -> None:
        self.city = city
        self.places: dict[str, UUID] = {}
        self._made = 0

    async def open(self) -> "World":
        found = {one.name: one for one in (await self.city.care.facilities.all()).values()}
        self.places = {
            "writer": found["Puskesmas Gedongtengen"].id, "asker": found["RSUD Kota Yogyakarta"].id,
            "other": found["RS Pratama Kota Yogyakarta"].id,
        }  # fmt: skip
        self.names = {key: next(one.name for one in found.values() if one.id == id) for key, id in self.places.items()}
        return self

    def actor(self, role: security.Role, place: str, citizen: UUID | None = None) -> security.Actor:
        id = self.places.get(place)
        return security.Actor(
            kernel.new_id(kernel.CITY), f"{role} {place}", role, id, self.names.get(place, ""), citizen
        )

    def system(self, place: str) -> security.Grant:
        return security.decide(self.actor(security.Role.INTEGRATOR, place), security.Purpose.INTEGRATION)

    def loading(self) -> security.Grant:
        return security.decide(security.SYSTEM, security.Purpose.LOAD)

    async def client(self, place: str) -> httpx.AsyncClient:
        """The system of a facility, with a token, over HTTP."""
        self._made += 1
        async with self.city.database.transaction() as tx:
            await self.city.doorkeeper.add_client(tx, f"klien-{self._made}", "s", self.places[place], self.names[place])
        token = (await self.city.doorkeeper.token(f"klien-{self._made}", "s")).value
        transport = httpx.ASGITransport(app=self.city.asgi)
        return httpx.AsyncClient(
            transport=transport, base_url="http://uji", headers={"Authorization": f"Bearer {token}"}
        )

    async def desk(self, role: security.Role, place: str, citizen: UUID | None = None) -> httpx.AsyncClient:
        """Somebody at a desk, logged in, over HTTP."""
        self._made += 1
        name = f"uji-{self._made}"
        async with self.city.database.transaction() as tx:
            await self.city.doorkeeper.add_account(
                tx, username=name, password="rahasia-uji", name=name, role=role, facility=self.places.get(place),
                facility_name=self.names.get(place, ""), citizen=citizen,
            )  # fmt: skip
        token = await self.city.doorkeeper.log_in(name, "rahasia-uji", f"10.0.{self._made // 250}.{self._made % 250}")
        transport = httpx.ASGITransport(app=self.city.asgi)
        return httpx.AsyncClient(transport=transport, base_url="http://uji", headers=SAME, cookies={"sekali": token})

    async def person(self, labels: list[str] | None = None) -> Person:
        """Somebody new, with one visit and one condition of each class, written by the puskesmas."""
        self._made += 1
        nik = f"99010145078{self._made:05}"
        name = f"Orang Uji {self._made:04}"
        async with self.city.store.change(self.system("writer")) as change:
            patient = await change.create(
                {"resourceType": "Patient", "identifier": [{"system": fhir.NIK, "value": nik}], "name": [{"text": name}],
                 "birthDate": "1990-07-01", "gender": "female"}
            )  # fmt: skip
            found = Person(patient.reference, name, nik)
            for label in CLASSES if labels is None else labels:
                await self._condition(change, found, label)
        return found

    async def _condition(self, change, person: Person, label: str) -> None:
        self._made += 1
        secret = person.secrets[label] = f"RAHASIA-{label or 'BIASA'}-{self._made:05}"
        about = {"subject": {"reference": person.reference}}
        visit = await change.create(encounter(person.reference, self.places["writer"]))
        code = {"coding": [{"system": fhir.ICD10, "code": CLASSES[label]}], "text": secret}
        condition = await change.create(
            {"resourceType": "Condition", "category": [{"coding": [{"code": "problem-list-item"}]}], "code": code,
             "clinicalStatus": {"coding": [{"code": "active"}]}, "encounter": {"reference": visit.reference}, **about}
        )  # fmt: skip
        told = visit.resource | {"diagnosis": [{"condition": {"reference": condition.reference, "display": secret}}]}
        await change.update("Encounter", visit.id, told, 1)
        person.conditions[label], person.encounters[label] = str(condition.id), str(visit.id)

    async def say(self, person: Person, word: Word) -> None:
        """The person says it on the own page."""
        grant = security.decide(
            self.actor(security.Role.CITIZEN, "", person.id),
            security.Purpose.OWN_RECORD,
            person.id,
            security.Relation.SELF,
        )
        async with self.city.store.change(grant) as change:
            kept = await change.create(consent(person.reference, word, self.places))
        self.last = kept.id

    async def care_for(self, person: Person, place: str) -> None:
        """A relation: the facility's own system writes a visit."""
        async with self.city.store.change(self.system(place)) as change:
            await change.create(encounter(person.reference, self.places[place]))

    async def refer(self, person: Person, place: str) -> None:
        """A live referral by the puskesmas to a hospital."""
        places = {key: {"reference": f"Organization/{id}"} for key, id in self.places.items()}
        about = {"reference": person.reference}
        async with self.city.store.change(self.system("writer")) as change:
            order = await change.create(
                {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": about,
                 "requester": places["writer"], "performer": [places[place]]}
            )  # fmt: skip
            await change.create(
                {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": order.reference},
                 "for": about, "requester": places["writer"], "owner": places[place]}
            )  # fmt: skip


def encounter(person: str, facility: UUID) -> dict:
    return {
        "resourceType": "Encounter", "status": "finished", "class": {"system": ACT, "code": "AMB"},
        "subject": {"reference": person}, "serviceProvider": {"reference": f"Organization/{facility}"},
        "period": {"start": "2026-11-01T01:00:00+00:00", "end": "2026-11-01T02:00:00+00:00"},
    }  # fmt: skip


def leaked(answer: httpx.Response, secrets: list[str]) -> list[str]:
    """Planted texts anywhere in an answer: body, headers, where it leads."""
    whole = answer.text + repr(answer.headers.raw)
    return [secret for secret in secrets if secret in whole]

"""One person for each NIK, however many systems register at once, while a large bundle goes in.

Here 25 rounds; ``ROUNDS=10000 pytest tests/conformance/test_one_person.py`` for a long run.
"""

import asyncio
import json
import os
import uuid

import httpx
import pytest

ROUNDS = int(os.environ.get("ROUNDS", "25"))
AT_ONCE = 64
NIK = "https://fhir.kemkes.go.id/id/nik"


def person(nik: str) -> dict:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": NIK, "value": nik}],
        "name": [{"text": "Serentak (contoh)"}],
    }


def bundle(entries: int) -> str:
    people = ({"resourceType": "Patient", "name": [{"text": f"Besar {n} (contoh)"}]} for n in range(entries))
    request = {"method": "POST", "url": "Patient"}
    made = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": one, "request": request} for one in people]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": made})


@pytest.mark.shows("create, conditional")
def test_sixty_four_conditional_creates_of_one_nik_make_one_patient(served, token) -> None:
    asyncio.run(rounds(served.url, token))


async def rounds(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    limits = httpx.Limits(max_connections=AT_ONCE + 1)
    async with httpx.AsyncClient(base_url=f"{url}/fhir-r4/v1", headers=headers, timeout=120, limits=limits) as client:
        big = asyncio.create_task(client.post("", content=bundle(1000)))
        for n in range(ROUNDS):
            nik = f"9902{n // 9999 + 1:02}010190{n % 9999 + 1:04}"
            condition = {"If-None-Exist": f"identifier={NIK}|{nik}"}
            answers = await asyncio.gather(
                *(client.post("/Patient", json=person(nik), headers=condition) for _ in range(AT_ONCE))
            )
            assert sorted({answer.status_code for answer in answers}) in ([200, 201], [201]), answers[0].text
            assert sum(answer.status_code == 201 for answer in answers) == 1, "one made it, the others found it"
            found = (await client.get("/Patient", params={"identifier": f"{NIK}|{nik}"})).json()
            assert found["total"] == 1
            if big.done():
                assert (await big).status_code == 200
                big = asyncio.create_task(client.post("", content=bundle(1000)))
        assert (await big).status_code == 200

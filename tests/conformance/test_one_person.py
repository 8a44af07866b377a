"""One person for each NIK, however many systems register at once, while a large bundle goes in.

Here 25 rounds; ``ROUNDS=10000 pytest tests/conformance/test_one_person.py`` for a long run.
"""

import asyncio
import json
import os
import uuid
from collections import Counter

import aiohttp
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
    lines = aiohttp.TCPConnector(limit=AT_ONCE + 1)
    async with aiohttp.ClientSession(f"{url}/fhir-r4/v1/", headers=headers, connector=lines) as client:

        async def status(path: str, body: str, **more: str) -> int:
            async with client.post(path, data=body, headers=more) as answer:
                await answer.read()
                return answer.status

        big = asyncio.create_task(status("", bundle(1000)))
        for n in range(ROUNDS):
            nik = f"9902{n // 9999 + 1:02}010190{n % 9999 + 1:04}"
            body, condition = json.dumps(person(nik)), {"If-None-Exist": f"identifier={NIK}|{nik}"}
            answers = Counter(await asyncio.gather(*(status("Patient", body, **condition) for _ in range(AT_ONCE))))
            assert answers == {201: 1, 200: AT_ONCE - 1}, f"round {n}: one made it, the others found it"
            async with client.get("Patient", params={"identifier": f"{NIK}|{nik}"}) as found:
                assert (await found.json())["total"] == 1
            if big.done():
                assert await big == 200
                big = asyncio.create_task(status("", bundle(1000)))
        assert await big == 200

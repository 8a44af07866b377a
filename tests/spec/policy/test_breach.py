"""A breach of data protection over HTTP: written down by the head, seen at once by those concerned and by nobody else."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from policy_world import leaked

from sekali import kernel, security

Role = security.Role
SECRETS = ["RAHASIA-KEJADIAN", "RAHASIA-DATA", "RAHASIA-TINDAKAN"]
HERE = ZoneInfo("Asia/Jakarta")


def at(hours: float) -> str:
    """So many hours ago, as a browser sends it."""
    return (kernel.now() - timedelta(hours=hours)).astimezone(HERE).strftime("%Y-%m-%dT%H:%M")


def written(**more: str) -> dict[str, str]:
    return {
        "how": "Laptop berisi salinan hilang: RAHASIA-KEJADIAN", "since": at(30), "known_at": at(10),
        "disclosed": "Nama dan alamat: RAHASIA-DATA", "handling": "Kunci sandi diganti: RAHASIA-TINDAKAN", "whom": "listed",
    } | more  # fmt: skip


async def test_from_the_first_word_to_both_notices(world) -> None:
    concerned, other, stranger = [await world.person([]) for _ in range(3)]
    for person in (concerned, other):
        await world.care_for(person, "asker")
    head = await world.desk(Role.FACILITY_HEAD, "asker")
    own, others = [await world.desk(Role.CITIZEN, "", person.id) for person in (concerned, other)]

    # given: what cannot be is refused with what was typed, and a number of a stranger is as one that nobody has
    one = concerned.nik
    cases = (
        ({"how": "Ya", "numbers": one}, "10 sampai 2.000"),
        ({"known_at": at(-2), "numbers": one}, "tidak lebih dari sekarang"),
        ({"since": "kemarin", "numbers": one}, "tanggal dan jam"),
        ({"numbers": ""}, "tulis daftarnya"),
        ({"numbers": f"{one}\n{stranger.nik}\n9901014507999999\nbukan nomor"}, "dilayani fasilitas Anda: 2, 3, 4"),
    )
    for change, words in cases:
        answer = await head.post("/tugas/pelanggaran", data=written(**change))
        assert answer.status_code == 400 and words in answer.text and "RAHASIA-TINDAKAN" in answer.text, words
    assert await world.city.database.fetchval("select count(*) from care.duty") == 0

    # when: kept
    answer = await head.post("/tugas/pelanggaran", data=written(numbers=f"{concerned.nik}\n\n{concerned.nik}\n"))
    assert answer.status_code == 303
    path = answer.headers["location"]
    page = (await head.get(path)).text
    assert all(secret in page for secret in SECRETS) and "1 orang" in page and "sisa 61 jam" in page, (
        "since it was known"
    )
    assert path in (await head.get("/tugas")).text

    # then: the one concerned sees it at once, others do not
    assert sorted(leaked(await own.get("/warga"), SECRETS)) == sorted(SECRETS)
    assert not leaked(await others.get("/warga"), SECRETS)

    # and: with one notice the clock runs on, with both it stops at the later
    told = {
        "handling": "Kunci sandi diganti, data dihapus jauh: RAHASIA-TINDAKAN",
        "persons_at": at(8),
        "authority_at": "",
    }
    assert (await head.post(path, data=told)).status_code == 303
    assert await world.city.database.fetchval("select outcome from care.duty") is None
    assert "data dihapus jauh" in (await own.get("/warga")).text
    for wrong in (at(40), at(-1), "besok"):
        assert (await head.post(path, data=told | {"authority_at": wrong})).status_code == 400
    assert (await head.post(path, data=told | {"authority_at": at(5)})).status_code == 303
    row = await world.city.database.fetchrow("select outcome, ended_at, due_at from care.duty")
    assert row["outcome"] == "noticed" and row["ended_at"] < row["due_at"]
    assert abs(row["ended_at"] - (kernel.now() - timedelta(hours=5))) < timedelta(minutes=2)
    assert (await head.post(path, data=told | {"authority_at": at(4)})).status_code == 409
    kinds = await world.city.database.fetch(
        "select kind, detail from audit.event where kind like 'breach%' order by at"
    )
    assert [(row["kind"], row["detail"]) for row in kinds] == [
        ("breach-recorded", "1"),
        ("breach-told", ""),
        ("breach-told", ""),
    ]

    # a second one concerns everybody who was ever here; told too late it stays marked
    answer = await head.post("/tugas/pelanggaran", data=written(since=at(200), known_at=at(100), whom="everybody"))
    late = answer.headers["location"]
    number = await world.city.database.fetchval(
        "select count(*) from care.relation where facility = $1", world.places["asker"]
    )
    assert f"{number} orang" in (await head.get(late)).text and number >= 2
    assert "lewat waktu" in (await head.get("/kepala")).text
    assert leaked(await others.get("/warga"), SECRETS)
    await head.post(late, data=told | {"persons_at": at(1), "authority_at": at(2)})
    assert "terlambat" in (await head.get(late)).text

    # and: nobody else sees a byte or does anything
    for role in (role for role in Role if role not in (Role.SYSTEM, Role.CITIZEN, Role.EMERGENCY_OPERATOR)):
        place = "other" if role is Role.FACILITY_HEAD else "asker"
        desk = await world.desk(role, place)
        for asked in ("/tugas", "/tugas/pelanggaran", path, re.sub("pelanggaran/", "", path), "/warga"):
            page = await desk.get(asked)
            assert not leaked(page, SECRETS), (role, asked)
            assert page.status_code in ((200, 403, 404) if asked in ("/tugas", "/tugas/pelanggaran") else (403, 404)), (
                role,
                asked,
            )
        assert (await desk.post(path, data=told)).status_code in (403, 404)
        if role is not Role.FACILITY_HEAD:
            assert (await desk.post("/tugas/pelanggaran", data=written(whom="everybody"))).status_code == 403
        await desk.aclose()
    assert await world.city.database.fetchval("select count(*) from care.duty") == 2

"""A citizen demands deletion: told until when the law keeps the record, refused with the day, accepted only when that is over."""

import csv
import io
import re
from datetime import date
from uuid import UUID

import pytest
from policy_world import World, leaked
from retention_world import Role, age, desk, gone_by, is_there

from sekali import care, kernel

REASON = "Saya ingin semua dihapus"


async def asked(world: World, own, place: str = "writer") -> UUID:
    form = {"reason": REASON, "facility": str(world.places[place])}
    answer = await own.post("/warga/hak/minta/penghapusan", data=form)
    assert answer.status_code == 303, answer.text
    return await world.city.database.fetchval("select id from care.duty order by asked_at desc limit 1")


def said(day: date) -> str:
    months = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
    return f"{day.day} {months[day.month - 1]} {day.year}"


async def test_before_its_time_it_is_refused_and_the_day_is_told(world) -> None:
    person = await world.person([""])
    own, officer = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.RECORDS_OFFICER, "writer")
    today = care.today("Asia/Jakarta")
    until = said(date(today.year + 25, today.month, today.day))

    # given: who asks is told before, and offered what can be done
    page = (await own.get("/warga/hak/minta/penghapusan")).text
    assert until in page and "25 tahun" in page and "PMK 24/2022 pasal 39" in page
    assert "/warga/hak/minta/pembatasan" in page and "/warga/persetujuan" in page
    answer = await own.post(
        "/warga/hak/minta/penghapusan", data={"reason": "ya", "facility": str(world.places["writer"])}
    )
    assert answer.status_code == 400 and until in answer.text

    id = await asked(world, own)
    assert until in (await own.get("/warga/hak")).text, "also beside what was asked"
    page = (await officer.get(f"/tugas/{id}")).text
    assert f"Wajib disimpan sampai {until}" in page

    # when: it cannot be accepted, only refused
    typed = {"decision": "accept", "answer": "Kami hapus semuanya."}
    answer = await officer.post(f"/tugas/{id}", data=typed)
    assert answer.status_code == 400 and "wajib disimpan sampai" in answer.text and typed["answer"] in answer.text
    refused = {"decision": "refuse", "ground": "kept", "answer": "Belum boleh kami hapus."}
    assert (await officer.post(f"/tugas/{id}", data=refused)).status_code == 303

    # then: the person has the ground and the day, and the log has the refusal
    mine = (await own.get("/warga/hak")).text
    assert "ditolak" in mine and "wajib" in mine and until in mine and "Belum boleh kami hapus." in mine
    assert await is_there(world, person.id)
    at = desk(world)
    (entry,), _ = await at.work.log(at.officer, None)
    assert entry.kind is care.Deed.REFUSED and "Belum boleh kami hapus." in entry.content.words
    assert entry.kept_until == date(today.year + 25, today.month, today.day)


async def test_after_its_time_accepting_begins_the_destruction_and_nothing_goes_before_the_head_confirms(world) -> None:
    person = await world.person([""])
    own, officer = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.RECORDS_OFFICER, "writer")
    head = await world.desk(Role.FACILITY_HEAD, "writer")
    await age(world, person.id)
    assert "tidak wajib disimpan lagi" in (await own.get("/warga/hak/minta/penghapusan")).text
    id = await asked(world, own)
    kept = {"decision": "refuse", "ground": "kept", "answer": "Harus disimpan dahulu."}
    answer = await officer.post(f"/tugas/{id}", data=kept)
    assert answer.status_code == 400 and "sudah lewat" in answer.text, "a ground that is not true is none"
    accept = {"decision": "accept", "answer": "Kami musnahkan."}
    answer = await head.post(f"/tugas/{id}", data=accept)
    assert answer.status_code == 400 and "petugas rekam medis" in answer.text, "who confirms does not begin it"
    assert (await officer.post(f"/tugas/{id}", data=accept)).status_code == 303
    assert await is_there(world, person.id) and "diterima" in (await own.get("/warga/hak")).text

    page = (await head.get("/tugas/retensi")).text
    assert person.name in page and person.nik not in page
    box = {f"p.{person.id}": "yes"}
    answer = await head.post("/tugas/retensi/musnahkan", data=box)
    assert (
        answer.status_code == 400
        and "Centang" in answer.text
        and f'name="p.{person.id}" value="yes" checked' in answer.text
    )
    assert (await officer.post("/tugas/retensi/musnahkan", data=box | {"sure": "yes"})).status_code == 403
    answer = await head.post("/tugas/retensi/musnahkan", data=box | {"sure": "yes"})
    assert answer.status_code == 200 and "Rekam medis dimusnahkan: 1" in answer.text
    assert not leaked(answer, [person.name, person.nik]) and not await is_there(world, person.id)

    # the report: as a page, on paper, in the table; of the person nothing
    deed = re.search(r"/tugas/retensi/berita/([0-9a-f-]{36})", answer.text)[1]
    page = await officer.get(f"/tugas/retensi/berita/{deed}")
    assert "Berita acara pemusnahan" in page.text and "PMK 24/2022 pasal 39" in page.text
    pdf = await head.get(f"/tugas/retensi/berita/{deed}/pdf")
    assert pdf.content.startswith(b"%PDF") and len(pdf.content) > 5000
    log = await officer.get("/tugas/retensi/catatan")
    file = await officer.get("/tugas/retensi/catatan.csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["what"] for row in rows] == ["destroyed"] and rows[0]["deed"] == deed
    assert (
        "Condition=1" in rows[0]["resources"] and rows[0]["years"] == "25" and UUID(rows[0]["reference"]).version == 4
    )
    for answer in (page, log, file):
        assert not leaked(answer, [person.name, person.nik, REASON, str(person.id)])
    other = await world.desk(Role.FACILITY_HEAD, "other")
    assert (await other.get(f"/tugas/retensi/berita/{deed}")).status_code == 404, "another facility's log"
    assert (await other.get(f"/tugas/retensi/berita/{deed}/pdf")).status_code == 404


async def test_accepting_is_refused_while_something_runs_and_then_nothing_was_answered(world) -> None:
    person = await world.person([""])
    own, officer = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.RECORDS_OFFICER, "writer")
    await age(world, person.id)
    id = await asked(world, own)
    assert (await own.post("/warga/hak/minta/salinan", data={"reason": REASON, "facility": str(world.places["writer"])})
            ).status_code == 303  # fmt: skip
    accept = {"decision": "accept", "answer": "Kami musnahkan."}
    answer = await officer.post(f"/tugas/{id}", data=accept)
    assert answer.status_code == 409 and "masih ada yang berjalan" in answer.text and accept["answer"] in answer.text
    assert await world.city.database.fetchval("select outcome from care.duty where id = $1", id) is None
    used = {"decision": "refuse", "ground": "used", "answer": "Masih dipakai untuk perkara."}
    assert (await officer.post(f"/tugas/{id}", data=used)).status_code == 303


async def test_a_hold_is_written_and_ended_with_a_reason_that_stays_typed(world) -> None:
    person = await world.person([""])
    officer, head = await world.desk(Role.RECORDS_OFFICER, "writer"), await world.desk(Role.FACILITY_HEAD, "writer")
    assert (await officer.get(f"/tugas/retensi/tahan/{person.id}")).status_code == 404, (
        "not due: nobody to be looked at"
    )
    await age(world, person.id)
    page = await officer.get("/tugas/retensi")
    assert person.name in page.text and f"/tugas/retensi/tahan/{person.id}" in page.text
    answer = await officer.post(f"/tugas/retensi/tahan/{person.id}", data={"reason": "Perkara"})
    assert answer.status_code == 400 and ">Perkara<" in answer.text and "10 sampai 500" in answer.text
    reason = {"reason": "Perkara 12/2026 di pengadilan"}
    assert (await officer.post(f"/tugas/retensi/tahan/{person.id}", data=reason)).status_code == 303
    for desk_ in (officer, head):
        assert reason["reason"] in (await desk_.get("/tugas/retensi")).text
    sent = {f"p.{person.id}": "yes"}
    answer = await officer.post("/tugas/retensi/usul", data=sent)
    assert answer.status_code == 409 and "ditahan" in answer.text
    id = await world.city.database.fetchval("select id from care.hold")
    assert (await head.post(f"/tugas/retensi/lepas/{id}", data=reason)).status_code == 403
    answer = await officer.post(f"/tugas/retensi/lepas/{id}", data={"reason": "ya"})
    assert answer.status_code == 400 and reason["reason"] in answer.text
    assert (await officer.post(f"/tugas/retensi/lepas/{id}", data={"reason": "Perkara sudah putus"})).status_code == 303
    assert (await officer.post(f"/tugas/retensi/lepas/{id}", data={"reason": "Perkara sudah putus"})).status_code == 404
    assert (await officer.post("/tugas/retensi/usul", data=sent)).status_code == 303
    log = (await officer.get("/tugas/retensi/catatan")).text
    assert reason["reason"] in log and "Perkara sudah putus" in log
    # and: what the officer proposed can be taken back, and strange addresses lead nowhere
    assert (await officer.post(f"/tugas/retensi/{person.id}/kembali")).status_code == 303
    assert (await officer.post(f"/tugas/retensi/{person.id}/kembali")).status_code == 409
    for path in (
        "tahan/x",
        "lepas/x",
        "berita/x",
        "catatan?sebelum=x",
        "catatan?sebelum=2026-01-01~x",
        "../retensi?sesudah=x",
    ):
        assert (await officer.get(f"/tugas/retensi/{path}")).status_code == 404, path


async def test_the_log_is_in_pages(world) -> None:
    at, person = desk(world), await world.person([""])
    await age(world, person.id)
    for _ in range(27):
        await at.work.hold(at.officer, person.id, "Perkara di pengadilan")
        (one,) = await at.work.holds(at.officer)
        await at.work.release(at.officer, one.id, "Perkara selesai")
    first, behind = await at.work.log(at.officer, None)
    rest, end = await at.work.log(at.officer, (behind.at, behind.id))
    assert (len(first), len(rest), end) == (50, 4, None) and not {one.id for one in first} & {one.id for one in rest}
    http = await world.desk(Role.RECORDS_OFFICER, "writer")
    page = (await http.get("/tugas/retensi/catatan")).text
    further = re.search(r"/tugas/retensi/catatan\?sebelum=[^\"]+", page)[0]
    assert (await http.get(further)).text.count("<tr>") == 5
    await gone_by(at, person.id)
    entries = await at.work.whole_log(at.officer, 1000)
    assert len(entries) == 55 and not [one for one in entries if "Perkara" in one.content.words]
    with pytest.raises(kernel.NotFound):
        await at.work.deed(at.officer, person.id, 10)

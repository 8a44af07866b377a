"""``$import``: each line once, under its own id or a new one, with references that still lead where they led."""

import gzip
import json
from pathlib import Path

import decrypting
import pytest
from running import another_database

from sekali import app, kernel

SYSTEM = "urn:uji"


def patient(id: str, **more) -> dict:
    return {"resourceType": "Patient", "id": id, "name": [{"text": f"Uji {id}"}]} | more


def condition(id: str, person: str, **more) -> dict:
    """A diagnosis of a person, in another server's way."""
    return {
        "resourceType": "Condition", "id": id, "subject": {"reference": f"Patient/{person}"}, "code": {"text": "batuk"},
    } | more  # fmt: skip


def visit(id: str, person: str) -> dict:
    return {
        "resourceType": "Encounter", "id": id, "status": "finished", "subject": {"reference": f"Patient/{person}"},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    }  # fmt: skip


def written(folder: Path, name: str, *resources: dict | bytes) -> Path:
    path = folder / name
    path.write_bytes(b"".join((one if isinstance(one, bytes) else kernel.encode(one)) + b"\n" for one in resources))
    return path


async def take(sekali: app.Sekali, *paths: Path):
    one, fresh = await sekali.bulk.import_files(paths, 1, lambda job: None)
    assert one.state == "done", one.problem
    return one.come, fresh


async def kept(sekali: app.Sekali, type: str) -> dict[str, dict]:
    """By the text of a Patient's name, else by code."""
    found = [one.resource for one in await decrypting.kept(sekali.database, sekali.cipher, "type = $1", type)]
    return {(one.get("name") or [one.get("code", {})])[0].get("text", one["id"]): one for one in found}


def errors(sekali: app.Sekali) -> list[tuple[str, str]]:
    """Where and why, of each line that was refused."""
    found = [
        json.loads(line) for path in sekali.bulk.folder.rglob("error.*") for line in path.read_bytes().splitlines()
    ]
    return [(one["issue"][0]["diagnostics"], one["issue"][0]["details"]["text"]) for one in found]


@pytest.fixture
async def sekali(database, tmp_path) -> app.Sekali:
    return await app.build(kernel.Settings(data=tmp_path / "data", bulk_mb=50), database)


@pytest.mark.shows("Bulk Data $import")
async def test_ids_of_another_server_become_ours_and_references_follow(sekali, tmp_path) -> None:
    path = written(
        tmp_path, "all.ndjson", condition("c1", "p1", encounter={"reference": "Encounter/e1"}), visit("e1", "p1"), patient("p1"),
    )  # fmt: skip
    come, _ = await take(sekali, path)
    assert (come.taken, come.wrong) == (3, 0)
    person = (await kept(sekali, "Patient"))["Uji p1"]
    (found,) = (await kept(sekali, "Condition")).values()
    (encounter,) = (await kept(sekali, "Encounter")).values()
    assert found["subject"]["reference"] == f"Patient/{person['id']}"
    assert found["encounter"]["reference"] == f"Encounter/{encounter['id']}"
    assert found["id"][:8] == person["id"][:8] == encounter["id"][:8], "a person's record lies together"


async def test_ids_of_this_servers_form_stay_where_they_fit(sekali, tmp_path) -> None:
    person, stranger = kernel.new_person(), kernel.new_person()
    own, elsewhere = (str(kernel.new_id(kernel.shard_of(one))) for one in (person, stranger))
    path = written(
        tmp_path, "all.ndjson", patient(str(person)), condition(own, str(person)),
        condition(elsewhere, str(person), code={"text": "demam"}),
    )  # fmt: skip
    await take(sekali, path)
    found = await kept(sekali, "Condition")
    assert found["batuk"]["id"] == own
    assert found["demam"]["id"] != elsewhere and found["demam"]["id"][:8] == own[:8]
    assert (await kept(sekali, "Patient"))[f"Uji {person}"]["id"] == str(person)


async def test_what_an_export_gave_comes_back_as_the_same(office, sekali_of_another, tmp_path) -> None:
    one = await office.sekali.bulk.export_to(tmp_path / "out", [], lambda job: None)
    paths = [tmp_path / "out" / part.name for part in one.come.parts]
    come, _ = await take(sekali_of_another, *paths)
    assert (come.taken, come.wrong) == (one.come.done, 0)
    before, after = [
        {
            (one.type, one.id, one.subject): {k: v for k, v in one.resource.items() if k != "meta"}
            for one in await decrypting.kept(sekali.database, sekali.cipher)
        }
        for sekali in (office.sekali, sekali_of_another)
    ]
    assert before == after


@pytest.fixture
async def sekali_of_another(cluster, template, tmp_path):
    """A second Sekali with an empty database."""
    async with another_database(cluster, template) as database:
        yield await app.build(kernel.Settings(data=tmp_path / "another"), database)


async def test_wrong_lines_are_told_and_stop_nothing(sekali, tmp_path) -> None:
    path = written(
        tmp_path, "all.ndjson", patient("p1"), b"{nonsense", patient("p2", gender="x"), b"", condition("c1", "p2"),
        condition("c2", str(kernel.new_person())), {"resourceType": "Nonsense"}, patient("p1"), condition("c3", "p1"),
        condition("c4", "p1", encounter={"reference": "Encounter/none"}), b"[1]",
    )  # fmt: skip
    come, _ = await take(sekali, path)
    assert come.taken == 2 and come.wrong == 8
    told = dict(errors(sekali))
    assert set(told) == {f"all.ndjson, line {n}" for n in (2, 3, 5, 6, 7, 8, 10, 11)}
    assert "gender" in told["all.ndjson, line 3"]
    assert "must be a reference to a Patient" in told["all.ndjson, line 5"]
    assert "the person it belongs to is not here" in told["all.ndjson, line 6"]
    assert "earlier line" in told["all.ndjson, line 8"]
    assert "leads nowhere" in told["all.ndjson, line 10"]


async def test_a_number_that_somebody_has_is_refused_and_the_rest_taken(sekali, tmp_path) -> None:
    nik = [{"system": "https://fhir.kemkes.go.id/id/nik", "value": "9901014503900001"}]
    people = [patient(f"p{n}", **({"identifier": nik} if n in (3, 40) else {})) for n in range(50)]
    come, _ = await take(sekali, written(tmp_path, "people.ndjson", *people))
    assert (come.taken, come.wrong) == (49, 1)
    assert errors(sekali)[0][0] == "people.ndjson, line 41"


async def test_gzip_and_several_files_in_any_order(sekali, tmp_path) -> None:
    first = written(tmp_path, "c.ndjson", *(condition(f"c{n}", f"p{n}") for n in range(30)))
    second = tmp_path / "p.ndjson.gz"
    second.write_bytes(gzip.compress(b"\n".join(kernel.encode(patient(f"p{n}")) for n in range(30))))
    come, _ = await take(sekali, first, second)
    assert (come.taken, come.wrong) == (60, 0)


async def test_the_same_files_again_do_nothing(sekali, tmp_path) -> None:
    path = written(tmp_path, "p.ndjson", patient("p1"), {"resourceType": "Patient", "name": [{"text": "tanpa id"}]})
    await take(sekali, path)
    path.rename(tmp_path / "elsewhere.ndjson")
    come, fresh = await take(sekali, tmp_path / "elsewhere.ndjson")
    assert not fresh and len(await kept(sekali, "Patient")) == 2


async def test_what_is_there_already_is_not_taken_twice(sekali, tmp_path) -> None:
    person = patient(str(kernel.new_person()))
    await take(sekali, written(tmp_path, "p.ndjson", person))
    come, _ = await take(sekali, written(tmp_path, "again.ndjson", person, patient("p2")))
    assert (come.taken, come.wrong) == (1, 1) and "there already" in errors(sekali)[0][1]


async def test_a_line_that_is_too_long_is_passed_over(sekali, tmp_path) -> None:
    path = written(tmp_path, "p.ndjson", patient("p1"), patient("p2", language="x" * (8 << 20)), patient("p3"))
    come, _ = await take(sekali, path)
    assert (come.taken, come.wrong) == (2, 1) and errors(sekali)[0][0] == "p.ndjson, line 2"


async def test_numbers_keep_their_digits(sekali, tmp_path) -> None:
    line = b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"},' \
           b'"valueQuantity":{"value":1.00}}'  # fmt: skip
    await take(sekali, written(tmp_path, "o.ndjson", patient("p"), line))
    (one,) = await decrypting.kept(sekali.database, sekali.cipher, "type = 'Observation'")
    assert b'"value":1.00}' in one.content


async def test_over_http_files_are_uploaded_first_and_nothing_is_fetched(office, tmp_path) -> None:
    opened = await office.operator.post("bulk")
    place = opened.headers["location"]
    ndjson = {"Content-Type": "application/fhir+ndjson"}
    body = kernel.encode(patient("p1"))
    put = await office.operator.put(
        f"{place}/patients.ndjson", content=gzip.compress(body), headers=ndjson | {"Content-Encoding": "gzip"}
    )
    post = await office.operator.post(place, content=kernel.encode(condition("c1", "p1")) + b"\n{}\n", headers=ndjson)
    assert put.status_code == post.status_code == 201
    foreign = await office.operator.post(
        "$import", json={"input": [{"type": "Patient", "url": "http://169.254.169.254/x.ndjson"}]}
    )
    assert foreign.status_code == 400
    other = await office.operator.post("$import", json={"input": [{"type": "Patient", "url": f"{place}/other.ndjson"}]})
    assert other.status_code == 400
    assert (await office.rsud.put(f"{place}/patients.ndjson", content=body, headers=ndjson)).status_code == 404

    inputs = [
        {"name": "input", "part": [{"name": "type", "valueCode": type}, {"name": "url", "valueUri": url}]}
        for type, url in (("Patient", f"{place}/patients.ndjson"), ("Condition", post.headers["location"]))
    ]
    manifest = {
        "resourceType": "Parameters",
        "parameter": [{"name": "inputFormat", "valueCode": "application/fhir+ndjson"}, *inputs],
    }
    started = await office.operator.post("$import", json=manifest, headers={"Prefer": "respond-async"})
    assert started.status_code == 202
    done = await office.manifest(office.operator, started.headers["content-location"])
    (line,) = await office.lines(office.operator, done, "error")
    assert json.loads(line)["issue"][0]["diagnostics"].endswith(".ndjson, line 2")
    assert (await office.operator.put(f"{place}/late.ndjson", content=body, headers=ndjson)).status_code == 409
    found = await kept(office.sekali, "Patient")
    assert "Uji p1" in found
    loaded = await office.sekali.database.fetch(
        "select actor_name, purpose from audit.event where kind = 'loaded' and actor_name = 'operator'"
    )
    assert len(loaded) == 2 and {row["purpose"] for row in loaded} == {"load"}


@pytest.mark.parametrize("name", ["..%2Fx.ndjson", "x.txt", ".ndjson", "a" * 80 + ".ndjson"])
async def test_a_file_has_a_plain_name(office, name) -> None:
    place = (await office.operator.post("bulk")).headers["location"]
    answer = await office.operator.put(
        f"{place}/{name}", content=b"", headers={"Content-Type": "application/fhir+ndjson"}
    )
    assert answer.status_code in (400, 404)


async def test_an_upload_that_is_too_large_is_refused_while_it_comes_and_leaves_nothing(office) -> None:
    place = (await office.operator.post("bulk")).headers["location"]
    office.sekali.bulk.most = 1000
    bomb = gzip.compress(b" " * 5_000_000)
    answer = await office.operator.put(
        f"{place}/x.ndjson",
        content=bomb,
        headers={"Content-Type": "application/fhir+ndjson", "Content-Encoding": "gzip"},
    )
    assert answer.status_code == 413
    assert [path for path in office.sekali.bulk.folder.rglob("*") if path.is_file() and path.name != ".lock"] == []

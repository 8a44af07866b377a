"""XML as well as JSON, compact or pretty, compressed or not: https://hl7.org/fhir/R4/http.html#mime-type"""

import gzip
import json
import zlib
from xml.etree import ElementTree

import brotli
import httpx
import pytest
import zstandard

XML = "application/fhir+xml"
PACK = {"gzip": gzip.compress, "br": lambda content: brotli.compress(content, quality=5), "zstd": zstandard.compress}
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.decompress}


def tree(answer: httpx.Response) -> ElementTree.Element:
    assert answer.headers["content-type"].partition(";")[0].endswith("xml"), answer.text
    return ElementTree.fromstring(answer.content)


def value(answer: httpx.Response, path: str) -> str:
    found = tree(answer).find("/".join(f"{{http://hl7.org/fhir}}{step}" for step in path.split("/")))
    assert found is not None, answer.text
    return found.attrib["value"]


def raw(http: httpx.Client, path: str, **headers: str) -> tuple[httpx.Headers, bytes]:
    """The answer as it came over the line."""
    with http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join(answer.iter_raw())


def patient_xml(nik: str, name: str = "Joko Uji XML") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Patient xmlns="http://hl7.org/fhir">
  <identifier><use value="official"/><system value="https://fhir.kemkes.go.id/id/nik"/><value value="{nik}"/></identifier>
  <name><use value="official"/><text value="{name}"/></name>
  <gender value="male"/>
  <birthDate value="1991-05-17"/>
  <multipleBirthInteger value="0"/>
</Patient>""".encode()


@pytest.mark.parametrize("kind", [XML, "application/xml", "text/xml; charset=utf-8"])
@pytest.mark.shows("XML")
def test_what_is_created_in_xml_is_answered_in_xml_and_read_in_both(http, new_nik, kind) -> None:
    made = http.post("/Patient", content=patient_xml(new_nik), headers={"Content-Type": kind})
    assert made.status_code == 201, made.text
    id = value(made, "id")
    assert made.headers["content-type"].partition(";")[0] == kind.partition(";")[0]
    assert http.get(f"/Patient/{id}").json()["birthDate"] == "1991-05-17"
    read = http.get(f"/Patient/{id}", headers={"Accept": XML})
    assert value(read, "name/text") == "Joko Uji XML" and read.headers["etag"] == 'W/"1"'
    changed = http.put(f"/Patient/{id}", content=read.content.replace(b"Joko", b"Budi"), headers={"Content-Type": XML})
    assert changed.status_code == 200 and value(changed, "name/text") == "Budi Uji XML"
    assert value(http.get(f"/Patient/{id}/_history/1?_format=xml"), "name/text") == "Joko Uji XML"
    assert value(http.get(f"/Patient/{id}/_history?_format=xml"), "type") == "history"


@pytest.mark.parametrize(
    ("format", "xml"),
    [("xml", True), ("application/fhir+xml", True), ("application/fhir%2Bxml", True), ("text/xml", True),
     ("application/fhir%2Bxml;%20charset=utf-8", True), ("json", False), ("application/fhir%2Bjson", False)],
)  # fmt: skip
@pytest.mark.shows("Accept, _format")
def test_format_wins_over_accept(http, organization, format, xml) -> None:
    accept = "application/fhir+json" if xml else XML
    for path in (f"/Organization/{organization}?_format={format}", f"/Organization?name=rsud&_format={format}"):
        answer = http.get(path, headers={"Accept": accept})
        assert answer.status_code == 200 and ("xml" in answer.headers["content-type"]) is xml


@pytest.mark.parametrize(
    ("accept", "xml"),
    [("application/fhir+xml; charset=utf-8", True), ("application/fhir+json;q=0.5, application/fhir+xml", True),
     ("text/html, application/xml;q=0.9, */*;q=0.8", True), ("*/*", False), ("application/*", False),
     ("application/fhir+xml;q=0, */*;q=0.1", False), ("APPLICATION/FHIR+JSON, text/xml", False)],
)  # fmt: skip
@pytest.mark.shows("Accept, _format")
def test_the_heaviest_of_accept_is_answered(http, organization, accept, xml) -> None:
    answer = http.get(f"/Organization/{organization}", headers={"Accept": accept})
    assert ("xml" in answer.headers["content-type"]) is xml
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/Organization", "/metadata"])
@pytest.mark.parametrize("how", ["accept", "format"])
@pytest.mark.shows("Accept, _format")
def test_turtle_is_not_had(http, organization, path, how) -> None:
    for place in (path, f"/Organization/{organization}"):
        if how == "accept":
            answer = http.get(place, headers={"Accept": "text/turtle"})
        else:
            answer = http.get(place, params={"_format": "ttl"})
        assert answer.status_code == 406
        assert "fhir+xml" in answer.json()["issue"][0]["details"]["text"]


@pytest.mark.shows("XML")
def test_search_metadata_and_failures_come_in_xml(http) -> None:
    found = http.get("/Organization", params={"name": "rsud", "_format": "xml"})
    assert value(found, "type") == "searchset" and value(found, "entry/resource/Organization/name").startswith("RSUD")
    by_form = http.post(
        "/Organization/_search", content="name=rsud",
        headers={"Accept": XML, "Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert value(by_form, "type") == "searchset"
    metadata = http.get("/metadata", headers={"Accept": XML})
    formats = [one.attrib["value"] for one in tree(metadata).findall("{http://hl7.org/fhir}format")]
    assert {"application/fhir+json", XML} <= set(formats)
    missing = http.get("/Organization/00000001-0000-8000-8000-000000000000", headers={"Accept": XML})
    assert missing.status_code == 404 and value(missing, "issue/code") == "not-found"
    assert http.get("/Organization?colour=blue&_format=xml").status_code == 400
    no_token = httpx.get(f"{http.base_url}Organization?_format=xml")
    assert no_token.status_code == 401 and value(no_token, "issue/code") == "login"


@pytest.mark.parametrize("type", ["transaction", "batch"])
@pytest.mark.shows("XML")
def test_a_bundle_goes_in_and_comes_out_in_xml(http, new_nik, type) -> None:
    body = patient_xml(new_nik).partition(b"?>")[2]
    bundle = b"".join([
        b'<Bundle xmlns="http://hl7.org/fhir"><type value="', type.encode(), b'"/><entry><fullUrl value="urn:uuid:',
        b'0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"/><resource>', body, b'</resource><request><method value="POST"/>',
        b'<url value="Patient"/></request></entry><entry><request><method value="GET"/>',
        b'<url value="Organization?name=rsud&amp;_format=xml"/></request></entry></Bundle>',
    ])  # fmt: skip
    answer = http.post("", content=bundle, headers={"Content-Type": XML})
    assert answer.status_code == 200, answer.text
    assert value(answer, "type") == f"{type}-response"
    assert value(answer, "entry/response/status").startswith("201")
    assert b"<Organization>" in answer.content, "what an entry asks of the form of its answer changes nothing"


@pytest.mark.shows("_pretty")
def test_pretty_is_the_same_on_many_lines(http, organization) -> None:
    plain, pretty = (http.get(f"/Organization/{organization}?_pretty={one}") for one in ("false", "true"))
    assert plain.json() == pretty.json()
    assert b'\n  "resourceType": "Organization"' in pretty.content and b"\n" not in plain.content
    assert b"\n  <name value=" in http.get(f"/Organization/{organization}?_pretty=true&_format=xml").content


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.shows("Accept-Encoding")
def test_a_large_answer_is_compressed_when_that_is_asked_for(http, coding) -> None:
    headers, content = raw(http, "/metadata", **{"Accept-Encoding": coding})
    assert headers["content-encoding"] == coding and "Accept-Encoding" in headers["vary"]
    assert int(headers["content-length"]) == len(content)
    plain_headers, plain = raw(http, "/metadata", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain_headers and UNPACK[coding](content) == plain
    assert len(content) < len(plain) / 5


@pytest.mark.parametrize(
    ("asked", "coding"),
    [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"), ("br;q=0.5, gzip", "gzip"), ("zstd;q=0, gzip", "gzip"),
     ("deflate", None), ("*", "zstd"), ("identity, gzip;q=0.5", None)],
)  # fmt: skip
@pytest.mark.shows("Accept-Encoding")
def test_the_best_coding_is_taken(http, asked, coding) -> None:
    assert raw(http, "/metadata", **{"Accept-Encoding": asked})[0].get("content-encoding") == coding


def test_a_small_answer_is_never_compressed(http, organization) -> None:
    headers, content = raw(http, f"/Organization/{organization}", **{"Accept-Encoding": "gzip"})
    assert len(content) < 1024 and "content-encoding" not in headers


def test_xml_is_compressed_too(http) -> None:
    answer = http.get("/metadata?_format=xml", headers={"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br" and tree(answer).tag.endswith("CapabilityStatement")


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.shows("Content-Encoding")
def test_a_compressed_request_is_unpacked(http, coding) -> None:
    headers = {"Content-Encoding": coding, "Content-Type": "application/fhir+json"}
    content = json.dumps({"resourceType": "Patient", "gender": "male", "name": [{"text": "Uji " * 999}]}).encode()
    packed = PACK[coding](content)
    if coding != "br":  # which has no members or frames that could follow each other
        packed = PACK[coding](content[:100]) + PACK[coding](content[100:])
    pieces = (packed[n : n + 7] for n in range(0, len(packed), 7))
    made = http.post("/Patient", content=pieces, headers=headers)
    assert made.status_code == 201 and made.json()["name"] == [{"text": "Uji " * 999}]


@pytest.mark.parametrize("coding", PACK)
def test_a_broken_or_short_packing_is_refused(http, coding) -> None:
    headers = {"Content-Encoding": coding}
    for content in (b"nonsense, surely", PACK[coding](b'{"resourceType":"Patient"}' * 100)[:-3], b""):
        answer = http.post("/Patient", content=content, headers=headers)
        assert answer.status_code == 400 and "Content-Encoding" in answer.text, answer.text


def test_an_unknown_packing_is_refused(http) -> None:
    for coding in ("deflate", "gzip, br"):
        answer = http.post("/Patient", content=zlib.compress(b"{}"), headers={"Content-Encoding": coding})
        assert answer.status_code == 415 and "zstd" in answer.text


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("path", ["/Patient", ""])
@pytest.mark.shows("Content-Encoding")
def test_100_megabytes_packed_small_are_refused(http, coding, path) -> None:
    bomb = PACK[coding](bytes(100 << 20))
    assert len(bomb) < 200_000
    answer = http.post(path, content=bomb, headers={"Content-Encoding": coding})
    assert answer.status_code == 413 and answer.json()["issue"][0]["code"] == "too-costly"


def test_a_bundle_too_large_for_a_tree_is_refused_in_xml_only(http) -> None:
    packed = gzip.compress(b" " * (17 << 20))
    headers = {"Content-Encoding": "gzip", "Accept": "application/fhir+json"}
    assert http.post("", content=packed, headers=headers | {"Content-Type": XML}).status_code == 413
    assert http.post("", content=packed, headers=headers).status_code == 400


def test_a_document_type_is_refused(http, new_nik) -> None:
    bomb = b'<!DOCTYPE Patient [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    body = bomb + patient_xml(new_nik, "&b;").partition(b"?>")[2]
    answer = http.post("/Patient", content=body, headers={"Content-Type": XML, "Accept": "application/fhir+json"})
    assert answer.status_code == 400 and "DOCTYPE" in answer.json()["issue"][0]["details"]["text"]


def test_a_fault_in_xml_names_its_element(http, new_nik) -> None:
    body = patient_xml(new_nik).replace(b"<gender", b"<colour")
    answer = http.post("/Patient", content=body, headers={"Content-Type": XML})
    assert answer.status_code == 400
    assert value(answer, "issue/expression") == "Patient.colour"


def test_a_digit_more_survives_the_way_through_xml(http, patient) -> None:
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    body = f"""<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="x"/></code>
      <subject><reference value="Patient/{id}"/></subject><valueQuantity><value value="1.00"/></valueQuantity></Observation>"""
    as_json = http.post("/Observation", content=body, headers={"Content-Type": XML, "Accept": "application/fhir+json"})
    assert as_json.status_code == 201 and b'"value":1.00' in as_json.content
    assert b'<value value="1.00"/>' in http.post("/Observation", content=body, headers={"Content-Type": XML}).content

"""A citizen takes the own record along, from a phone."""

import json

from looking import PHONE, look


def test_everything_and_the_summary_are_downloads(at) -> None:
    siti = at("siti", viewport=PHONE)
    look(siti, "citizen-copies")
    with siti.expect_download() as told:
        siti.locator("a[href='/warga/salinan/pdf']").click()
    with open(told.value.path(), "rb") as content:
        assert content.read(5) == b"%PDF-" and told.value.suggested_filename.endswith(".pdf")
    for form, type in (("fhir", "collection"), ("ips", "document")):
        with siti.expect_download() as told:
            siti.locator(f"a[href='/warga/salinan/{form}']").click()
        file = told.value
        assert file.suggested_filename.startswith(f"rekam-medis-{form}-")
        with open(file.path(), encoding="utf-8") as content:
            assert json.load(content)["type"] == type

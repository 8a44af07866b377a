"""An engineer of a hospital's system: reads, chooses a language, tries, and sees what came of it."""

import time

import httpx
from looking import look

NIK = "9901014503901234"


def token_of(served) -> str:
    answer = httpx.post(
        f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
        data={"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"},
    )
    return answer.json()["access_token"]


def shown(page) -> set[str]:
    """The languages whose code can be seen."""
    blocks = page.locator("pre[data-example=patient]")
    return {blocks.nth(n).get_attribute("data-language") for n in range(blocks.count()) if blocks.nth(n).is_visible()}


def test_the_documentation(new_context) -> None:
    page = new_context().new_page()
    page.goto("/")
    page.get_by_role("link", name="Saya menghubungkan sistem rumah sakit").click()
    page.wait_for_url("**/docs")
    assert page.locator("h1").inner_text() == "Hubungkan sistem Anda"
    look(page, "docs")
    page.locator("form[action='/bahasa'] button").click()
    page.wait_for_load_state()
    assert page.url.endswith("/docs") and page.locator("h1").inner_text() == "Connect your system"


def test_one_choice_of_language_for_all_examples_without_scripts_and_by_keyboard(new_context) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/docs")
    assert shown(page) == {"curl"}
    page.locator("#speak-curl").focus()
    page.keyboard.press("ArrowRight")
    assert shown(page) == {"python"}
    page.get_by_role("radio", name="JavaScript").check()
    assert shown(page) == {"javascript"}


def test_the_request_log(at, served) -> None:
    headers = {"Authorization": f"Bearer {token_of(served)}"}
    with httpx.Client(base_url=f"{served.url}/fhir-r4/v1", headers=headers) as client:
        client.get("/Organization", params={"name": "RS", "_count": 1})
        client.get("/Patient", params={"nik": NIK})
        client.post("/Patient", json={"resourceType": "Patient", "gender": "L", "birthDate": "17-05-1991"})
    time.sleep(1.5)
    page = at("integrator.rsud")
    assert page.url.endswith("/docs/permintaan")
    look(page, "requests")
    text = page.locator("main").inner_text()
    assert "Patient?nik" in text and "Patient.birthDate" in text and "such as 1990-11-23" in text
    assert NIK not in text and "17-05-1991" not in text
    page.get_by_role("link", name="Hanya yang ditolak").click()
    page.wait_for_url("**/docs/permintaan?hanya=gagal")
    badges = page.locator(".badge").all_inner_texts()
    assert badges and all(int(one) >= 400 for one in badges)
    look(page, "requests-refused")


def test_another_hospital_and_another_role_see_nothing_of_it(at, served) -> None:
    doctor = at("dokter.rsud")
    answer = doctor.goto("/docs/permintaan")
    assert answer.status == 403
    answer = httpx.get(f"{served.url}/docs/permintaan")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/masuk")

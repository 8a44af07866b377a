"""Rules of the whole: every route has an authority, every message a translation, every setting and event its page."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from sekali import app, audit, demo, kernel, program

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/sekali"
PUBLIC = {
    "/", "/masuk", "/masuk/kode", "/masuk/kunci", "/masuk/penyedia", "/masuk/penyedia/kembali",
    "/keluar", "/keluar/penyedia", "/aktivasi", "/bahasa", "/kota", "/operator/masuk", "/{rest:path}",
    "/oauth2/v1/accesstoken",
    "/gerakan", "/gerakan/kohort/{slug}", "/gerakan/daerah/{slug}", "/gerakan/hasil/{slug}", "/gerakan/hasil/{slug}/pers.pdf",
    "/gerakan/data", "/gerakan/data/{name}.csv", "/gerakan/data/{name}.json", "/verifikasi", "/verifikasi/{code}",
    "/penilai/luring.js", "/docs", "/kebijakan",
    "/fhir-r4/v1/metadata", "/fhir-r4/v1/.well-known/smart-configuration", "/fhir-r4/v1/{rest:path}",
}  # fmt: skip
"""What may be seen without having said who one is; the last of each door only says that there is nothing."""


def test_every_route_declares_its_authority(sekali) -> None:
    for route in sekali.asgi.routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
            continue
        if isinstance(route, WebSocketRoute):
            assert route.endpoint.authority == "binding token"
            continue
        assert isinstance(route, Route)
        authority = route.endpoint.authority
        if route.path in PUBLIC:
            assert authority in ("public", frozenset())
        else:
            assert authority == "bearer token" or authority, f"{route.path} needs an authority"


async def test_every_page_that_needs_somebody_refuses_nobody(served) -> None:
    import httpx

    async with httpx.AsyncClient(base_url=served.url) as client:
        for path in ("/loket", "/dokter", "/rujukan", "/warga", "/loket/daftar"):
            answer = await client.get(path)
            assert answer.status_code == 303 and answer.headers["location"].startswith("/masuk")


FAILURES = {
    name
    for name in kernel.__all__
    if isinstance(kind := getattr(kernel, name), type)
    and issubclass(kind, kernel.Failure)
    and kind is not kernel.Duplicate
}


def messages() -> dict[str, str]:
    """Every msgid of pages, failures and desk faults -> where it stands."""
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.html"):
        for message in re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            found[message.replace('\\"', '"')] = str(path.relative_to(SOURCE))
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = (
                1
                if name == "Fault" and path.parts[-2] in ("care", "program", "web")
                else 0
                if name in FAILURES
                else None
            )
            place = 0 if name == "say" else place  # the words of documents
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found[node.args[place].value] = str(path.relative_to(SOURCE))
    return found | dict.fromkeys(names(), "a name in a table")


def names() -> Iterator[str]:
    """What pages and papers say in somebody's language though no template spells it: names in tables, demo desks."""
    yield from (login.to_try for login in demo.logins())
    yield from program.ALL_OUTPUTS.values()
    yield from (name for _, name in program.SUBS.values())
    yield from program.READINESS
    yield from (name for parts in program.READINESS.values() for name in parts.values())
    yield from (*program.plan.PROGRAMME.values(), *app.MEASURES.values())
    for table in program.public.TABLES.values():
        yield from (table.title, *table.columns.values())
    for stage in program.history.rows("stages"):
        yield stage["name"]
    for kind in ("stages", "participations", "figures"):
        notes = (row["note"] for row in program.history.rows(kind))
        yield from (note for note in notes if note and not re.search(r"/KOMINFO/|/DJAI/", note))  # a letter's number


SAME = {
    "Diagnosis", "Diagnosis %(n)s", "Digital", "Evaluator", "Masterplan", "No.", "Panel", "Puskesmas", "Quick win", "Status",
    "November 2017", "Target", "final", "quick win", "rupiah", "target",
}  # fmt: skip


def test_every_message_has_an_indonesian_text_with_the_same_places() -> None:
    place = re.compile(r"%\((\w+)\)s")
    for message, where in messages().items():
        text = kernel.translate("id", message)
        same = message in SAME
        assert text != message or same, f"{where}: {message!r} has no Indonesian text"
        assert set(place.findall(text)) == set(place.findall(message)), message


def test_the_settings_page_names_all_settings_and_no_other() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(SEKALI_\w+)`", page, re.MULTILINE))
    assert named == {f"SEKALI_{field.name.upper()}" for field in fields(kernel.Settings)}


def test_the_audit_page_names_all_events_and_no_other() -> None:
    page = (ROOT / "docs/audit-events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == {kind.value for kind in audit.Kind}


@pytest.mark.parametrize("name", ["SEKALI_PROT", "SEKALI_UNKNOWN", "SEKALI_PORT_FILE_FILE"])
def test_an_unknown_setting_refuses_the_start(name: str) -> None:
    with pytest.raises(kernel.Trouble, match=name):
        kernel.read_settings({name: "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEKALI_PORT", "0"),
        ("SEKALI_PORT", "x"),
        ("SEKALI_DEMO", "perhaps"),
        ("SEKALI_POPULATION", "3"),
        ("SEKALI_SUBSCRIPTION_NETWORKS", "10.0.0.1/8"),
    ],
)
def test_a_wrong_setting_refuses_the_start(name: str, value: str) -> None:
    with pytest.raises(kernel.Trouble, match=name):
        kernel.read_settings({name: value})


def test_a_secret_may_come_from_a_file(tmp_path) -> None:
    (tmp_path / "url").write_text("postgresql://x\n")
    found = kernel.read_settings({"SEKALI_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert found.database_url == "postgresql://x"


def test_one_schema_for_each_module_and_no_module_names_anothers() -> None:
    schemas = ("audit", "security", "records", "identity", "care", "program", "demo", "hl7v2")
    for module in schemas:
        for path in [*(SOURCE / module).rglob("*.sql"), *(SOURCE / module).rglob("*.py")]:
            text = path.read_text(encoding="utf-8")
            statements = (
                re.findall(r"(?:from|join|into|update)\s+(\w+)\.\w+", text)
                if path.suffix == ".sql"
                else [
                    name
                    for node in ast.walk(ast.parse(text))
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                    for name in re.findall(r"\b(?:from|join|into|update)\s+(\w+)\.\w+", node.value)
                ]
            )
            strangers = {name for name in statements if name in schemas} - {module}
            assert not strangers, f"{path.name} of {module} names {strangers}"


def test_no_file_is_too_long_to_read() -> None:
    for path in SOURCE.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_the_locked_dependencies_hold_no_address() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text and "--index" not in text and "--hash=sha256:" in text

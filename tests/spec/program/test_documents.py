"""Books, letters and certificates: what goes in stands on the page, literally, in both formats.

PDFs are read back through PDFium, DOCX files through python-docx and LibreOffice.
"""

import io
import re
import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import docx as python_docx
import pypdfium2
import pytest

from sekali.program import documents, plan
from sekali.program.dimensions import DIMENSIONS, READINESS, SUBS
from sekali.program.documents import words

NASTY = r"""#panic() *bold* _slanted_ $x$ <b>x</b> \ \u{41} `raw` @ref #import "x" // c {{ }} [a] &amp; %(page)s"""
A4, MM = (595.28, 841.89), 72 / 25.4
"""In points."""

OFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(OFFICE is None, reason="soffice is missing: apt-get install libreoffice-writer-nogui")


def a_plan(programmes: int, years: int = 10) -> plan.Facts:
    """A whole plan; P1 has no budget in its first year."""
    facts = {path: f"Isi {path}." for path in ("intro", "vision", "future", "closing")} | {"first_year": "2020"}
    keys = [key for parts in READINESS.values() for key in parts]
    facts |= {f"ready.{key}.{side}": f"Isi {key} {side}." for key in keys for side in ("state", "gap")}
    facts |= {f"{key}.{aim}": f"Isi {key} {aim}." for key in DIMENSIONS for aim in ("target", "strategy")}
    for n in range(1, programmes + 1):
        facts |= {f"P{n}.{leaf}": f"Isi {leaf} {n}" for leaf in plan.PROGRAMME}
        facts |= {f"P{n}.sub": list(SUBS)[n % 18], f"P{n}.unit": "menit", f"P{n}.baseline": "42.5"}
        for year in range(1, years + 1):
            facts |= {f"P{n}.y{year}.activity": f"Kegiatan {n} tahun {year}", f"P{n}.y{year}.budget": "1250000"}
            facts |= {f"P{n}.y{year}.target": "20"}
    facts.pop("P1.y1.budget")
    return plan.clean(facts)


def text_of(pdf: bytes) -> str:
    """What a reader of the PDF can copy, with single blanks."""
    told = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    return re.sub(r"\s+", " ", re.sub("[\u200b\ufffe\u0002]", "", told))


def info_of(pdf: bytes) -> dict[str, str]:
    """Pages, Title, Tagged and the size of the first page in points."""
    found = pypdfium2.PdfDocument(pdf)
    width, height = found[0].get_size()
    return {
        "Pages": str(len(found)), "Title": found.get_metadata_value("Title"), "Tagged": "yes" if found.is_tagged() else "no",
        "Page size": f"{width:.2f} x {height:.2f}",
    }  # fmt: skip


def farthest(pdf: bytes) -> tuple[float, float]:
    """The right and the lower edge of all letters, in points from the upper left corner."""
    edges = []
    for page in pypdfium2.PdfDocument(pdf):
        text, height = page.get_textpage(), page.get_height()
        for n in range(text.count_chars()):
            _left, bottom, right, _top = text.get_charbox(n)
            edges.append((right, height - bottom))
    return max(x for x, _ in edges), max(y for _, y in edges)


def docx_text(content: bytes) -> str:
    """Every text of the body, in tables too, with single blanks."""
    body = python_docx.Document(io.BytesIO(content)).element.body
    return re.sub(r"\s+", " ", " ".join(node.text or "" for node in body.iter() if node.tag.endswith("}t")))


def converted(content: bytes, name: str, to: str, folder: Path) -> bytes:
    """By LibreOffice, as an office would open it."""
    (folder / name).write_bytes(content)
    command = [OFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to, name]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return (folder / name).with_suffix(f".{to}").read_bytes()


def every_block(text: str) -> documents.Document:
    """One document that holds each kind of block, each with ``text`` in every place."""
    blocks = (
        documents.Heading(1, text, "Bab I"),
        documents.Heading(2, text),
        documents.Paragraph(f"{text}\n{text}\n\n{text}"),
        documents.Paragraph(None),
        documents.Bullets((text, None)),
        documents.Table((text, "B"), ((text, "1"), (None, "2")), (3, 1), numeric=(1,), total=True),
        documents.Facts(((text, text), ("kosong", None))),
        documents.Timeline(2020, (documents.Row(text, "living", (True, "ya", *[False] * 8)),)),
        documents.PageBreak(),
        documents.Signatures((documents.Signer(text, text, text), documents.Signer("Ketua", "Ani"))),
    )
    return documents.Document(text, text, "Contoh", text, "id", blocks)


def a_certificate(**changes: object) -> documents.Certificate:
    given = {
        "number": "007/2024", "holder": "Kota Contoh", "title": "Kota Cerdas", "body": "atas karyanya", "date": "1 Mei 2024",
        "place": "Jakarta", "signers": (documents.Signer("Direktur", "Ani"),), "url": "https://contoh.example/s/1",
        "code": "4F6A-99BB",
    }  # fmt: skip
    return documents.Certificate(**given | changes)


class TestWhatIsWrittenStandsThere:
    """No text is ever read as markup."""

    def test_typst_markup_comes_out_as_it_went_in(self) -> None:
        told = text_of(documents.pdf(every_block(NASTY)))
        assert told.count("#panic() *bold* _slanted_ $x$ <b>x</b> \\ \\u{41} `raw` @ref") >= 8
        assert "ya" in told and "Ketua" in told and "2029" in told

    def test_a_docx_keeps_it_too(self) -> None:
        told = docx_text(documents.docx(every_block(NASTY)))
        assert told.count(NASTY) >= 14

    @pytest.mark.parametrize("draw", [documents.pdf, documents.docx])
    def test_what_no_format_can_hold_is_left_out(self, draw) -> None:
        assert draw(every_block("a\x00b\x08c\ud800d\ufffee\x1b[0m \t\r\n z"))

    @pytest.mark.parametrize("draw", [documents.pdf, documents.docx])
    def test_blocks_without_content_are_drawn_as_well(self, draw) -> None:
        empty = (
            documents.Bullets(()), documents.Table(("A",), (), (1,)), documents.Facts(()), documents.Timeline(None, ()),
            documents.Signatures(()), documents.Paragraph(""), documents.Heading(1, ""),
        )  # fmt: skip
        assert draw(documents.Document("", "", "", "", "id", empty))
        assert draw(documents.Document("", "", "", "", "en", empty, cover=True))

    def test_a_certificate_too(self) -> None:
        told = text_of(documents.certificate(a_certificate(holder="#panic() *b*", title="$x$ \\", body="<b>x</b>")))
        assert all(text in told for text in ("#panic() *b*", "$x$ \\", "<b>x</b>"))

    def test_a_word_without_end_stays_within_the_margins(self) -> None:
        facts = a_plan(1) | {"P1.y1.activity": "x" * 3000, "P1.policy": "kata " * 3500, "P1.name": "W" * 200}
        made = documents.pdf(documents.book(2, "Kota", facts | {"P1.y1.target": "9" * 18, "P1.unit": "y" * 90}))
        assert text_of(made).count("x") >= 3000
        assert text_of(made).count("kata") == 3500
        right, bottom = farthest(made)
        assert right < A4[0] - 24 * MM + 2 and bottom < A4[1] - 10 * MM


class TestBooks:
    @pytest.mark.parametrize("number", [1, 2, 3])
    @pytest.mark.parametrize("language", ["id", "en"])
    def test_an_empty_plan_is_a_book_that_says_what_is_missing(self, number: int, language: str) -> None:
        book = documents.book(number, "Kota Kosong", {}, language)
        missing = "belum diisi" if language == "id" else "not filled in yet"
        assert missing in text_of(documents.pdf(book))
        assert missing in docx_text(documents.docx(book))

    def test_every_fact_of_a_plan_stands_in_one_of_the_books(self) -> None:
        facts = a_plan(3) | {"P1.y1.actual": "31.25", "P1.y1.evidence": "Foto loket", "P1.y1.source": "Dinas Kesehatan"}
        told = [text_of(documents.pdf(documents.book(number, "Kota", facts))) for number in (1, 2, 3)]
        joined = " ".join(told)
        spoken = {text for path, text in facts.items() if plan.kind_of(path) == "text"}
        assert {text for text in spoken if text not in joined} == set()
        assert "42,5 menit" in told[1]
        assert "50%" in told[2] and "Foto loket" in told[2] and "Dinas Kesehatan" in told[2]

    @pytest.mark.parametrize(
        ("number", "chapters"),
        [
            (1, ["Pendahuluan", "Analisis masa depan", "Analisis kesiapan", "Analisis kesenjangan", "Visi",
                 "Strategi per dimensi"]),
            (2, ["Pendahuluan", "Visi dan sasaran", "Strategi pembangunan", "Rencana aksi", "Peta jalan", "Penutup"]),
            (3, ["Visi", "Sasaran enam dimensi", "Program", "Peta jalan", "Anggaran per tahun", "Capaian sampai sekarang"]),
        ],
    )  # fmt: skip
    def test_its_chapters(self, number: int, chapters: list[str]) -> None:
        blocks = documents.book(number, "Kota", a_plan(2)).blocks
        assert [one.text for one in blocks if isinstance(one, documents.Heading) and one.level == 1] == chapters

    def test_years_are_counted_while_the_first_is_not_known(self) -> None:
        facts = a_plan(1)
        assert "Jangka menengah (2021 - 2024)" in headings(documents.book(2, "Kota", facts))
        facts.pop("first_year")
        assert "Jangka menengah (Tahun ke-2 - Tahun ke-5)" in headings(documents.book(2, "Kota", facts))

    def test_budgets_add_up_and_say_what_they_leave_out(self) -> None:
        book = documents.book(2, "Kota", a_plan(2))
        short, *_, budgets = [one for one in book.blocks if isinstance(one, documents.Table) and one.total]
        assert short.rows[0][-1] is None
        assert short.rows[-1][-1] == "Rp\u00a01.250.000"
        assert budgets.rows[-1][-1] == "Rp\u00a023.750.000"
        assert "1 baris belum diisi" in [one.text for one in book.blocks if isinstance(one, documents.Paragraph)][-2]

    def test_no_budget_at_all_is_missing_and_not_zero(self) -> None:
        facts = {path: text for path, text in a_plan(2).items() if not path.endswith("budget")}
        tables = [one for one in documents.book(3, "Kota", facts).blocks if isinstance(one, documents.Table)]
        assert "Rp\u00a00" not in [text for table in tables for row in table.rows for text in row]

    def test_a_list_in_a_field_becomes_a_list(self) -> None:
        facts = a_plan(1) | {"closing": "Kami akan:\n- melayani\n- mendengar\nSelalu."}
        assert documents.book(2, "Kota", facts).blocks[-3:] == (
            documents.Paragraph("Kami akan:"), documents.Bullets(("melayani", "mendengar")), documents.Paragraph("Selalu."),
        )  # fmt: skip

    def test_three_hundred_programmes_of_ten_years(self) -> None:
        book = documents.book(2, "Kota", a_plan(300))
        begun = time.perf_counter()
        assert documents.pdf(book).startswith(b"%PDF")
        assert documents.docx(book).startswith(b"PK")
        assert time.perf_counter() - begun < 30


class TestPaper:
    def test_a_pdf_is_tagged_named_and_as_long_as_its_chapters(self) -> None:
        made = documents.pdf(documents.book(2, "Kota Contoh", a_plan(1)))
        found = info_of(made)
        assert made.startswith(b"%PDF")
        assert found["Tagged"] == "yes" and found["Title"] == "Masterplan" and found["Page size"].startswith("595.2")
        assert int(found["Pages"]) == 9, "cover, contents, six chapters, of which the roadmap needs two pages"
        assert re.search(rb"/Lang\s*\(id\)", made)

    def test_the_same_document_is_the_same_bytes(self) -> None:
        book = documents.book(3, "Kota", a_plan(2))
        assert documents.pdf(book) == documents.pdf(book)

    @pytest.mark.parametrize("fictitious", [True, False])
    def test_invented_data_says_so_on_every_page(self, fictitious: bool) -> None:
        made = documents.pdf(documents.book(2, "Kota", a_plan(3), fictitious=fictitious))
        pages = int(info_of(made)["Pages"])
        assert text_of(made).count(documents.EXAMPLE) == (pages if fictitious else 0)

    def test_the_head_of_a_table_stands_on_every_page(self) -> None:
        table = documents.Table(("Kepala", "B"), tuple((f"baris {n}", "1") for n in range(200)), (1, 1))
        made = documents.pdf(documents.Document("Judul", "", "Contoh", "", "id", (table,)))
        assert text_of(made).count("Kepala") == int(info_of(made)["Pages"]) > 3

    def test_a_docx_has_real_headings_and_properties(self) -> None:
        made = python_docx.Document(io.BytesIO(documents.docx(documents.book(1, "Kota", a_plan(1), fictitious=True))))
        styled = [(one.style.name, one.text) for one in made.paragraphs if one.style.name.startswith("Heading")]
        assert styled[0] == ("Heading 1", "Bab I. Pendahuluan") and ("Heading 2", "Struktur") in styled
        assert (made.core_properties.title, made.core_properties.language) == ("Analisis Strategis", "id")
        assert made.tables[1].rows[0]._tr.trPr.xpath("w:tblHeader")
        assert documents.EXAMPLE in made.sections[0].header.paragraphs[0].text
        assert documents.EXAMPLE in made.sections[0].first_page_header.paragraphs[0].text
        assert "PAGE" in made.sections[0].footer._element.xml

    @needs_office
    def test_libreoffice_opens_a_docx(self, tmp_path: Path) -> None:
        made = converted(documents.docx(documents.book(2, "Kota Contoh", a_plan(4))), "buku.docx", "pdf", tmp_path)
        told = text_of(made)
        assert int(info_of(made)["Pages"]) > 8
        assert all(text in told for text in ("Kota Contoh", "Bab V. Peta jalan", "Rp 1.250.000", "Halaman 3 dari"))

    @needs_office
    def test_libreoffice_opens_a_pdf(self, tmp_path: Path) -> None:
        assert converted(documents.pdf(every_block("isi")), "lembar.pdf", "png", tmp_path).startswith(b"\x89PNG")


class TestCertificates:
    def test_is_one_lying_page_with_what_it_says(self) -> None:
        made = documents.certificate(a_certificate(fictitious=True))
        found, told = info_of(made), text_of(made)
        assert found["Pages"] == "1" and found["Page size"].startswith("841.")
        for text in (
            "007/2024",
            "Kota Contoh",
            "Kota Cerdas",
            "atas karyanya",
            "Jakarta, 1 Mei 2024",
            "Ani",
            "4F6A-99BB",
        ):
            assert text in told
        assert told.count(documents.EXAMPLE) == 1

    def test_long_texts_get_smaller_and_stay_on_it(self) -> None:
        names = tuple(documents.Signer("Kepala Dinas Komunikasi dan Informatika", f"Nama {n}") for n in range(3))
        made = documents.certificate(
            a_certificate(holder="Pemerintah Kabupaten " * 6, body="karena kerjanya " * 40, signers=names)
        )
        assert info_of(made)["Pages"] == "1"
        assert text_of(made).count("karena kerjanya") + text_of(made).count("karena ") >= 40


class TestLetters:
    def test_a_decision_names_every_region_with_its_reason(self) -> None:
        chosen = [documents.Selected(n, f"Kabupaten {n}", "87,5", f"alasan {n}") for n in range(1, 41)]
        letter = documents.decision_letter(
            "12/2024", "3 Mei 2024", "Angkatan", "bahwa ...", chosen, documents.Signer("D", "Ani")
        )
        told = text_of(documents.pdf(letter))
        assert all(f"Kabupaten {n} 87,5 alasan {n}" in told for n in range(1, 41))
        assert "Nomor 12/2024" in told and "Ditetapkan pada 3 Mei 2024" in told and "Ani" in told

    def test_a_commitment_has_a_place_for_every_signer(self) -> None:
        signers = [documents.Signer("Wali Kota", "Budi", "1 Mei 2024"), documents.Signer("Ketua DPRD", "Citra")]
        letter = documents.commitment("Komitmen", "1 Mei 2024", "Kami berjanji.", signers)
        for told in (text_of(documents.pdf(letter)), docx_text(documents.docx(letter))):
            assert all(text in told for text in ("Kami berjanji.", "Wali Kota", "Budi", "Ketua DPRD", "Citra"))

    def test_a_press_sheet_says_where_a_figure_has_no_source(self) -> None:
        figures = [documents.Figure("Waktu tunggu", "24 menit", "Laporan 2024"), documents.Figure("Kota", "100", None)]
        told = text_of(
            documents.pdf(documents.press_sheet("Angkatan 3", "3 Mei", [("Smart Living", ["Kota A"])], figures))
        )
        assert "Smart Living Kota A" in told and "24 menit Laporan 2024" in told and "Kota 100 belum diisi" in told


class TestNumbers:
    def test_money_is_rounded_only_when_shown(self) -> None:
        assert words.money(Decimal("1250000.5"), "id") == "Rp\u00a01.250.001"
        assert words.money(Decimal("1250000"), "en") == "Rp\u00a01,250,000"
        assert words.money(None, "id") is None

    def test_measures_are_shown_as_they_were_given(self) -> None:
        assert words.amount(Decimal("1234.56789"), "id") == "1.234,56789"
        assert words.percent(Decimal("66.666"), "id") == "66,7%"

    def test_every_name_of_a_dimension_and_an_element_has_its_indonesian(self) -> None:
        names = [name for _, name in SUBS.values()] + [
            *READINESS,
            *(name for parts in READINESS.values() for name in parts.values()),
        ]
        assert [name for name in names if words.words("id")(name) == name] == ["Digital"], (
            "the same word in both languages"
        )


def headings(document: documents.Document) -> list[str]:
    return [one.text for one in document.blocks if isinstance(one, documents.Heading)]

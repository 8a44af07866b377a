"""The words that the documents bring themselves, in both languages, and how they write numbers."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

Say = Callable[[str], str]

INDONESIAN = {
    # the books
    "Book": "Buku",
    "Smart City Masterplan": "Masterplan Kota Cerdas",
    "Strategic Analysis": "Analisis Strategis",
    "Masterplan": "Masterplan",
    "Executive Summary": "Ringkasan Eksekutif",
    "Chapter": "Bab",
    "Contents": "Daftar isi",
    "Page %(page)s of %(pages)s": "Halaman %(page)s dari %(pages)s",
    "not filled in yet": "belum diisi",
    "Year": "Tahun",
    "Year %(n)s": "Tahun ke-%(n)s",
    # chapters
    "Introduction": "Pendahuluan",
    "Analysis of the future": "Analisis masa depan",
    "Analysis of readiness": "Analisis kesiapan",
    "Analysis of gaps": "Analisis kesenjangan",
    "Vision": "Visi",
    "Vision and targets": "Visi dan sasaran",
    "Strategy of each dimension": "Strategi per dimensi",
    "Strategy of development": "Strategi pembangunan",
    "Plan of action": "Rencana aksi",
    "Roadmap": "Peta jalan",
    "Closing": "Penutup",
    "Targets of the six dimensions": "Sasaran enam dimensi",
    "Programmes": "Program",
    "Budget of each year": "Anggaran per tahun",
    "Reached so far": "Capaian sampai sekarang",
    "All programmes in ten years": "Seluruh program dalam sepuluh tahun",
    # sentences
    "This masterplan holds %(count)s programmes in %(dimensions)s dimensions.":
        "Masterplan ini memuat %(count)s program dalam %(dimensions)s dimensi.",
    "No programme has work in this term yet.": "Belum ada kegiatan program pada jangka ini.",
    "No result has been recorded yet.": "Belum ada capaian yang dicatat.",
    "The totals hold only budgets that were filled in; %(count)s rows have none yet.":
        "Jumlah hanya memuat anggaran yang sudah diisi; %(count)s baris belum diisi.",
    # columns and fields
    "Programme": "Program",
    "Dimension": "Dimensi",
    "Sub-dimension": "Subdimensi",
    "Target": "Target",
    "Aim": "Sasaran",
    "Strategy": "Strategi",
    "Gap": "Kesenjangan",
    "Element": "Elemen",
    "Part": "Bagian",
    "What is done": "Kegiatan",
    "Budget": "Anggaran",
    "Total": "Jumlah",
    "Policy": "Kebijakan",
    "Institution": "Kelembagaan",
    "Supporting infrastructure": "Infrastruktur pendukung",
    "Application and software": "Aplikasi dan perangkat lunak",
    "Literacy of the public": "Literasi masyarakat",
    "Responsible": "Penanggung jawab",
    "Indicator": "Indikator",
    "Baseline": "Nilai awal",
    "Source": "Sumber",
    "source": "sumber",
    "Evidence": "Bukti",
    "Reached": "Capaian",
    "Of the way": "Tercapai",
    # terms
    "Term": "Jangka",
    "Short term": "Jangka pendek",
    "Medium term": "Jangka menengah",
    "Long term": "Jangka panjang",
    # dimensions and readiness
    "Without a dimension": "Belum ada dimensi",
    "Public service": "Pelayanan publik",
    "Bureaucracy": "Birokrasi",
    "Public policy": "Kebijakan publik",
    "Tourism": "Pariwisata",
    "Business": "Bisnis",
    "Face of the city": "Wajah kota",
    "Industry ecosystem": "Ekosistem industri",
    "Welfare": "Kesejahteraan",
    "Transaction ecosystem": "Ekosistem transaksi",
    "Harmony of space": "Harmoni ruang",
    "Health": "Kesehatan",
    "Mobility": "Mobilitas",
    "Community": "Komunitas",
    "Learning": "Pembelajaran",
    "Safety": "Keamanan",
    "Protection": "Perlindungan lingkungan",
    "Waste": "Pengelolaan sampah",
    "Energy": "Energi",
    "Structure": "Struktur",
    "Infrastructure": "Infrastruktur",
    "Superstructure": "Suprastruktur",
    "People": "Sumber daya manusia",
    "Finance": "Keuangan",
    "Governance": "Tata kelola",
    "Physical": "Fisik",
    "Digital": "Digital",
    "Social": "Sosial",
    "Regulation and policy": "Regulasi dan kebijakan",
    "Institutions": "Kelembagaan",
    "Implementation": "Pelaksanaan",
    # letters
    "Decision": "Surat keputusan",
    "Number": "Nomor",
    "Considering": "Menimbang",
    "Decides": "Memutuskan",
    "Selected regions": "Daerah terpilih",
    "Rank": "Peringkat",
    "Region": "Daerah",
    "Score": "Nilai",
    "Reason": "Alasan",
    "Set on": "Ditetapkan pada",
    "Commitment": "Lembar komitmen",
    "Press sheet": "Lembar pers",
    "Winners": "Penerima penghargaan",
    "Category": "Kategori",
    "Winner": "Penerima",
    "Figures and their sources": "Angka dan sumbernya",
    "Figure": "Keterangan",
    "Value": "Angka",
    # certificates
    "Certificate": "Sertifikat",
    "Given to": "Diberikan kepada",
    "Check this certificate": "Periksa sertifikat ini",
    "Code": "Kode",
}  # fmt: skip
"""English -> Indonesian."""


def words(language: str) -> Say:
    """A speaker of ``language``: Indonesian, or English where it is ``en``. KeyError on a word that has no pair."""
    return (lambda text: text) if language == "en" else INDONESIAN.__getitem__


def locale_of(language: str) -> str:
    """The language in which numbers are written and hyphens are set: en or id."""
    return "en" if language == "en" else "id"


def amount(value: Decimal | None, language: str) -> str | None:
    """A number as it was given, unrounded."""
    if value is None:
        return None
    return format_decimal(value, locale=locale_of(language), decimal_quantization=False)


def money(value: Decimal | None, language: str) -> str | None:
    """Whole rupiah: Rp 1.250.000. The blank does not break."""
    if value is None:
        return None
    return f"Rp\u00a0{amount(value.quantize(Decimal(1), ROUND_HALF_UP), language)}"


def percent(value: Decimal | None, language: str) -> str:
    """With one decimal; empty where it cannot be known."""
    if value is None:
        return ""
    return f"{amount(value.quantize(Decimal('0.1'), ROUND_HALF_UP), language)}%"

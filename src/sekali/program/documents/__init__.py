"""Documents of the movement: what is in them (books, letters), and how they are drawn (PDF, DOCX)."""

from .blocks import (
    EXAMPLE,
    Block,
    Bullets,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Row,
    Signatures,
    Signer,
    Table,
    Timeline,
)
from .books import book
from .docx import docx
from .letters import Figure, Selected, commitment, decision_letter, press_sheet
from .pdf import Certificate, certificate, pdf

__all__ = [
    "EXAMPLE",
    "Block",
    "Bullets",
    "Certificate",
    "Document",
    "Facts",
    "Figure",
    "Heading",
    "PageBreak",
    "Paragraph",
    "Row",
    "Selected",
    "Signatures",
    "Signer",
    "Table",
    "Timeline",
    "book",
    "certificate",
    "commitment",
    "decision_letter",
    "docx",
    "pdf",
    "press_sheet",
]

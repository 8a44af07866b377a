"""A process that sets one document: a template and standards as its arguments, data as JSON in, a PDF out. See pdf.py."""

import sys
from pathlib import Path

import typst


def main() -> None:
    """Only with the fonts that Typst brings, so that a page looks the same on every machine."""
    folder = Path(__file__).parent
    made = typst.compile(
        folder / sys.argv[1],
        root=folder,
        font_paths=typst.Fonts(include_system_fonts=False),
        ignore_system_fonts=True,
        sys_inputs={"document": sys.stdin.buffer.read().decode()},
        format="pdf",
        pdf_standards=sys.argv[2:],
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()

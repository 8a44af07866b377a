"""SQL kept beside the Python of the same name, each query named and with its purpose in one line.

-- name: find_citizen
-- The citizen that an identifier belongs to.
select ...
"""

import re
from pathlib import Path
from types import SimpleNamespace

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def queries(module_file: str) -> SimpleNamespace:
    """The named queries of the ``.sql`` file beside ``module_file``, as attributes."""
    parts = _NAME.split(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8"))
    return SimpleNamespace(
        **{name: text.strip().rstrip(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    )

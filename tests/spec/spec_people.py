"""Forms as a clerk fills them."""

from datetime import date
from typing import Any
from uuid import UUID

from sekali import care


def form(department: UUID, **more: Any) -> care.Registration:
    """The least of the only form; a NIK, a mother's NIK or a reason comes with ``more``."""
    return care.Registration(
        **{"name": "Uji Coba", "sex": "female", "birth_date": date(1990, 7, 14), "department": department} | more
    )

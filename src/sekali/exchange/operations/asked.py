"""What an operation was asked: parameters in the address, or a Parameters resource, or one resource by itself.

https://hl7.org/fhir/R4/operations.html#executing
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request

from sekali import kernel

from ..messages import read_body

FORM = frozenset({"_format", "_pretty"})
_list = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters by their names.

    :ivar values: as they came: text from the address, FHIR values from Parameters.
    :ivar resources: the exact bytes of those that are resources.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    resources: dict[str, bytes] = field(default_factory=dict)

    def first(self, name: str) -> Any:
        """The first value, None without one."""
        return self.values.get(name, [None])[0]

    def text(self, name: str) -> str:
        """Empty where it was not given. Raises Invalid for what is no text."""
        value = self.first(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise kernel.Invalid("%(name)s needs a text.", path=name, name=name)
        return value

    def texts(self, name: str) -> list[str]:
        """All values, commas between them too."""
        return [part for value in self.values.get(name, ()) for part in str(value).split(",") if part]

    def element(self, name: str) -> dict[str, Any] | None:
        """A Coding, CodeableConcept, Reference … Raises Invalid for what is none."""
        value = self.first(name)
        if value is not None and not isinstance(value, dict):
            raise kernel.Invalid("%(name)s is sent in a Parameters resource.", path=name, name=name)
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """Raises Invalid; more than ``most`` is ``most``."""
        text = str(default if self.first(name) is None else self.first(name))
        if not text.isdecimal() or len(text) > 9:
            raise kernel.Invalid("%(name)s needs a whole number.", path=name, name=name)
        return min(int(text), most)

    def flag(self, name: str) -> bool:
        """False where it was not given."""
        return self.first(name) in (True, "true")

    def moment(self, name: str, default: datetime) -> datetime:
        """A date or time; a date alone is its first moment in UTC. Raises Invalid."""
        text = self.text(name)
        if not text:
            return default
        try:
            found = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path=name, name=name) from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


async def asked(request: Request, names: Collection[str], bare: str = "") -> Asked:
    """What was asked. Raises Invalid for a parameter that the operation has not.

    :param bare: the parameter that a body is which is no Parameters resource; empty where there is none.
    """
    found = Asked()
    for name, value in request.query_params.multi_items():
        if name not in FORM:
            found.values.setdefault(name, []).append(value)
    length = request.headers.get("content-length", "0")
    if request.method == "POST" and (length != "0" or "transfer-encoding" in request.headers):
        _add(found, await read_body(request), bare)
    unknown = sorted((found.values.keys() | found.resources.keys()) - set(names))
    if unknown:
        raise kernel.Invalid("This operation has no parameter %(name)s.", path=unknown[0][:64], name=unknown[0][:64])
    return found


def _add(found: Asked, body: bytes, bare: str) -> None:
    members = kernel.members(body)
    if bytes(members.get("resourceType", b"")) != b'"Parameters"':
        if not bare:
            raise kernel.Invalid("Send a Parameters resource.", path="resourceType")
        found.resources[bare] = body
        return
    try:
        entries = _list.decode(members.get("parameter", b"[]"))
    except msgspec.MsgspecError as error:
        raise kernel.Invalid(faults=[kernel.Fault("Parameters.parameter", str(error))]) from None
    for entry in entries:
        own = kernel.members(bytes(entry))
        name = kernel.decode(bytes(own.get("name", b'""')))
        if not isinstance(name, str):
            raise kernel.Invalid(faults=[kernel.Fault("Parameters.parameter.name", "must be a text")])
        if "resource" in own:
            found.resources[name] = bytes(own["resource"])
        value = next((value for member, value in own.items() if member.startswith("value")), None)
        if value is not None:
            found.values.setdefault(name, []).append(kernel.decode(bytes(value)))


def parameters(entries: list[tuple[str, str, Any]]) -> bytes:
    """A Parameters resource of (name, member, value), such as ("result", "valueBoolean", True)."""
    body = [{"name": name, member: value} for name, member, value in entries]
    return kernel.encode({"resourceType": "Parameters", **({"parameter": body} if body else {})})

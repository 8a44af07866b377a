"""FHIRPath Patch: one operation of a Parameters resource. https://hl7.org/fhir/R4/fhirpatch.html"""

from typing import Any

from .definitions import Element
from .paths import Place, Refused, element_of, list_at, lists, member_of, places

Parts = dict[str, dict[str, Any]]
_PARTS = ("type", "path", "name", "value", "index", "source", "destination")


def read_parts(parameter: Any) -> Parts:
    """The parts of one ``operation`` by their names. Raises Refused."""
    parts = parameter.get("part") if isinstance(parameter, dict) and parameter.get("name") == "operation" else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Refused("each parameter has the name operation and a list of part")
    found = {part.get("name"): part for part in parts}
    if len(found) < len(parts) or not found.keys() <= set(_PARTS):
        raise Refused(f"the parts are {', '.join(_PARTS)}, each once")
    return found


def apply(resource: dict[str, Any], parts: Parts) -> None:
    """Do one operation in ``resource``. Raises Refused; then the resource may be half-changed."""
    operation = _OPERATIONS.get(_text(parts, "type"))
    if operation is None:
        raise Refused(f"the type must be one of {', '.join(_OPERATIONS)}")
    operation(resource, _text(parts, "path"), parts)


def _add(resource: dict[str, Any], path: str, parts: Parts) -> None:
    _put(_one(resource, path), _text(parts, "name"), _part(parts, "value"))


def _insert(resource: dict[str, Any], path: str, parts: Parts) -> None:
    place, name = list_at(resource, path)
    index = _number(parts, "index")
    _, value = _content(_part(parts, "value"), element_of(place, name)[0].types[0])
    values, extensions = _pair(place.object, name)
    if index > len(values):
        raise Refused("the index is beyond the end of the list; use add to append")
    values.insert(index, value)
    extensions.insert(index, None)
    _tidy(place.object, name)


def _delete(resource: dict[str, Any], path: str, parts: Parts) -> None:
    found = places(resource, path)
    if len(found) > 1:
        raise Refused(f"only one element can be deleted at once; {len(found)} fit")
    for place in found:
        if place.up is None:
            raise Refused("a whole resource is deleted with DELETE")
        _remove(place)


def _replace(resource: dict[str, Any], path: str, parts: Parts) -> None:
    place = _one(resource, path)
    if place.up is None:
        raise Refused("a whole resource is replaced with PUT")
    type, value = _content(_part(parts, "value"), place.type)
    if place.index is not None:
        values, extensions = _pair(place.holder, place.member)
        values[place.index], extensions[place.index] = value, None
        _tidy(place.holder, place.member)
        return
    member = _chosen(element_of(place.up, place.choice)[0], place.choice, type) if place.choice else place.member
    kept = [(name, content) for name, content in place.holder.items() if name != f"_{place.member}"]
    place.holder.clear()
    place.holder.update((member, value) if name == place.member else (name, content) for name, content in kept)
    place.holder.setdefault(member, value)  # where there were only extensions


def _move(resource: dict[str, Any], path: str, parts: Parts) -> None:
    place, name = list_at(resource, path)
    source, destination = _number(parts, "source"), _number(parts, "destination")
    both = _pair(place.object, name)
    if max(source, destination) >= len(both[0]):
        raise Refused(f"source and destination must be below the length of the list, {len(both[0])}")
    for one in both:
        one.insert(destination, one.pop(source))
    _tidy(place.object, name)


_OPERATIONS = {"add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move}


def _put(place: Place, name: str, part: dict[str, Any]) -> None:
    """Append to a list, or set what is not there yet."""
    element, choice = element_of(place, name)
    type, value = _content(part, element.types[0])
    holder = place.object
    if element.many:
        values, extensions = _pair(holder, name)
        values.append(value)
        extensions.append(None)
        _tidy(holder, name)
        return
    members = [member_of(name, one) for one in element.types] if choice else [name]
    if any(member in holder or f"_{member}" in holder for member in members):
        raise Refused("this element is there already and is no list; use replace")
    holder[_chosen(element, name, type) if choice else name] = value


def _chosen(element: Element, name: str, type: str) -> str:
    """The JSON name of an element of several types with a value of ``type``, written as in ``value[x]``."""
    if type not in {member_of("", one) for one in element.types}:
        raise Refused(f"the value must be one of {', '.join(member_of('value', one) for one in element.types)}")
    return name + type


def _content(part: dict[str, Any], type: str) -> tuple[str, Any]:
    """What a part carries: its type as ``value[x]`` names it (empty for an element's own parts), and the JSON value."""
    values = [name for name in part if name.startswith("value")]
    if any(name.startswith("_value") for name in part):
        raise Refused("extensions of a simple value cannot be sent by FHIRPath Patch here; send a JSON Patch")
    if len(values) == 1 and "part" not in part:
        return values[0].removeprefix("value"), part[values[0]]
    inner = part.get("part")
    if values or not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
        raise Refused("a value is either one value[x] or a list of part")
    built: dict[str, Any] = {}
    for one in inner:
        _put(Place(type, None, built), _string(one.get("name"), "name"), one)
    return "", built


def _remove(place: Place) -> None:
    """Take an element away, and those around it that are empty then: FHIR has no empty elements."""
    holder, member = place.holder, place.member
    if place.index is None:
        holder.pop(member, None)
        holder.pop(f"_{member}", None)
    else:
        for one in _pair(holder, member):
            del one[place.index]
        _tidy(holder, member)
    if place.up is not None and place.up.up is not None and not holder:
        _remove(place.up)


def _pair(holder: dict[str, Any], member: str) -> tuple[list[Any], list[Any]]:
    """A list and that of its simple values' extensions, of one length. What stays without content goes by _tidy."""
    length = max((len(one) for one in lists(holder, member)), default=0)
    values, extensions = holder.setdefault(member, []), holder.setdefault(f"_{member}", [])
    for one in (values, extensions):
        one += [None] * (length - len(one))
    return values, extensions


def _tidy(holder: dict[str, Any], member: str) -> None:
    for name in (member, f"_{member}"):
        if all(one is None for one in holder[name]):
            del holder[name]


def _one(resource: dict[str, Any], path: str) -> Place:
    found = places(resource, path)
    if len(found) != 1:
        raise Refused(f"the path must lead to one element; {len(found)} are there")
    return found[0]


def _part(parts: Parts, name: str) -> dict[str, Any]:
    if name not in parts:
        raise Refused(f"the part {name} is missing")
    return parts[name]


def _text(parts: Parts, name: str) -> str:
    part = _part(parts, name)
    return _string(part.get("valueCode", part.get("valueString")), name)


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"the part {name} needs a text (valueString or valueCode)")
    return value


def _number(parts: Parts, name: str) -> int:
    value = _part(parts, name).get("valueInteger")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"the part {name} needs a valueInteger of 0 or more")
    return value

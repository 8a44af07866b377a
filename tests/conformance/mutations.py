"""Ways to break a resource, one place at a time: what engineers send by mistake."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

Draw = Callable[[list[Any]], Any]
"""Takes one of a list."""
Place = tuple[str | int, ...]


def broken(resource: dict[str, Any], mutation: str, draw: Draw) -> dict[str, Any] | None:
    """A copy with one thing changed; None where this mutation finds no place in it."""
    changed = copy.deepcopy(resource)
    change, fits = MUTATIONS[mutation]
    found = [(inside, key) for inside, key in _places(changed) if fits(inside[key])]
    if not found:
        return None
    change(*draw(found), draw)
    return changed


def _places(value: Any) -> Iterator[tuple[Any, str | int]]:
    """Each object or array with each of its keys, at every depth; the text for people is left alone."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in members:
        if key not in ("text", "resourceType") or not isinstance(value, dict):
            yield value, key
            yield from _places(inside)


def _drop(inside: Any, key: Any, draw: Draw) -> None:
    del inside[key]


def _to(*values: Any) -> Callable[[Any, Any, Draw], None]:
    def change(inside: Any, key: Any, draw: Draw) -> None:
        inside[key] = copy.deepcopy(draw(list(values)))

    return change


def _unknown(inside: Any, key: Any, draw: Draw) -> None:
    inside[key][draw(["tidakAda", "_tidakAda", "nama", "valueTidakAda"])] = draw(["x", 1, {"id": "x"}])


def _one_more(inside: Any, key: Any, draw: Draw) -> None:
    inside[key] = [inside[key], copy.deepcopy(inside[key])]


def _alone(inside: Any, key: Any, draw: Draw) -> None:
    inside[key] = inside[key][0]


def _beside(inside: Any, key: Any, draw: Draw) -> None:
    """The member that carries a primitive's extensions; of objects there is none."""
    if not isinstance(inside, dict):
        return
    inside[f"_{key}"] = copy.deepcopy(draw(
        [{"id": "a"}, {"extension": [{"url": "http://example.org/a", "valueString": "b"}]}, {}, "x", [{"id": "a"}]]
    ))  # fmt: skip


def _second_choice(inside: Any, key: Any, draw: Draw) -> None:
    """A second value beside the first of a choice."""
    inside[key]["valueBoolean" if "valueBoolean" not in inside[key] else "valueString"] = draw([True, "ya"])


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _any(value: Any) -> bool:
    return True


MUTATIONS: dict[str, tuple[Callable[[Any, Any, Draw], None], Callable[[Any], bool]]] = {
    "something is missing": (_drop, _any),
    "a number for a text": (_to(7, -1, 1.5), _text),
    "a text for an object": (_to("teks", "7", ""), _object),
    "an object for a text": (_to({"nilai": "x"}, {"value": "x"}, {"coding": [{"code": "x"}]}), _text),
    "an array for an object": (_to([{"id": "x"}], ["x"]), _object),
    "true for anything": (_to(True), _any),
    "an element that R4 does not know": (_unknown, _object),
    "a code that is none": (_to("bukan-kode", "Final", "0"), _text),
    "a date that is none": (_to("2026-13-45", "23-11-2026", "2026-11-23T08:00:00", "2026-02-30", "2026-11"), _text),
    "several for one": (_one_more, _any),
    "one for several": (_alone, lambda value: isinstance(value, list) and len(value) > 0),
    "nothing": (_to(None), _any),
    "an empty array": (_to([]), _any),
    "an empty object": (_to({}), _any),
    "an empty text": (_to("", " "), _text),
    "an array of nothing": (_to([None], [[]], [{}], [""]), lambda value: isinstance(value, list)),
    "a member beside": (_beside, lambda value: not isinstance(value, list)),
    "two of a choice": (_second_choice, lambda value: isinstance(value, dict) and any(k[:5] == "value" for k in value)),
    "blanks and signs": (_to("a b", " a", "a\u00a0b", "é", "http://contoh.id/a b", "urn:oid:1", "=="), _text),
}
"""Name -> what is done, and with which values."""

"""An example as code: curl, Python with httpx, JavaScript with fetch. One way to lay out data, three ways to write it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .example import Example

WIDTH = 84
_PLACE = re.compile(r"\{([a-z_]+)\}")
Text = Callable[[str], str]


class Language(NamedTuple):
    """:ivar begin: what comes before all examples; ``base`` is the server's address.
    :ivar write: the code of one example.
    """

    name: str
    begin: Callable[[str], str]
    write: Callable[[Example], str]


def filled(value: Any, settings: Mapping[str, str]) -> Any:
    """A value with the places that are settings (a client id) filled in; those kept from answers stay."""
    if isinstance(value, str):
        return _PLACE.sub(lambda place: settings.get(place[1], place[0]), value)
    if isinstance(value, Mapping):
        return {name: filled(one, settings) for name, one in value.items()}
    return [filled(one, settings) for one in value] if isinstance(value, list) else value


def _laid(value: Any, text: Text, words: Mapping[Any, str], indent: int) -> str:
    """Data as a literal: on one line where it fits, else one member a line."""
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, (Mapping, list)):
        return words.get(value, str(value)) if isinstance(value, bool) else str(value)
    within = indent + 2
    if isinstance(value, Mapping):
        parts = [f"{json.dumps(name)}: {_laid(one, text, words, within)}" for name, one in value.items()]
    else:
        parts = [_laid(one, text, words, within) for one in value]
    begin, end = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    line = begin + ", ".join(parts) + end
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    inside = (",\n" + " " * within).join(parts)
    return f"{begin}\n{' ' * within}{inside}\n{' ' * indent}{end}"


def _quoted(text: str) -> str:
    """A text in the quotes that it does not hold itself."""
    return f"'{text}'" if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


# curl


def _shell(text: str) -> str:
    """Inside double quotes of a shell or in a here-document: variables for places, all else as it is."""
    safe = re.sub(r"([$`\\])", r"\\\1", text)
    return _PLACE.sub(lambda place: f"${place[1].upper()}", safe)


def _shell_word(text: str) -> str:
    """One word of a command."""
    if _PLACE.search(text) is None:
        return f"'{text}'"
    return '"' + _shell(text).replace('"', '\\"') + '"'


def _shell_begin(base: str) -> str:
    return f"""BASE={base}
NIK=99$((RANDOM % 9000 + 1000))170591$((RANDOM % 9000 + 1000))   # 99: nobody's
take() {{ python3 -c 'import json, sys
found = json.load(open(sys.argv[1]))
for step in sys.argv[2:]: found = found[int(step) if step.isdigit() else step]
print(found)' "$@"; }}"""


def _curl(one: Example) -> str:
    parts = ["curl -s -w '%{http_code}\\n' -o " + f"{one.id}.json"]
    if one.query and one.form:
        address = one.address() + "?" + "&".join(f"{name}={value}" for name, value in one.query.items())
    else:
        address = one.address()
    if one.query and not one.form:
        parts[0] += " -G"
    if one.method in ("PATCH", "DELETE"):
        parts[0] += f" -X {one.method}"
    parts += [f"-H {_shell_word(f'{name}: {value}')}" for name, value in one.sent_headers().items()]
    fields = one.form or one.query
    parts += [f"--data-urlencode {_shell_word(f'{name}={value}')}" for name, value in fields.items()]
    if one.body is None:
        parts.append(_shell_word(address))
        code = " \\\n  ".join(parts)
    else:
        parts += ["-d @-", f"{_shell_word(address)} <<JSON"]
        body = _laid(
            one.body, lambda text: json.dumps(_shell(text), ensure_ascii=False), {True: "true", False: "false"}, 0
        )
        code = " \\\n  ".join(parts) + f"\n{body}\nJSON"
    steps = [(f"{name.upper()}=$(", ")", where) for name, where in one.keep.items()]
    steps += [("", "", one.show)] if one.show else []
    took = [f"{before}take {one.id}.json {' '.join(map(str, where))}{after}" for before, after, where in steps]
    return "\n".join([code, *took])


# Python


def _python_text(text: str) -> str:
    if one := _PLACE.fullmatch(text):
        return one[1]
    return f"f{_quoted(text)}" if _PLACE.search(text) else _quoted(text)


def _python_begin(base: str) -> str:
    return f"""from random import randint
import httpx

base = "{base}"
nik = f"99{{randint(1000, 9999)}}170591{{randint(1000, 9999)}}"  # 99: nobody's"""


def _python(one: Example) -> str:
    words = {True: "True", False: "False"}
    lines = [_python_text(one.address())]
    given = (("params", one.query), ("headers", one.sent_headers()), ("data", one.form), ("json", one.body))
    lines += [f"{name}={_laid(value, _python_text, words, 4)}" for name, value in given if value]
    call = f"{one.id} = httpx.{one.method.lower()}"
    code = f"{call}(\n    " + ",\n    ".join(lines) + ",\n)"
    took = [f"{name} = {one.id}.json(){_steps(where)}" for name, where in one.keep.items()]
    took += [f"print({one.id}.json(){_steps(one.show)})"] if one.show else []
    return "\n".join([code, f"print({one.id}.status_code)", *took])


def _steps(where: Sequence[str | int]) -> str:
    return "".join(f"[{json.dumps(step)}]" for step in where)


# JavaScript


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _script_text(text: str) -> str:
    if one := _PLACE.fullmatch(text):
        return _camel(one[1])
    if not _PLACE.search(text):
        return _quoted(text)
    return "`" + _PLACE.sub(lambda place: f"${{{_camel(place[1])}}}", text) + "`"


def _script_begin(base: str) -> str:
    return f"""const base = "{base}";
const digits = () => 1000 + Math.floor(Math.random() * 9000);
const nik = `99${{digits()}}170591${{digits()}}`; // 99: nobody's"""


def _script(one: Example) -> str:
    words = {True: "true", False: "false"}
    address = _script_text(one.address() + ("?" if one.query else ""))
    if one.query:
        address += f" + new URLSearchParams({_laid(one.query, _script_text, words, 0)})"
    given = [f'method: "{one.method}"'] if one.method != "GET" else []
    if one.sent_headers():
        given.append(f"headers: {_laid(one.sent_headers(), _script_text, words, 2)}")
    if one.form:
        given.append(f"body: new URLSearchParams({_laid(one.form, _script_text, words, 2)})")
    if one.body is not None:
        given.append(f"body: JSON.stringify({_laid(one.body, _script_text, words, 2)})")
    code = f"const {one.id} = await fetch({address}, {{\n  " + ",\n  ".join(given) + ",\n});"
    lines = [code, f"console.log({one.id}.status);"]
    if one.keep or one.show:
        lines.append(f"const {one.id}Body = await {one.id}.json();")
    lines += [f"const {_camel(name)} = {one.id}Body{_steps(where)};" for name, where in one.keep.items()]
    lines += [f"console.log({one.id}Body{_steps(one.show)});"] if one.show else []
    return "\n".join(lines)


LANGUAGES = {
    "curl": Language("curl", _shell_begin, _curl),
    "python": Language("Python", _python_begin, _python),
    "javascript": Language("JavaScript", _script_begin, _script),
}

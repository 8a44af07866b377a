"""What schemathesis does before and after each request (``SCHEMATHESIS_HOOKS=driving``): takes somebody's part, looks at the
answer as ``asking.faults`` does, and counts who came through which route.

:envvar FUZZ_WITH: a JSON file: ``who`` -> headers, ``home`` -> where redirects may lead, ``secrets`` -> what no refusal tells.
:envvar FUZZ_COUNTS: where to write (operation, who) -> how often, by status.
"""

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import schemathesis
from asking import Answer, Request, faults
from described import AS

_WITH = json.loads(Path(os.environ["FUZZ_WITH"]).read_text())
_ENDS_SESSIONS = ("/keluar", "/akun/sesi", "/akun/sandi", "/akun/kode", "/akun/kunci")
_COUNTS: Counter[str] = Counter()
_ASKED: Counter[str] = Counter()
_TURNS: dict[str, str] = {}
atexit.register(lambda: Path(os.environ["FUZZ_COUNTS"]).write_text(json.dumps(_COUNTS)))


def _who(case) -> str:
    """As whom a case is sent: each operation is asked by its own in turn; nobody asks to end their own session."""
    if case.method != "GET" and case.path.startswith(_ENDS_SESSIONS):
        return "nobody"
    if case.id not in _TURNS:
        names = case.operation.definition.raw[AS]
        _TURNS[case.id] = names[_ASKED[case.operation.label] % len(names)]
        _ASKED[case.operation.label] += 1
    return _TURNS[case.id]


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """What proves the name goes along."""
    case.headers.update({"Sec-Fetch-Site": "same-origin"} | _WITH["who"][_who(case)])


@schemathesis.hook
def after_call(context, case, response) -> None:
    """Counts."""
    _COUNTS[f"{case.method} {case.operation.path}|{_who(case)}|{response.status_code}"] += 1


@schemathesis.check
def as_every_answer_has_to_be(ctx, response, case) -> None:
    """No fault of ours, no trace, no header missing, and no secret in a refusal or before nobody's eyes."""
    asked, who = urlsplit(response.request.url), _who(case)
    headers = [
        (name.encode(), value.encode("utf-8", "replace"))
        for name, values in response.headers.items()
        for value in values
    ]
    answer = Answer(response.status_code, headers, response.content)
    wrong = faults(Request(who, case.method, unquote(asked.path), asked.query.encode()), answer, home=_WITH["home"])
    if response.status_code >= 400 or who == "nobody":
        said = f"{unquote(response.request.url)} {response.request.body!r}"
        text = response.content.decode("utf-8", "replace")
        wrong += [f"a secret comes out: {one}" for one in _WITH["secrets"] if one in text and one not in said]
    assert not wrong, f"{case.method} {response.request.url} as {who}: {'; '.join(wrong)}"

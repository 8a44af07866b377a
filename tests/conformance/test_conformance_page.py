"""docs/conformance.md says what the tests show, no more: its table is made from tests/conformance/features.tsv and the
tests that name a feature with ``@pytest.mark.shows``. Write it anew: make conformance
"""

import ast
import csv
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/conformance.md"
BEGIN, END = "<!-- made from the tests: begin -->", "<!-- made from the tests: end -->"
STATES = ("works", "partly", "not")


def features() -> list[dict[str, str]]:
    with (Path(__file__).parent / "features.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def shown() -> dict[str, list[str]]:
    """feature -> the tests that show it, read from their source."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        everywhere = [
            one
            for node in tree.body
            if isinstance(node, ast.Assign) and _is(node, "pytestmark")
            for one in _marks(node.value)
        ]
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                own = [one for decorator in node.decorator_list for one in _marks(decorator)]
                for feature in (*own, *everywhere):
                    found[feature].append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def _is(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _marks(node: ast.AST) -> list[str]:
    return [
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "shows"
        for argument in call.args if isinstance(argument, ast.Constant)
    ]  # fmt: skip


def table() -> str:
    """The table of docs/conformance.md."""
    by_feature, lines, group = shown(), [], ""
    for one in features():
        if one["group"] != group:
            group = one["group"]
            lines += ["", f"### {group}", "", "| what | state | note | shown by |", "|---|---|---|---|"]
        tests = "<br>".join(f"`{name}`" for name in by_feature.get(one["feature"], ())[:3])
        feature = one["feature"].replace("|", "\\|")
        lines.append(f"| {feature} | {one['state']} | {one['note']} | {tests} |")
    return "\n".join(lines).strip()


def test_every_claim_has_its_test_and_every_test_its_claim() -> None:
    by_feature, named = shown(), {one["feature"] for one in features()}
    assert {one["state"] for one in features()} <= set(STATES)
    unshown = [one["feature"] for one in features() if one["state"] != "not" and not by_feature.get(one["feature"])]
    assert not unshown, "a claim without a test"
    assert set(by_feature) <= named, "a test of something that the page does not list"


def test_the_page_is_what_the_tests_say(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
    if request.config.getoption("--write-conformance"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "run: make conformance"

"""docs/access.md is the table of the program, word for word. Write it anew: make access"""

from pathlib import Path

import httpx
import pytest

from sekali import fhir, kernel, security
from sekali.security.access import RULES

PAGE = Path(__file__).parents[3] / "docs/access.md"
BEGIN, END = "<!-- made from the table: begin -->", "<!-- made from the table: end -->"


def tables() -> str:
    """The access table, what its names stand for, and what is sensitive."""
    lines = [
        "| who | purpose | relation to the person | sees | writes | sensitive matters | ground |", "|---|---|---|---|---|---|---|"
    ]  # fmt: skip
    for one in security.table.lines():
        cared = f"; {', '.join(one.names['cared'])}: only of people whom the facility cares for" if one.cared else ""
        if one.introduced:
            cared += f"; {', '.join(one.names['introduced'])} of others: an introduction"
        sensitive = "all" if one.sensitive == "all" else "own, or with consent"
        lines.append(
            f"| {', '.join(one.roles)} | {one.purpose} | {', '.join(one.relations)} | {', '.join(one.names['reads'])}{cared} "
            f"| {', '.join(one.names['writes']) or '-'} | {sensitive} | {one.ground} |"
        )
    lines += ["", "| name | kinds | what that is |", "|---|---|---|"]
    lines += [
        f"| {name} | {contents} | {meaning} |" for name, (contents, meaning) in security.table.words("kinds").items()
    ]
    lines += ["", "| class | system | codes | what |", "|---|---|---|---|"]
    lines += [
        f"| {row['class']} | `{row['system']}` | {row['codes']} | {row['what']} |"
        for row in security.table.rows("sensitive")
    ]
    return "\n".join(lines)


def test_the_page_is_the_table(request: pytest.FixtureRequest) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    made = f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"
    if request.config.getoption("--write-access"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "run: make access"


def test_every_line_of_the_table_is_a_rule_and_every_rule_a_line() -> None:
    assert len(RULES) == len(security.table.lines())
    for rule, line in zip(RULES, security.table.lines(), strict=True):
        assert (rule.reads, rule.writes, rule.related, rule.basis) == (line.reads, line.writes, line.cared, line.ground)
        assert rule.unsealed == (line.sensitive == "all") and line.sensitive in ("all", "consent")
        assert rule.introduced == line.introduced
        assert rule.related | rule.introduced <= rule.reads and not rule.related & rule.introduced


def test_no_line_hides_behind_another() -> None:
    """The first line that fits decides: of a role, a purpose and a relation there is one."""
    seen = [
        (role, rule.purpose, relation) for rule in RULES for role in rule.roles for relation in rule.relations
    ]  # fmt: skip
    assert len(seen) == len(set(seen))


def test_only_the_person_an_emergency_and_the_operator_see_everything_without_consent() -> None:
    purposes = {rule.purpose for rule in RULES if rule.unsealed}
    assert purposes == {
        security.Purpose.OWN_RECORD, security.Purpose.EMERGENCY, security.Purpose.EXPORT, security.Purpose.LOAD
    }  # fmt: skip


def test_every_kind_of_the_table_is_known() -> None:
    own = {name for names in security.table.words("kinds").values() for name in names[0].split()}
    for line in security.table.lines():
        for kind in line.reads | line.writes:
            assert kind in fhir.TYPES or kind in own, kind


def test_every_ground_and_name_has_an_indonesian_text() -> None:
    for row in security.table.rows("words"):
        assert kernel.translate("id", row["meaning"]) != row["meaning"], row["meaning"]


async def test_everybody_may_read_the_table(city) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=city.asgi), base_url="http://uji") as client:
        answer = await client.get("/kebijakan")
        assert answer.status_code == 200 and answer.text.count("<tr>") == len(RULES) + 1
        assert "kepentingan vital" in answer.text

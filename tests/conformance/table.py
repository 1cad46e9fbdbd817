# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table: what each judge said beside what is true, and the disagreements that have a reason."""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from items import ARCHIVE, ENVELOPE, PASSED, REFUSED, SIGNATURE, Item

# Columns.
JUDGES = tuple(dict.fromkeys((*ARCHIVE, *SIGNATURE, *ENVELOPE)))


@dataclass
class Known:
    """A disagreement someone explained: these files, this judge, this verdict, this reason."""

    files: list[str]
    judge: str
    verdict: str
    reason: str
    met: set[str] = field(default_factory=set)

    def matches(self, file: str) -> bool:
        return any(fnmatchcase(file, pattern) for pattern in self.files)


def read_known(path: Path) -> list[Known]:
    """The file of disagreements. A key too many or too few is an error; so is a false accept of ours."""
    known = [Known(**entry) for entry in tomllib.loads(path.read_text("utf-8")).get("disagreement", [])]
    for entry in known:
        if entry.judge == "delibera" and entry.verdict == PASSED:
            raise ValueError(f"{entry.files}: what delibera passes and should not is a defect, not a listed one")
    return known


def agrees(expected: str, verdict: str) -> bool:
    """`refused` is any word but passed: judges refuse in several. A crash is no answer."""
    return verdict not in (PASSED, "crashed") if expected == REFUSED else verdict == expected


@dataclass
class Table:
    """Every check, and what is wrong."""

    items: list[Item]
    rows: dict[str, dict[str, str]]
    passed: Counter
    listed: Counter
    problems: list[str]

    @property
    def totals(self) -> tuple[int, int]:
        return sum(self.passed.values()) + sum(self.listed.values()), len(self.problems)


def judge(items: list[Item], verdicts: list, known: list[Known]) -> Table:
    """One check for each file and judge, one for each listed disagreement on each file it names."""
    said = {(v.judge, v.file): v for v in verdicts}
    table = Table(items, {}, Counter(), Counter(), [])
    for item in items:
        row = table.rows[item.file] = {}
        for name, expected in item.expected().items():
            verdict = said.get((name, item.file))
            entry = next((k for k in known if k.judge == name and k.matches(item.file)), None)
            row[name] = cell(table, entry, item.file, name, expected, verdict)
    for entry in known:
        if not entry.met:
            table.problems.append(f"{entry.judge} on {entry.files}: no such disagreement any more")
        for pattern in entry.files:
            if not any(fnmatchcase(item.file, pattern) for item in items):
                table.problems.append(f"disagreements.toml names {pattern}, which is not in the corpus")
    return table


def cell(table: Table, entry: Known | None, file: str, judge: str, expected: str, verdict) -> str:
    """What goes into the table; a problem is kept aside."""
    if verdict is None:
        table.problems.append(f"{file}: {judge} said nothing")
        return "✗ silent"
    if agrees(expected, verdict.verdict):
        if entry:
            table.problems.append(f"{file}: {judge} agrees ({verdict.verdict}), but is listed as disagreeing")
            return f"✗ {verdict.verdict}"
        table.passed[judge] += 1
        return verdict.verdict
    if entry and entry.verdict == verdict.verdict:
        entry.met.add(file)
        table.listed[judge] += 1
        return f"({verdict.verdict})"
    listed = f", listed as {entry.verdict}" if entry else ""
    table.problems.append(
        f"{file}: {judge} says {verdict.verdict}{listed}, expected {expected}. {verdict.detail[:400]}"
    )
    return f"✗ {verdict.verdict}"


# --- Writing ------------------------------------------------------------------------------------------


def summary(table: Table) -> str:
    """Judge by judge: as expected, listed, in all."""
    lines = [f"{'judge':<10} {'agrees':>7} {'listed':>7} {'files':>7}"]
    for name in JUDGES:
        asked = sum(name in row for row in table.rows.values())
        lines.append(f"{name:<10} {table.passed[name]:>7} {table.listed[name]:>7} {asked:>7}")
    return "\n".join(lines)


def markdown(table: Table, known: list[Known]) -> str:
    """The whole table."""
    expected = Counter(item.signatures for item in table.items)
    lines = [
        "# What the judges say",
        "",
        f"{len(table.items)} files: {expected[PASSED]} with sound signatures, {expected[REFUSED]} to be "
        f"refused, {expected['unsigned']} not signed. In brackets: a disagreement listed in "
        "`tests/conformance/disagreements.toml`; ✗: one that is not.",
        "",
        "```text",
        summary(table),
        "```",
        "",
        f"| file | expected | {' | '.join(JUDGES)} |",
        f"|---|---|{'---|' * len(JUDGES)}",
    ]
    for item in table.items:
        row = table.rows[item.file]
        cells = " | ".join(row.get(name, "") for name in JUDGES)
        lines.append(f"| {item.file} | {item.signatures} | {cells} |")
    lines += ["", "## Disagreements", ""]
    for entry in known:
        lines.append(f"- **{entry.judge}** says *{entry.verdict}* of {len(entry.met)} files: {entry.reason}")
    if table.problems:
        lines += ["", "## Problems", "", *(f"- {problem}" for problem in table.problems)]
    return "\n".join(lines) + "\n"

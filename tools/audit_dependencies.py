"""Look for known vulnerabilities in everything that is installed in this environment: ``make audit``.

    python tools/audit_dependencies.py [FILE]

Fails on a vulnerability for which there is a release that mends it. One that nobody has mended yet, and whatever could
not be looked up, is no failure, since nothing can be done about it here; but it is said, and written to FILE, a line
each, so that a longer run can say it again at its end. That nobody could be asked is never taken for good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = "wagtail-personalise-gov"
SECONDS = 300  # that one service may take

# The tool's own choice of a database first, then the other that it knows.
SERVICES: tuple[tuple[str, ...], ...] = ((), ("--vulnerability-service", "osv"))


@dataclass
class Findings:
    """What was looked up, what has a remedy, and what has to be said all the same."""

    audited: list[str] = field(default_factory=list)
    to_mend: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def findings(report: Any) -> Findings:
    """What a report in JSON says."""
    found, unknown = Findings(), []
    for package in report.get("dependencies", ()):
        name = package["name"]
        if "skip_reason" in package:
            if name != OURS:
                unknown.append(name)
            continue
        found.audited.append(name)
        for fault in package.get("vulns", ()):
            line = f"{name} {package['version']}: {fault['id']}"
            if fault.get("fix_versions"):
                found.to_mend.append(f"{line}, mended in {', '.join(fault['fix_versions'])}")
            else:
                found.notes.append(f"{line}, which nobody has mended yet")
    if unknown:
        found.notes.append(f"dependencies that could not be looked up: {', '.join(sorted(unknown))}")
    return found


def asked(service: tuple[str, ...]) -> Findings | None:
    """What a service knows of this environment; None where it could not be asked."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--format", "json", *service]
    try:
        answer = subprocess.run(
            [*command, "--progress-spinner", "off"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        report = json.loads(answer.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # no report, so no answer
        return None
    found = findings(report)
    # A service that knows none of them was not there: something on the way answered for it.
    return found if found.audited else None


def main(notes_file: Path | None = None) -> int:
    found = next(filter(None, map(asked, SERVICES)), None)
    if found is None:
        found = Findings(notes=["dependencies were NOT audited: no database of vulnerabilities could be reached"])
    else:
        print(f"{len(found.audited)} packages were looked up.")
    for line in found.to_mend:
        print(f"Vulnerable: {line}.")
    for note in found.notes:
        print(f"Note: {note}.")
    if notes_file is not None:
        notes_file.parent.mkdir(parents=True, exist_ok=True)
        notes_file.write_text("".join(f"{note}\n" for note in found.notes))
    return 1 if found.to_mend else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))

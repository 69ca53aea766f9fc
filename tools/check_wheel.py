"""Compare the wheel with the package's folder: what is missing from it, and what has no business there.

    python tools/check_wheel.py FOLDER    (with one wheel in it)

Templates, pictures and translations are easily left out of a wheel, and a test in the checkout never notices.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "wagtail_personalise_gov"
# A wheel without these would install, import, and then fail a site or an editor.
COMPULSORY = (
    f"{PACKAGE}/py.typed",
    f"{PACKAGE}/templates/",
    f"{PACKAGE}/static/",
    f"{PACKAGE}/migrations/0001_",
    f"{PACKAGE}/locale/cy/LC_MESSAGES/django.mo",
)
LEFT_OUT = {".pyc", ".pyo", ".po~"}


def in_the_folder() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT and not path.name.startswith(".")
    }


def faults(wheel: Path) -> list[str]:
    """What is wrong with `wheel`, a sentence each; none means it may be published."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    packed = {name for name in names if ".dist-info/" not in name}
    expected = in_the_folder()
    found = [f"{name} is in the folder but not in the wheel." for name in sorted(expected - packed)]
    found += [f"{name} is in the wheel but not in the folder." for name in sorted(packed - expected)]
    found += [
        f"The wheel holds nothing under {start}"
        for start in COMPULSORY
        if not any(name.startswith(start) for name in packed)
    ]
    if not any(name.endswith("LICENSE") for name in names):
        found.append("The wheel does not carry the licence.")
    return found


def main() -> str | None:
    """A report of the faults, or None when the wheel is sound."""
    wheels = sorted(Path(sys.argv[1]).glob("*.whl"))
    if len(wheels) != 1:
        return f"{sys.argv[1]} holds {len(wheels)} wheels; there must be one."
    found = faults(wheels[0])
    if found:
        return "\n".join([f"{wheels[0].name}:", *(f"  {fault}" for fault in found)])
    print(f"{wheels[0].name} holds all {len(in_the_folder())} files of the package, and nothing else.")
    return None


if __name__ == "__main__":
    sys.exit(main())

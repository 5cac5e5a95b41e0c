"""Run benchmarks and put what they print into README.md: `python benchmarks/run.py [NAME ...]`.

Without names all run, which takes about half an hour on two idle cores. What a script prints goes
between the lines `<!-- NAME -->` and `<!-- /NAME -->`; the words around them stay.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from segformer_gui.core.files import write_atomically

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"


def main() -> int:
    """Run the scripts that the README has a place for."""
    places = re.findall(r"^<!-- (\w+) -->$", README.read_text("utf-8"), re.MULTILINE)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(places)}")
    names: list[str] = parser.parse_args().names or places
    for name in names:
        if name not in places:
            parser.error(f"{README.name} has no place for {name}; it has {', '.join(places)}")
    failed = [name for name in names if not _run(name)]
    if failed:
        sys.stderr.write(f"Failed, and left as they were: {', '.join(failed)}\n")
    return 1 if failed else 0


def _run(name: str) -> bool:
    print(f"== {name}", flush=True)
    command = [sys.executable, str(FOLDER / f"{name}.py")]
    # Their folder's parent is where the package lies, installed or not.
    done = subprocess.run(command, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return False
    print(done.stdout)
    text = README.read_text("utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = text.split(begin, 1)
    _, after = rest.split(end, 1)
    filled = f"{before}{begin}\n{done.stdout.strip()}\n\n{end}{after}"
    write_atomically(README, filled.encode())
    return True


if __name__ == "__main__":
    sys.exit(main())

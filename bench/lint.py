"""How long the linter takes: `tunec lint` start to end, and a spec of 2,000 stages. `python bench/lint.py`"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAGES = 2_000
ROUNDS = 20


def main() -> None:
    """Print the times. Bytecode is cached, as it is where the package is installed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.tune"
        stages = "".join(f"    filter {{ keep words(prompt) in {i % 7 + 1}..{i + 150} }}\n" for i in range(STAGES))
        source = 'source a = jsonl("a.jsonl", format: alpaca, license: "MIT")\n'
        long.write_text(f"{source}dataset d from a {{\n{stages}}}\n", encoding="utf-8")
        for name, spec in (("specs/chat.tune", ROOT / "specs" / "chat.tune"), (f"{STAGES:,} stages", long)):
            took = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "tunec", "lint", str(spec)], check=True, capture_output=True, env=environment
                )
                took.append(1000 * (time.perf_counter() - started))
            print(f"{name:<16} min {min(took):5.0f}   median {statistics.median(took):5.0f} ms")


if __name__ == "__main__":
    main()

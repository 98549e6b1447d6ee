"""Fewer tokens for Chinese: pieces, tokens a character, and bits a character of the bundled model, which is trained a
moment with them.

    python -m bench.vocabulary FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.trained import built, number, scores, training


def main(folder: Path) -> None:
    """Build the spec and print what it measured."""
    version = built("tokenizers", folder)
    pieces = json.loads((version / "tokenizers/wide/measured.json").read_text(encoding="utf-8"))
    before, after = pieces["before"], pieces["after"]
    print(f"{pieces['pieces']:,} pieces, learned from {pieces['learned_from']} rows")
    print(
        f"tokens a character on {pieces['held_out']} rows held out: {before:.3f} → {after:.3f}, "
        f"{before / after:.2f} times fewer"
    )
    summary = training(version, "wider")["summary"]
    print(f"trained on {summary['rows']} rows, {summary['tokens']:,} tokens, {summary['steps']} steps\n")
    print("| model | tokens a character | bits a character |\n| --- | ---: | --- |")
    for name, found in scores(version, "scores").items():
        print(f"| `{name}` | {found['tokens'] / found['characters']:.3f} | {number(found)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

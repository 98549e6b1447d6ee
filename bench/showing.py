"""How long `tunec show` takes to answer: python -m bench.showing VERSION_FOLDER [WORD…]

Serves a version as the command does, and asks for a page of each of its tables as a browser would: the first page, and
the first page of those rows that hold each of the words. `first` is the first answer of all with that word, which reads
what the system has not read before; the median is of five.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from tunec.show.server import Site, serve

WORDS = ("penicillin", "the capital of France", "天气", "no such words")


def measure(version: Path, words: tuple[str, ...]) -> None:
    """Ask for pages, and print how long each took, in milliseconds."""
    site = Site(version)
    print("| table | searched | first ms | median ms |\n| --- | --- | ---: | ---: |")
    with serve(site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in site.tables:
            for word in ("", *words):
                asked = urlencode({"token": site.token, "table": name, "q": word})
                took = [_answered(f"http://127.0.0.1:{server.server_port}/rows?{asked}") for _ in range(5)]
                print(f"| {name} | {word or '–'} | {took[0]:.0f} | {statistics.median(took):.0f} |")
        server.shutdown()


def _answered(address: str) -> float:
    began = time.perf_counter()
    with urlopen(address) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", type=Path)
    parser.add_argument("words", nargs="*", default=WORDS)
    arguments = parser.parse_args()
    measure(arguments.version, tuple(arguments.words))

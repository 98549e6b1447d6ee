"""Compares expressions that come as lines of JSON, in a process of its own (`tunec.runtime.text.mathematics`)."""

from __future__ import annotations

import json
import logging
import resource
import sys
import warnings

#: Bytes that the process may take: some powers would fill any machine.
_MEMORY = 4 << 30


def compared(left: str, right: str) -> str:
    """`true`, `false`, or what is wrong with one of them."""
    from math_verify import LatexExtractionConfig, parse, verify

    ways = [LatexExtractionConfig()]
    read = [parse(f"${text}$", ways, parsing_timeout=None, raise_on_error=False) for text in (left, right)]
    if not all(read):
        return "it cannot be read as an expression"
    same = verify(read[0], read[1], timeout_seconds=None) or verify(read[1], read[0], timeout_seconds=None)
    return "true" if same else "false"


def main() -> None:
    """Answer line by line."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    import math_verify  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        left, right = json.loads(line)
        try:
            said = compared(left, right)
        except (Exception, RecursionError) as error:  # whatever computer algebra throws is about this pair alone
            said = f"it cannot be compared ({type(error).__name__})"
        print(said, flush=True)


if __name__ == "__main__":
    main()

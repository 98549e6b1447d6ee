"""URLs for people and files: without names, passwords, tokens, and whatever else stands in their query or fragment."""

from __future__ import annotations

import re
from collections.abc import Callable

#: A URL in a text: a protocol, and what comes up to a space or a quote. One slash, or no protocol: a URL that was taken
#: for a path, or was not written to its end.
_URL = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*:/|(?<![^\s\"`'(])/)(?P<slash>/?)(?P<rest>[^\s\"`\x00-\x1f]+)")
#: What may come before a host: anything up to the last `@` in front of the path; a password may hold a `/`.
_LOGIN = re.compile(r"[^/?#]*@|[^:/@?#]*:(?!\d+(?:[/?#]|$))[^@?#]*@")
#: A value in a query, or a part of it that has no name.
_VALUE = re.compile(r"(?<==)[^&;#]+|(?<![^&;])[^&;=]+(?=[&;]|$)")


def masked(text: str, *, same_length: bool = False) -> str:
    """The text with `***` for everything in its URLs that may be a secret: login, values of the query, fragment.

    `same_length`: with a star for each character instead, so that what stands below it stays in its column.
    """
    return _with(text, lambda secret: "*" * len(secret) if same_length else "***")


def secrets_in(text: str) -> list[str]:
    """What `masked` hides of a text."""
    found: list[str] = []

    def noted(secret: str) -> str:
        found.append(secret)
        return secret

    _with(text, noted)
    return found


def _with(text: str, hidden: Callable[[str], str]) -> str:
    """The text with something else for every secret in its URLs."""
    if ":/" not in text and "//" not in text:
        return text

    def shown(found: re.Match[str]) -> str:
        rest = found["rest"]
        login = _LOGIN.match(rest)
        path = found["protocol"] == "/" or (found["protocol"][1] == ":" and login is None)
        if path and not found["slash"]:
            return found[0]  # of this machine or of a drive
        head = "" if login is None else hidden(login[0][:-1]) + "@"
        rest = rest[login.end() :] if login is not None else rest
        rest, mark, fragment = rest.partition("#")
        path, asked, query = rest.partition("?")
        query = _VALUE.sub(lambda value: hidden(value[0]), query)
        start = f"{found['protocol']}{found['slash']}{head}{path}{asked}{query}{mark}"
        return start + (hidden(fragment) if fragment else "")

    return _URL.sub(shown, text)

"""Room to type in: blanks on the blank lines above declarations, so that what stands below an edit stays where it is.

The compiler knows everything by its offset in the text. With room above each declaration most edits move nothing below
them, and what is known of that holds on. Blanks on blank lines mean nothing, and no place of the protocol, which counts
lines and columns, is another with them than without.
"""

from __future__ import annotations

from tunec.dsl.kept import parts

UNIT = 128
"""A declaration below a blank line starts at a multiple of so many characters."""


def with_room(text: str) -> str:
    """A text with room above its declarations."""
    pieces: list[str] = []
    length = 0
    places = parts(text)
    for part, following in zip(places, [*places[1:], None], strict=True):
        own = text[part.start : part.end]
        if following is not None and following.spaced:
            blank = own.rfind("\n", 0, len(own) - 1) + 1  # its last line, which is blank
            own = own[:blank] + " " * (-(length + len(own)) % UNIT) + own[blank:]
        pieces.append(own)
        length += len(own)
    return "".join(pieces)

"""Whether a text has program code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, TextExpr

# Each at the start of a line; `~` stands for the end of one.
_LINES = (
    r"```",
    r"(?:async )?def \w+\(.*\).*:~",
    r"(?:func|fn|fun|sub) \w+\s*\(.*\).*\{~",
    r"class \w+(?:\(.*\))?:~",
    r"(?:import \w[\w.]*(?: as \w+)?|from [\w.]+ import [\w*, ()]+);?~",
    r"#include\s*[<\"]",
    r"using (?:namespace \w+|System)",
    r"<\?php",
    r"(?:public|private|protected) (?:static |final |abstract )*(?:class|void|int|String|double|boolean)\b",
    r"(?:export |default |async )*function\s*\w*\s*\(.*\)\s*\{",
    r"(?:const|let|var) [\w{}, \[\]]+ = .*[;({\[]~",
    r"(?:int|double|float|char|bool|void|auto|String) \w+(?:\[.*\])?\s*(?:=.*;|\(.*\)\s*\{?)~",
    r"[a-z_][\w.]* = [\w.]*[\[({\"'].*[\])}\"'];?~",
    r"(?:for|while|if|else if) ?\(.*\) ?\{",
    r"SELECT\s.*(?:\s|~\n\s*)FROM\s+\w+|select [\w*, .()]+ from \w+\s*(?:;|where|join|order by|group by|~)",
    r"(?:INSERT INTO|CREATE TABLE|DELETE FROM|DROP TABLE|ALTER TABLE) \w+|UPDATE \w+~?\s+SET ",
    r"<(?:!DOCTYPE html|html|head|body|div|nav|table|script|style|form|ul|p|h1|a href)\b[^>]*>",
    r"(?:print|println|printf|console\.log|System\.out\.println|std::cout|echo)\s*(?:\(.*\);?|<<.*;)~",
    r"(?:for \w+(?:, \w+)* in .+|while .+|if .+|elif .+|else|try|except.*|with .+ as \w+):~\n[ \t]+\S",
    r"return .*;~",
    r"[.#]?[\w-]+ \{~\n\s+[\w-]+: .+;~",
    r"(?:\$ |> )?(?:pip|npm|git|docker|sudo|cd|curl) (?:install|run|clone|commit|push|apt|-\w|https?:).*~",
)
_PATTERN = rf"(?m)^[ \t]*(?:{'|'.join(_LINES)})".replace("~", r"[ \t\r]*$")


@operator(version=1, cost="scan", row_wise=True)
def code(text: TextExpr) -> BoolExpr:
    """Whether a text contains program code: a fenced block, or a line that looks like a common language.

    It recognizes Python, JavaScript, Java, C and related languages, SQL, HTML, CSS and shell. Words about code do not
    count.

    Args:
        text: the text; a missing text gives a missing value.

    Example:
        keep code(response)
    """
    return text.str.contains(_PATTERN)

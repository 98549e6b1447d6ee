"""Persons that a generation has in mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import OperatorError, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.values import Rows, Share
    from tunec.runtime.engine.personas import Personas


@operator(version=1, reads=templates.files("persona"))
def personas(people: Rows, *, share: Share = 1.0) -> Personas:
    """Mixes persons into whatever the method asks, so that rows differ as people do.

    Each unit of work (a seed row, or a request of `self_instruct` and `magpie`) is given one, drawn by its number. The
    person stands before what is asked: in the system message of a chat, above a raw text. Judgements, classifications
    and results of tools are asked without it. `meta.persona` of a row says who it was.

    Args:
        people: text rows, one for each person, such as "A retired nurse who grows roses."
        share: the share of the units that are given a person; the others are asked as if there were none.

    Source: Ge et al., Scaling Synthetic Data Creation with 1,000,000,000 Personas (arXiv 2406.20094).

    Example:
        generate asked from tasks {
            personas(people, share: 50%)
            paraphrase(teacher, variants: 2)
        }
    """
    from tunec.runtime.engine.personas import Personas

    if "text" not in people.columns:
        raise OperatorError("personas: persons are text rows, with one text for each person")
    known = people.filter(people["text"].str.strip_chars().str.len_chars() > 0)
    if not known.height:
        raise OperatorError("personas: there is no person, because no row has a text")
    return Personas(known, share)

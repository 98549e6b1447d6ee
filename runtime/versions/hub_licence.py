"""Licences as the Hugging Face hub names them in the header of a card."""

from __future__ import annotations

import json
import re

#: The names that the hub has (https://huggingface.co/docs/hub/repositories-licenses), as far as they are of licences
#: that SPDX names too.
_KNOWN = frozenset(
    [
        "apache-2.0",
        "mit",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "c-uda",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "wtfpl",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "agpl-3.0",
        "gfdl",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl-2.1",
        "lgpl-3.0",
        "isc",
        "ms-pl",
        "mpl-2.0",
        "ncsa",
        "odc-by",
        "odbl",
        "osl-3.0",
        "postgresql",
        "ofl-1.1",
        "pddl",
        "unlicense",
        "zlib",
    ]
)


def licence_lines(licence: str) -> list[str]:
    """The lines of a header that state a licence; one that the hub does not know is `other`, with its name."""
    for name in (licence.lower(), re.sub(r"-(?:only|or-later)$", "", licence.lower())):
        for known in (name, re.sub(r"-\d+(?:\.\d+)*$", "", name)):
            if known in _KNOWN:
                return [f"license: {json.dumps(known)}"]
    return ['license: "other"', f"license_name: {json.dumps(licence)}"]

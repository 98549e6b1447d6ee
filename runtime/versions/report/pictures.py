"""Pictures of what rows say: the verbs and nouns of their prompts, and a map by the vectors that the store has."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import FIELDS
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.models.vectors import folder_of
from tunec.runtime.versions.report.charts import OTHERS, Chart, Point, scatter, sunburst
from tunec.runtime.versions.sampled import data_set, sampled

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

_PARSED = 1_000  # prompts whose verb is looked for
_LEAST = 30  # prompts or points that make a picture
_VERBS, _NOUNS = 16, 5
_POINTS = 800
_LOOKED = 4_000  # rows of a ledger whose vectors are looked for
_SOURCES = 5  # in colours of their own
_SAID = 110  # characters of a text beside its point
_LINE = 44
_AXES = "drawn along the two axes in which they differ most (tunec report draws what is alike near each other)"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a data set."""

    tasks: tuple[Chart, ...]
    maps: tuple[Chart, ...]


def pictures(version: Path, name: str, manifest: Mapping[str, Any], store: Path | None, unhurried: bool) -> Pictures:
    """The pictures of a data set. Prompts are parsed where nobody waits, or where the spec reads their verbs; a map is
    drawn where the spec has an embedder, of the vectors that the store has of it, and a better one where nobody waits.
    """
    nodes = manifest["graph"]["nodes"]
    wanted = unhurried or _calls(nodes, ("functions.verb", "functions.noun"))
    folders = _folders(manifest)
    return Pictures(
        tuple(_tasks(version, name, manifest)) if wanted else (),
        tuple(_maps(version, name, manifest, store, folders, unhurried)) if store is not None and folders else (),
    )


def _folders(manifest: Mapping[str, Any]) -> list[str]:
    """The folders of the store with the vectors of the spec's embedders. One whose operator is none of ours is not
    known from a manifest."""
    found = []
    for node in manifest["graph"]["nodes"]:
        kind = node["op"].removeprefix("embedders.")
        facts = manifest["fingerprints"].get(node["id"], {}).get("outside", {})
        if kind in ("bundled", "local") and kind != node["op"] and facts:
            named = node["params"]["id"] if kind == "bundled" else Path(node["params"]["path"]).name
            found.append(folder_of(EmbedderSpec(kind, named, facts["revision"], facts["backend"])))
    return sorted(found)


def _calls(value: Any, operators: tuple[str, ...]) -> bool:
    """Whether one of the operators is called somewhere in a part of a graph."""
    if isinstance(value, Mapping):
        return value.get("call") in operators or any(_calls(part, operators) for part in value.values())
    return isinstance(value, list) and any(_calls(part, operators) for part in value)


def _tasks(version: Path, name: str, manifest: Mapping[str, Any]) -> Iterator[Chart]:
    """What prompts ask for: the commonest verbs, and the nouns that each acts on (Self-Instruct, figure 3)."""
    from tunec.runtime.rows.frame import derived
    from tunec.runtime.text.grammar import pairs, parses

    data = data_set(version, name, manifest)
    kind, rows = data.kind, sampled(data)
    whole = sum(manifest["targets"][name]["splits"].values())
    if "prompt" not in FIELDS[kind] or rows.height < _LEAST or not parses():
        return
    sample = rows.head(_PARSED).select(derived(kind, "prompt").alias("prompt"))["prompt"]
    found = pairs(sample)
    both = Counter((verb, noun) for verb, noun in found.iter_rows() if verb and noun)
    if sum(both.values()) < _LEAST // 2:
        return
    verbs = Counter[str]()
    for (verb, _), count in both.items():
        verbs[verb] += count
    rings: dict[str, dict[str, int]] = {}
    for verb, whole in sorted(verbs.items(), key=lambda item: (-item[1], item[0]))[:_VERBS]:
        nouns = sorted(((n, c) for (v, n), c in both.items() if v == verb), key=lambda item: (-item[1], item[0]))
        rings[verb] = dict(nouns[:_NOUNS])
        rest = whole - sum(rings[verb].values())
        if rest:
            rings[verb][OTHERS] = rings[verb].get(OTHERS, 0) + rest
    of = f"of {len(sample):,} of {whole:,} prompts" if len(sample) < whole else f"of {len(sample):,} prompts"
    note = f"{of}, {sum(both.values()):,} have both; the {len(rings)} commonest of {len(verbs):,} verbs"
    yield sunburst("What prompts ask for: verb and noun", rings, ("verb", "noun", "prompts"), note)


def _maps(
    version: Path, name: str, manifest: Mapping[str, Any], store: Path, folders: Sequence[str], unhurried: bool
) -> Iterator[Chart]:
    """Rows by their vectors: those that are alike lie near one another. By source, and by what was kept."""
    import numpy as np

    from tunec.runtime.rows.portions import GROUP, Stored

    ledger = Stored.of(version / "ledger" / f"{name}.parquet", GROUP)
    rows = ledger.at(ledger.column("id").arg_sort().head(_LOOKED).to_numpy())
    field, vectors = _vectors(rows, store, folders)
    chosen = sorted(vectors)[:_POINTS]
    if len(chosen) < _LEAST:
        return
    rows = rows[chosen]
    said = map(_short, _texts(rows)[field])
    neighbours = unhurried and find_spec("sklearn") is not None
    places = (_neighbourly if neighbours else _principal)(np.stack([vectors[n] for n in chosen]).astype(np.float32))
    points = [(round(float(x), 2), round(float(y), 2), text) for (x, y), text in zip(places, said, strict=True)]
    of = f"{len(points):,} of {ledger.height:,}" if len(points) < ledger.height else f"{len(points):,}"
    drawn = "what is alike lies near" if neighbours else _AXES
    note = f"{of} rows that entered, by the vectors of the {field}; {drawn}"
    sources = _named([manifest["origins"].get(origin, ["?"])[0] for origin in rows["origin"]])
    if len(set(sources)) > 1:
        yield scatter("Map of the rows by source", _grouped(points, sources), note=note)
    sides = ["kept" if verdict == "kept" else "dropped" for verdict in rows["verdict"]]
    if len(set(sides)) > 1:
        yield scatter("Map of kept and dropped rows", _grouped(points, sides), ("$c", "$f"), note)


def _named(sources: list[str]) -> list[str]:
    """The sources of rows, with those that are rare under one name."""
    common = {source for source, _ in Counter(sources).most_common(_SOURCES)}
    return [source if source in common else OTHERS for source in sources]


def _grouped(points: list[Point], groups: list[str]) -> dict[str, list[Point]]:
    """Points by their group, the largest first: it is drawn below the others."""
    found: dict[str, list[Point]] = {group: [] for group, _ in Counter(groups).most_common()}
    for point, group in zip(points, groups, strict=True):
        found[group].append(point)
    return found


def _vectors(rows: pl.DataFrame, store: Path, folders: Sequence[str]) -> tuple[str, dict[int, np.ndarray]]:
    """The vectors that the store has of rows, by number: of the field, and of the embedder, of which it has most."""
    from tunec.runtime.models.recordings import stored
    from tunec.runtime.store.store import Store

    fields = _texts(rows)
    contents = [text for texts in fields.values() for text in texts]
    best = ("", dict[int, "np.ndarray"]())
    for folder in folders:
        known = stored(Store(store), folder, contents, "the map is drawn without it")
        for place, field in enumerate(fields):
            first = place * rows.height
            here = {number - first: v for number, v in known.items() if first <= number < first + rows.height}
            best = max(best, (field, here), key=lambda item: len(item[1]))
    return best


def _texts(rows: pl.DataFrame) -> dict[str, list[str]]:
    """What may have been embedded of the rows of a ledger, by field."""
    prompts, responses = (rows[field].fill_null("").to_list() for field in ("prompt", "response"))
    whole = [f"{prompt}\n{response}" for prompt, response in zip(prompts, responses, strict=True)]
    return {"prompt": prompts, "response": responses, "text": whole}


def _neighbourly(vectors: np.ndarray) -> np.ndarray:
    """Places in a plane for vectors, those that are alike near one another (t-SNE): two seconds, half of which is to
    load it. One thread: for so few points others only wait for one another."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        drawn = TSNE(2, perplexity=min(30, len(vectors) // 3), max_iter=300, random_state=0, n_jobs=1)
        places: np.ndarray = drawn.fit_transform(vectors)
    return places


def _principal(vectors: np.ndarray) -> np.ndarray:
    """Places in a plane for vectors, at a hundred to a unit: by the two axes along which they differ most."""
    import numpy as np

    apart = vectors - vectors.mean(axis=0)
    axes = np.linalg.eigh(apart.T @ apart)[1][:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])  # which end of an axis is which, no machine may decide
    places: np.ndarray = 100 * apart @ axes
    return places


def _short(text: str) -> str:
    """A text beside its point, in a few lines."""
    return "\n".join(
        textwrap.wrap(textwrap.shorten(text, _SAID, placeholder="…") if " " in text else text[:_SAID], _LINE)
    )

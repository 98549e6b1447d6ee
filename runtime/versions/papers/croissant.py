"""Croissant 1.1: what a data set holds and comes from, as JSON-LD that catalogues and loaders of data sets read.

Source: MLCommons, Croissant format specification, version 1.1; PROV-O for what it was made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.dsl.visible import visible_json
from tunec.runtime.versions.papers.facts import Facts

if TYPE_CHECKING:
    import polars as pl

_CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs",
    "column": "cr:column", "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataBiases": "cr:dataBiases", "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
    "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation", "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/", "recordSet": "cr:recordSet", "references": "cr:references",
    "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip


def croissant(version: Path, facts: Facts, manifest: Mapping[str, Any]) -> str:
    """The document of a data set. Its files are named as they lie beside its card, published or on a hub."""
    import polars as pl

    files, sets = [], []
    for split in facts.splits:
        name = f"{split}-00000.parquet"
        path = f"datasets/{facts.name}/{name}"
        files.append(
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "encodingFormat": "application/x-parquet",
                "contentSize": f"{(version / path).stat().st_size} B",
                "sha256": manifest["contents"][path],
            }
        )
        schema = pl.read_parquet_schema(version / path)
        sets.append(
            {
                "@type": "cr:RecordSet",
                "@id": split,
                "name": split,
                "description": f"The {facts.splits[split]:,} rows of the split {split}.",
                "field": [_field(split, name, column, kind) for column, kind in schema.items()],
            }
        )
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": facts.name,
        "description": facts.doc or f"The data set {facts.name} of {facts.version}.",
        "version": facts.version.partition("@")[2].partition("+")[0],
        **({"license": facts.licence} if facts.licence else {}),
        **({"inLanguage": list(facts.languages)} if facts.languages else {}),
        "citeAs": f"{facts.name}, {facts.version}, recipe {manifest['recipe'][:16]}",
        "distribution": files,
        "recordSet": sets,
        "prov:wasDerivedFrom": [_origin(source) for source in facts.sources if source.kind != "generated"],
        "prov:wasGeneratedBy": _making(facts, manifest),
    }
    return visible_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _field(split: str, file: str, column: str, kind: pl.DataType) -> dict[str, Any]:
    import polars as pl

    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{split}/{column}",
        "name": column,
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }
    inner = kind
    if isinstance(kind, pl.List):
        field |= {"isArray": True, "arrayShape": "-1"}
        inner = kind.inner  # type: ignore[assignment]
    if inner == pl.Boolean:
        return {**field, "dataType": "sc:Boolean"}
    if inner.is_integer():
        return {**field, "dataType": "sc:Integer"}
    return {**field, "dataType": "sc:Float" if inner.is_float() else "sc:Text"}


def _origin(source: Any) -> dict[str, Any]:
    told = {"@type": "prov:Entity", "name": source.name, "description": f"{source.kept:,} of {source.entered:,} kept"}
    return {**told, **({"license": source.licence} if source.licence else {})}


def _making(facts: Facts, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps as activities, in their order, with the agent that ran them."""
    agent = {"@type": "prov:SoftwareAgent", "name": "tunec", "version": manifest["packages"].get("tunec", "")}
    models = [
        {
            "@type": "prov:Activity",
            "name": f"generate {source.name}",
            "description": f"{_rows(source.kept)} by {', '.join(source.models)}",
        }
        for source in facts.sources
        if source.kind == "generated"
    ]
    dropped = [
        {"@type": "prov:Activity", "name": d["stage"], "description": f"{_rows(d['count'])} dropped by {d['rule']}"}
        for d in facts.dropped
    ]
    return [{"@type": "prov:Activity", "name": "build", "prov:wasAssociatedWith": agent}, *models, *dropped]


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"

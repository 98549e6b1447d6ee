"""Writes the papers of a version: for hubs, lawyers and auditors."""

from __future__ import annotations

from pathlib import Path

from tunec.runtime.exchange.data import data_of, read_manifest
from tunec.runtime.exchange.destination import Destination, usual_folder
from tunec.runtime.exchange.export import Exported

#: What `tunec export --to` calls them. They are no layout of rows.
PAPERS = "papers"


def export_papers(version: Path, out: Path | None = None, dataset: str | None = None) -> Exported:
    """Write the papers of the data sets of a version, or of one of them, and those of its models.

    The same version gives the same bytes. Raises ExchangeError and OSError as `export` does.
    """
    from tunec.runtime.versions.papers.papers import papers

    names = [data.name for data in data_of(version, dataset)]
    manifest = read_manifest(version)
    name = manifest["version"]
    folder = out or usual_folder(name, PAPERS)
    destination = Destination(folder)
    for file, text in papers(version, manifest, names):
        destination.text(file, text)
    return Exported(name, PAPERS, folder, tuple(destination.files), (), tuple(destination.warnings))

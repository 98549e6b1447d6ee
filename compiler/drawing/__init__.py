"""A plan drawn: as a picture (SVG), for Graphviz (DOT) and for Mermaid."""

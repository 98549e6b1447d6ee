"""Charts of a report, as options of ECharts: data alone, without a function, so that nothing of them is run.

Every chart carries its numbers as a table, for people who print the page, read it aloud, or want to copy them. A colour
is the name of one of the page's colours behind a `$`: the page puts in the one that suits light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

#: The colours of several series, in their order.
SERIES = ("$a", "$b", "$c", "$d", "$e", "$f")
OTHERS = "others"  #: what is told together, because there is little of each
#: Where a point lies, and what it says.
Point: TypeAlias = tuple[float, float, str]
_ROW = 26  # pixels a bar takes
_FRAME = 64  # pixels around the bars


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers in rows, under a header. Texts are aligned to the left."""

    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: what it shows in a few words, the option that ECharts draws, its numbers, and its height in pixels."""

    title: str
    option: Mapping[str, Any]
    table: Table
    height: int = 260
    note: str = ""


def bars(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    stacked: bool = False,
    colours: Sequence[str] = SERIES,
    unit: str = "",
    note: str = "",
) -> Chart:
    """Horizontal bars, the first label on top: one bar a label and series, or one a label with the series `stacked`."""
    each = 1 if stacked else len(series)
    kinds = [
        {
            "type": "bar",
            "name": name,
            "data": [_short(value) for value in values],
            "itemStyle": {"color": colour},
            "barMaxWidth": 18,
            **({"stack": "all"} if stacked else {}),
        }
        for (name, values), colour in zip(series.items(), colours, strict=False)
    ]
    option = {
        "grid": {"left": 8, "right": 24, "top": 30 if len(series) > 1 else 8, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "axisLabel": {"formatter": f"{{value}}{unit}", "hideOverlap": True}},
        "yAxis": {"type": "category", "data": list(labels), "inverse": True, "axisTick": {"show": False}},
        "series": kinds,
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        **_legend(series),
    }
    table = Table(("", *series), tuple((label, *(v[i] for v in series.values())) for i, label in enumerate(labels)))
    return Chart(title, option, table, _FRAME + _ROW * max(1, each * len(labels)), note)


def bounded(chart: Chart, bounds: Sequence[float]) -> Chart:
    """A chart of bars with a line at each bound."""
    series = [dict(part) for part in chart.option["series"]]
    series[0]["markLine"] = {
        "data": [{"xAxis": bound} for bound in bounds],
        "symbol": "none",
        "silent": True,
        "lineStyle": {"color": "$f", "type": "dashed"},
        "label": {"show": False},
    }
    return replace(chart, option={**chart.option, "series": series})


def columns(title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], note: str = "") -> Chart:
    """Upright bars along an axis that has an order: a histogram."""
    kinds = [
        {"type": "bar", "name": name, "data": list(values), "itemStyle": {"color": colour}, "barGap": "0%"}
        for (name, values), colour in zip(series.items(), SERIES, strict=False)
    ]
    option = {
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": list(labels), "axisLabel": {"interval": 0}},
        "yAxis": {"type": "value"},
        "series": kinds,
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        **_legend(series),
    }
    table = Table(("", *series), tuple((label, *(v[i] for v in series.values())) for i, label in enumerate(labels)))
    return Chart(title, option, table, 260, note)


def lines(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    across: str,
    note: str = "",
    *,
    logarithmic: bool = False,
) -> Chart:
    """Lines through points (x, y), over a logarithmic axis where that is said."""
    kinds = [
        {
            "type": "line",
            "name": name,
            "data": [list(point) for point in points],
            "itemStyle": {"color": colour},
            "lineStyle": {"color": colour, "width": 2},
            "showSymbol": len(points) < 60,
            "symbolSize": 5,
        }
        for (name, points), colour in zip(series.items(), SERIES, strict=False)
    ]
    scale = {"type": "log", "min": "dataMin", "max": "dataMax"} if logarithmic else {"type": "value", "minInterval": 1}
    option = {
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 28, "containLabel": True},
        "xAxis": {
            **scale,
            "name": across,
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {"type": "value", "scale": True},
        "series": kinds,
        "tooltip": {"trigger": "axis"},
        **_legend(series),
    }
    steps = sorted({x for points in series.values() for x, _ in points})
    known = [dict(points) for points in series.values()]
    return Chart(
        title, option, Table((across, *series), tuple((x, *(k.get(x) for k in known)) for x in steps)), 280, note
    )


def intervals(title: str, labels: Sequence[str], values: Sequence[tuple[float, float, float]], note: str = "") -> Chart:
    """Measured numbers as points, each in the interval (low, value, high) that it may lie in."""
    low, middle, high = zip(*values, strict=True)
    option = {
        "grid": {"left": 8, "right": 24, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "scale": True, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "category", "data": list(labels), "inverse": True, "axisTick": {"show": False}},
        "series": [
            # A bar without a colour carries the one that is seen to where it begins.
            {
                "type": "bar",
                "name": "low",
                "stack": "i",
                "data": list(low),
                "itemStyle": {"color": "transparent"},
                "barWidth": 6,
            },
            {
                "type": "bar",
                "name": "95 % interval",
                "stack": "i",
                "data": [end - start for start, end in zip(low, high, strict=True)],
                "itemStyle": {"color": "$soft", "opacity": 0.55},
                "barWidth": 6,
            },
            {
                "type": "scatter",
                "name": "measured",
                "symbolSize": 13,
                "data": [[v, n] for n, v in enumerate(middle)],
                "itemStyle": {"color": "$a"},
            },
        ],
    }
    rows = tuple((label, v, low_, high_) for label, (low_, v, high_) in zip(labels, values, strict=True))
    return Chart(title, option, Table(("", "measured", "low", "high"), rows), 40 + 34 * len(labels), note)


def sankey(
    title: str, nodes: Sequence[Mapping[str, Any]], links: Sequence[tuple[str, str, int]], table: Table
) -> Chart:
    """Rows that flow from node to node. A node has a `name`, a `label` and a `colour`."""
    colours = {node["name"]: node["colour"] for node in nodes}
    option = {
        "series": [
            {
                "type": "sankey",
                "left": 4,
                "right": 150,
                "nodeAlign": "left",
                "top": 8,
                "bottom": 8,
                "nodeWidth": 14,
                "nodeGap": 16,
                "draggable": False,
                "emphasis": {"focus": "adjacency"},
                "lineStyle": {"opacity": 0.28},
                "data": [
                    {
                        "name": node["name"],
                        "label": {"formatter": node["label"]},
                        "itemStyle": {"color": node["colour"], "borderColor": node["colour"]},
                    }
                    for node in nodes
                ],
                "links": [
                    {"source": a, "target": b, "value": n, "lineStyle": {"color": colours[b]}} for a, b, n in links
                ],
            }
        ],
        "tooltip": {"trigger": "item"},
    }
    return Chart(title, option, table, max(260, 30 * len(nodes)))


def scatter(
    title: str, series: Mapping[str, Sequence[Point]], colours: Sequence[str] = SERIES, note: str = ""
) -> Chart:
    """Points in a plane whose axes mean nothing by themselves: a map. A point is (x, y, what it says)."""
    kinds = [
        {
            "type": "scatter",
            "name": name,
            "data": [{"value": [x, y], "name": plain(said)} for x, y, said in points],
            "itemStyle": {"color": colour, "opacity": 0.7},
            "symbolSize": 6,
        }
        for (name, points), colour in zip(series.items(), colours, strict=False)
    ]
    bare = {"type": "value", "scale": True, "show": False}
    option = {
        "grid": {"left": 8, "right": 8, "top": 36, "bottom": 8},
        "xAxis": bare,
        "yAxis": bare,
        "series": kinds,
        "tooltip": {"trigger": "item", "formatter": "{a}\n{b}"},
        "legend": {"top": 0, "left": 0},
    }
    return Chart(title, option, Table(("", "points"), tuple((k, len(v)) for k, v in series.items())), 400, note)


def sunburst(title: str, rings: Mapping[str, Mapping[str, int]], header: tuple[str, str, str], note: str = "") -> Chart:
    """Two rings: counts by what stands in the inner one, and within each by what stands in the outer one."""
    data = []
    for number, (inner, parts) in enumerate(rings.items()):
        colour = {"color": SERIES[number % len(SERIES)]}
        outer = [{"name": plain(n), "value": c, "itemStyle": {**colour, "opacity": 0.8}} for n, c in parts.items()]
        for faint in (part for part in outer if part["name"] == OTHERS):
            faint |= {"itemStyle": {**colour, "opacity": 0.25}, "label": {"color": "$ink"}}
        data.append({"name": plain(inner), "itemStyle": colour, "children": outer})
    option = {
        "series": [
            {
                "type": "sunburst",
                "data": data,
                "radius": ["12%", "98%"],
                "sort": None,
                "nodeClick": False,
                "emphasis": {"focus": "ancestor"},
                "itemStyle": {"borderColor": "$page", "borderWidth": 1},
                "label": {"color": "$page", "minAngle": 5, "fontSize": 11, "rotate": "radial"},
            }
        ],
        "tooltip": {"trigger": "item"},
    }
    rows = tuple((inner, outer, count) for inner, parts in rings.items() for outer, count in parts.items())
    return Chart(title, option, Table(header, rows), 460, note)


def plain(label: str) -> str:
    """A label of data: ECharts reads braces in one as its own placeholders."""
    return label.replace("{", "(").replace("}", ")")


def _legend(series: Mapping[str, Any]) -> dict[str, Any]:
    return {"legend": {"top": 0, "left": 0}} if len(series) > 1 else {}


def _short(value: float) -> float:
    return value if isinstance(value, int) else round(value, 4)

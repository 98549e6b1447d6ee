"use strict";
// The charts, and the browser of rows. What data says goes into the page as text, never as markup.
(() => {
  const find = (id) => document.getElementById(id);
  const make = (tag, kind, text) => {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // Charts ---------------------------------------------------------------------------------------------------------
  const plots = [...document.querySelectorAll("figure.chart")].map((figure) => ({
    place: figure.querySelector(".plot"),
    option: JSON.parse(figure.querySelector("script").textContent),
    chart: null,
  }));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // Only where an option has a colour, never in a text: a source may be called `$a`.
  const coloured = (value, key) => {
    if (Array.isArray(value)) return value.map((part) => coloured(part, key));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, coloured(part, name)]));
    const wanted = key === "color" || key === "borderColor";
    return wanted && typeof value === "string" && value[0] === "$" ? colour(value.slice(1)) : value;
  };

  const dressed = (given, place) => {
    const [ink, soft, line, page] = ["ink", "soft", "line", "page"].map(colour);
    const option = coloured(given);
    const narrow = place.clientWidth < 560;
    for (const side of ["xAxis", "yAxis"]) {
      const axis = option[side];
      if (!axis) continue;
      const long = axis.type === "category" && side === "yAxis";
      axis.axisLabel = { color: soft, ...(long ? { width: narrow ? 110 : 240, overflow: "truncate" } : {}), ...axis.axisLabel };
      axis.axisLine = { lineStyle: { color: line } };
      axis.nameTextStyle = { color: soft };
      axis.splitLine = { lineStyle: { color: line }, ...axis.splitLine };
    }
    if (option.legend) Object.assign(option.legend, { textStyle: { color: soft }, type: "scroll", itemWidth: 14, itemHeight: 10 });
    if (option.tooltip)
      Object.assign(option.tooltip, { renderMode: "richText", confine: true, backgroundColor: page, borderColor: line, textStyle: { color: ink } });
    for (const series of option.series)
      if (series.type === "sunburst" && narrow) series.label.fontSize = 9;
      else if (series.type === "sankey") {
        series.label = { color: ink, fontSize: 12, textBorderWidth: 0 };
        place.style.minWidth = "760px"; // on a phone it is moved sideways, rather than its words over one another
      }
    return { animation: false, textStyle: { fontFamily: "inherit", color: ink }, ...option };
  };

  const draw = () => {
    for (const plot of plots) {
      plot.place.style.height = `${plot.place.dataset.height}px`;
      plot.chart ??= echarts.init(plot.place, null, { renderer: "svg" });
      plot.chart.resize();
      plot.chart.setOption(dressed(plot.option, plot.place), true);
      // The figure has a name and a table of its own.
      plot.place.querySelector("svg")?.setAttribute("aria-hidden", "true");
    }
  };

  // The library comes packed. Unpacked, it is a script whose hash the page's policy names.
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(find("library").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    if (typeof echarts === "undefined") throw new Error("the charts' library did not start");
  };

  const withCharts = async () => {
    try {
      await unpack();
    } catch (error) {
      console.warn("no charts in this browser; their numbers are shown instead:", error.message);
      for (const details of document.querySelectorAll(".numbers")) details.open = true;
      return;
    }
    draw();
    let waiting = 0;
    const later = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); };
    addEventListener("resize", later);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
    matchMedia("print").addEventListener("change", draw);
    document.documentElement.dataset.drawn = plots.length;
  };

  // Rows -----------------------------------------------------------------------------------------------------------
  const PAGE = 15;
  const told = (row) => [row.id, row.rule, row.value, row.record, row.partner, row.tools,
    ...(row.turns || []).flatMap((turn) => [turn.text, turn.thinks, ...(turn.calls || [])])].filter(Boolean).join("\n").toLowerCase();

  const marked = (text, wanted) => {
    const place = make("span");
    const low = text.toLowerCase();
    let at = 0;
    // A letter may be longer in lower case: then nothing is marked.
    for (let hit = wanted && low.length === text.length ? low.indexOf(wanted) : -1; hit >= 0; hit = low.indexOf(wanted, at)) {
      place.append(text.slice(at, hit), make("mark", "", text.slice(hit, hit + wanted.length)));
      at = hit + wanted.length;
    }
    place.append(text.slice(at));
    return place;
  };

  const turned = (turn, wanted) => {
    const who = /^[a-z]+$/.test(turn.who) ? turn.who : "";
    const box = make("div", `turn ${who}`);
    box.append(make("div", "who", turn.who + (turn.untrained ? " (not trained on)" : "")));
    if (turn.thinks) { const thinks = make("div", "text thinks"); thinks.append(marked(turn.thinks, wanted)); box.append(thinks); }
    if (turn.text) { const text = make("div", "text"); text.append(marked(turn.text, wanted)); box.append(text); }
    for (const call of turn.calls || []) { const text = make("div", "text call"); text.append("→ ", marked(call, wanted)); box.append(text); }
    return box;
  };

  const shown = (row, wanted) => {
    const box = make("article", `row ${row.state}`);
    const head = make("header");
    const where = [row.id, row.data, row.split, row.source, row.record].filter(Boolean).join(" · ");
    head.append(make("strong", row.state === "kept" ? "good" : "bad", row.state), ` ${where}`);
    if (row.rule) head.append(make("br"), `${row.by}: ${row.rule}`, row.value ? `, measured ${row.value}` : "", row.limit ? `, against ${row.limit}` : "", row.place ? ` (${row.place})` : "");
    box.append(head);
    for (const turn of row.turns || []) box.append(turned(turn, wanted));
    if (row.partner) { const text = make("p", "soft text"); text.append("matches: ", marked(row.partner, wanted)); box.append(text); }
    if (row.tools) { const more = make("details"); more.append(make("summary", "", "tools"), make("div", "text call", row.tools)); box.append(more); }
    return box;
  };

  const withRows = () => {
    if (!find("browse")) return;
    const rows = JSON.parse(find("browse").textContent);
    const texts = rows.map(told);
    const keys = ["state", "by", "source", "data"];
    for (const key of keys) {
      const values = [...new Set(rows.map((row) => row[key]).filter(Boolean))].sort();
      for (const value of values) find(key).append(new Option(value, value));
      find(key).parentElement.hidden = values.length < 2 && key !== "by";
    }
    let page = 0;
    const list = () => {
      const wanted = find("find").value.trim().toLowerCase();
      const hits = rows.filter((row, n) => keys.every((key) => !find(key).value || row[key] === find(key).value) && (!wanted || texts[n].includes(wanted)));
      const last = Math.max(0, Math.ceil(hits.length / PAGE) - 1);
      page = Math.min(page, last);
      find("count").textContent = `${hits.length.toLocaleString("en")} of these rows match`;
      find("list").replaceChildren(...hits.slice(page * PAGE, (page + 1) * PAGE).map((row) => shown(row, wanted)));
      find("pages").hidden = !last;
      find("page").textContent = `page ${page + 1} of ${last + 1}`;
      find("back").disabled = !page;
      find("on").disabled = page === last;
    };
    const again = () => { page = 0; list(); };
    find("filters").hidden = false;
    find("filters").addEventListener("submit", (event) => event.preventDefault());
    find("filters").addEventListener("input", again);
    find("back").addEventListener("click", () => { page -= 1; list(); });
    find("on").addEventListener("click", () => { page += 1; list(); });
    list();
  };

  withRows();
  withCharts();
})();

"use strict";

// ---- data: columns of the trial table; words are kept as an index into a list
const content = JSON.parse(document.getElementById("content").textContent);
const columns = content.columns;
const byName = Object.fromEntries(columns.map((column) => [column.name, column]));
const count = byName.number.values.length;
const every = Array.from({ length: count }, (_, row) => row);
const accuracy = byName.accuracy.values;
const complete = every.filter((row) => accuracy[row] !== null);
const stageOf = (row) => valueOf(byName.stage, row);
const COLORS = { coarse: "#0072B2", final: "#D55E00", rest: "#8a939c", good: "#009E73" };
const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };
const PAGE = 50;

const element = (id) => document.getElementById(id);
const short = (path) => path.replace(/^(architecture|recipe)\./, "");

function valueOf(column, row) {
  const value = column.values[row];
  return value === null || !column.words ? value : column.words[value];
}

function shown(value) {
  if (value === null) return "";
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return String(Number(value.toPrecision(5)));
}

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// ---- what is looked at: the table's filters and the brushed axes
const filters = {};
let brushed = null;
let sorting = { name: "accuracy", down: true };
let page = 0;
let visible = every;
let allSettings = false;
const opened = new Set();

function filterOf(text, column) {
  const compared = text.trim().match(/^(<=|>=|<|>|=)\s*(-?[\d.]+(?:e[+-]?\d+)?)$/i);
  if (compared && !column.words) {
    const limit = Number(compared[2]);
    const holds = { "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit, ">=": (v) => v >= limit, "=": (v) => v === limit };
    return (row) => column.values[row] !== null && holds[compared[1]](column.values[row]);
  }
  const word = text.trim().replace(/^=/, "").toLowerCase();
  return (row) => String(valueOf(column, row) ?? "").toLowerCase().includes(word);
}

function look() {
  const active = Object.entries(filters).map(([name, text]) => filterOf(text, byName[name]));
  const rows = every.filter((row) => active.every((holds) => holds(row)) && (brushed === null || brushed.has(row)));
  const column = byName[sorting.name];
  const sign = sorting.down ? -1 : 1;
  rows.sort((a, b) => {
    const x = valueOf(column, a);
    const y = valueOf(column, b);
    if (x === null || y === null) return (x === null) - (y === null) || a - b;
    return (x < y ? -1 : x > y ? 1 : 0) * sign || a - b;
  });
  visible = rows;
  page = 0;
  drawTable();
  drawFront();
  drawBest();
  drawCurves();
}

// ---- the table of trials
function tableColumns() {
  const known = ["number", "stage", "state", "fidelity", "epochs", "accuracy", ...content.costs];
  const names = allSettings ? columns.map((column) => column.name) : [...known, ...content.leading.slice(0, 6)];
  return names.map((name) => byName[name]).filter((column) => column.values.some((value) => value !== null));
}

function drawHead() {
  const heads = tableColumns().map((column) => {
    const button = make("button", { type: "button", textContent: short(column.name), title: column.name });
    button.onclick = () => {
      sorting = { name: column.name, down: sorting.name === column.name ? !sorting.down : !column.words };
      look();
    };
    const head = make("th", { scope: "col", className: column.words ? "word" : "" }, button);
    head.dataset.name = column.name;
    return head;
  });
  const inputs = tableColumns().map((column) => {
    const input = make("input", { type: "search", value: filters[column.name] ?? "" });
    input.setAttribute("aria-label", `filter ${column.name}`);
    input.dataset.filter = column.name;
    input.oninput = () => {
      if (input.value.trim()) filters[column.name] = input.value;
      else delete filters[column.name];
      look();
    };
    return make("th", {}, input);
  });
  const filterRow = make("tr", { className: "filters" }, ...inputs);
  document.querySelector("#trials thead").replaceChildren(make("tr", {}, ...heads), filterRow);
}

function drawTable() {
  for (const head of document.querySelectorAll("#trials thead th[data-name]")) {
    const isSorted = head.dataset.name === sorting.name;
    head.setAttribute("aria-sort", isSorted ? (sorting.down ? "descending" : "ascending") : "none");
    head.firstChild.textContent = short(head.dataset.name) + (isSorted ? (sorting.down ? " ↓" : " ↑") : "");
  }
  const shownColumns = tableColumns();
  const rows = visible.slice(page * PAGE, (page + 1) * PAGE).flatMap((row) => {
    const line = trialRow(row, shownColumns);
    return opened.has(row) ? [line, moreRow(row, shownColumns.length)] : [line];
  });
  document.querySelector("#trials tbody").replaceChildren(...rows);
  const first = visible.length ? page * PAGE + 1 : 0;
  element("shown").textContent = `${first} to ${Math.min((page + 1) * PAGE, visible.length)} of ${visible.length} (${count} trials in all)`;
  element("back").disabled = page === 0;
  element("next").disabled = (page + 1) * PAGE >= visible.length;
  for (const row of opened) drawOwnCurve(row);
}

function trialRow(row, shownColumns) {
  const cells = shownColumns.map((column, place) => {
    const cell = make("td", { className: column.words ? "word" : "", textContent: shown(valueOf(column, row)) });
    if (place === 0) {
      const button = make("button", { type: "button", textContent: opened.has(row) ? "▾" : "▸" });
      button.setAttribute("aria-expanded", String(opened.has(row)));
      button.setAttribute("aria-label", `settings of trial ${byName.number.values[row]}`);
      cell.prepend(button);
    }
    return cell;
  });
  const line = make("tr", { className: "trial" }, ...cells);
  line.onclick = () => {
    if (!opened.delete(row)) opened.add(row);
    drawTable();
  };
  return line;
}

function settings(pairs) {
  return make("div", { className: "settings" }, ...pairs.map(([name, text]) => make("div", {}, make("b", { textContent: `${name}: ` }), text)));
}

function moreRow(row, width) {
  const told = columns.filter((column) => column.values[row] !== null);
  const pairs = (isKnob) => told.filter((column) => column.knob === isKnob).map((column) => [column.name, shown(valueOf(column, row))]);
  const fixed = make("details", {}, make("summary", { textContent: "settings that no trial changes" }), settings(Object.entries(content.fixed)));
  const cell = make("td", { colSpan: width }, settings(pairs(true)), settings(pairs(false)), fixed);
  if (content.curves[byName.number.values[row]]) cell.append(make("div", { id: `curve${row}`, className: "plot small" }));
  return make("tr", { className: "more" }, cell);
}

// ---- plots
function layout(x, y, more = {}) {
  const style = getComputedStyle(document.documentElement);
  const [back, text, line] = ["--back", "--text", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
  return {
    paper_bgcolor: back, plot_bgcolor: back, font: { color: text, size: 13 }, margin: { l: 60, r: 15, t: 20, b: 50 },
    xaxis: { ...axis, title: { text: x }, ...more.xaxis }, yaxis: { ...axis, title: { text: y }, ...more.yaxis },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, hovermode: "closest", ...more.rest,
  };
}

function plot(id, traces, drawn) {
  return Plotly.react(id, traces, drawn, CONFIG);
}

// Many points are drawn by WebGL, few as SVG, which prints sharper.
const scatterKind = count > 3000 ? "scattergl" : "scatter";
const accuracyName = `validation accuracy (${content.metric})`;

// Few trials far below the others (Tukey's fence) must not squeeze them: autoscale shows these too.
function accuracyAxis(rows) {
  const sorted = rows.map((row) => accuracy[row]).sort((a, b) => a - b);
  const quantile = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  const floor = Math.max(sorted[0], quantile(0.25) - 1.5 * (quantile(0.75) - quantile(0.25)));
  const below = sorted.filter((value) => value < floor).length;
  if (!below) return { title: accuracyName };
  const margin = 0.06 * (sorted.at(-1) - floor);
  return { title: `${accuracyName}<br>${below} far below: autoscale`, range: [floor - margin, sorted.at(-1) + margin] };
}

function label(row) {
  const leading = content.leading.slice(0, 6).map((name) => [name, valueOf(byName[name], row)]).filter(([, value]) => value !== null);
  return [`<b>trial ${byName.number.values[row]}</b>: ${shown(accuracy[row])}`, ...leading.map(([name, value]) => `${short(name)} ${shown(value)}`)].join("<br>");
}

function points(rows, x, name, color, symbol) {
  return {
    type: scatterKind, mode: "markers", name, x: rows.map(x), y: rows.map((row) => accuracy[row]), customdata: rows,
    text: rows.map(label), hovertemplate: "%{text}<extra></extra>", marker: { color, symbol, size: 8, line: { width: 0.5 } },
  };
}

function byStage(rows, x) {
  const full = (row) => byName.fidelity.values[row] === 1;
  const kinds = [
    ["coarse stage, part of its epochs", (row) => stageOf(row) !== "final" && !full(row), COLORS.coarse, "circle-open"],
    ["coarse stage, all epochs", (row) => stageOf(row) !== "final" && full(row), COLORS.coarse, "circle"],
    ["final stage", (row) => stageOf(row) === "final", COLORS.final, "diamond"],
  ];
  return kinds.map(([name, belongs, color, symbol]) => points(rows.filter(belongs), x, name, color, symbol)).filter((trace) => trace.x.length);
}

const told = () => visible.filter((row) => accuracy[row] !== null);

function drawFront() {
  const cost = byName[element("cost").value];
  const rows = told();
  const front = [];
  for (const row of [...rows].sort((a, b) => cost.values[a] - cost.values[b] || accuracy[b] - accuracy[a])) {
    if (!front.length || accuracy[row] > accuracy[front.at(-1)]) front.push(row);
  }
  const line = {
    type: "scatter", mode: "lines", name: "Pareto front of those shown", x: front.map((row) => cost.values[row]), y: front.map((row) => accuracy[row]),
    line: { shape: "hv", color: COLORS.good }, hoverinfo: "skip",
  };
  const { title, ...yaxis } = accuracyAxis(rows);
  plot("front", [line, ...byStage(rows, (row) => cost.values[row])], layout(cost.name, title, { xaxis: { type: "log" }, yaxis }));
}

function drawBest() {
  const isHours = element("clock").value === "hours";
  const rows = told().sort((a, b) => a - b);
  const place = new Map(complete.map((row, at) => [row, at + 1]));
  const x = isHours ? (row) => content.hours[row] : (row) => place.get(row);
  const ordered = rows.filter((row) => x(row) !== null).sort((a, b) => x(a) - x(b));
  let best = -Infinity;
  const line = {
    type: "scatter", mode: "lines", name: "best so far", x: ordered.map(x), y: ordered.map((row) => (best = Math.max(best, accuracy[row]))),
    line: { shape: "hv", color: COLORS.good, width: 2 }, hoverinfo: "skip",
  };
  const { title, ...yaxis } = accuracyAxis(ordered);
  plot("best", [...byStage(ordered, x), line], layout(isHours ? "hours since the first trial began" : "complete trials", title, { yaxis }));
}

function axisOf(column) {
  const isLog = content.log.includes(column.name) || content.costs.includes(column.name);
  const known = complete.map((row) => column.values[row]).filter((value) => value !== null);
  const place = (value) => (isLog ? Math.log10(value) : value);
  const different = [...new Set(known)].sort((a, b) => a - b);
  const low = place(different[0]);
  const high = place(different.at(-1));
  const absent = known.length < complete.length ? low - (high - low || 1) * 0.12 : null;
  const ticks = different.length <= 8 ? different : [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low)).map((at) => (isLog ? 10 ** at : at));
  const text = (value) => (column.words ? column.words[value] : shown(Number(value.toPrecision(3))));
  return {
    label: short(column.name), range: [absent ?? low, high === low ? low + 1 : high],
    tickvals: [...ticks.map(place), ...(absent === null ? [] : [absent])], ticktext: [...ticks.map(text), ...(absent === null ? [] : ["–"])],
    values: complete.map((row) => (column.values[row] === null ? absent : place(column.values[row]))),
  };
}

function drawParallel() {
  const axes = [...content.leading.map((name) => byName[name]), byName[content.costs[0]]];
  const drawn = axes.filter((column) => complete.some((row) => column.values[row] !== null)).map(axisOf);
  drawn.push({ label: "accuracy", values: complete.map((row) => accuracy[row]) });
  const ranked = complete.map((row) => accuracy[row]).sort((a, b) => a - b);
  const trace = {
    type: "parcoords", dimensions: drawn, labelangle: -15, labelfont: { size: 11 },
    line: { color: complete.map((row) => accuracy[row]), colorscale: "Cividis", cmin: ranked[Math.floor(ranked.length / 4)], cmax: ranked.at(-1), showscale: true },
  };
  const drawnLayout = layout("", "");
  plot("parallel", [trace], { ...drawnLayout, margin: { l: 60, r: 40, t: 80, b: 25 } }).then((made) => {
    made.removeAllListeners("plotly_restyle");
    made.on("plotly_restyle", () => brush(made.data[0].dimensions));
  });
}

function brush(dimensions) {
  const ranges = dimensions.filter((dimension) => dimension.constraintrange);
  const inside = (dimension, at) => {
    const kept = Array.isArray(dimension.constraintrange[0]) ? dimension.constraintrange : [dimension.constraintrange];
    return kept.some(([low, high]) => low <= dimension.values[at] && dimension.values[at] <= high);
  };
  brushed = ranges.length ? new Set(complete.filter((_, at) => ranges.every((dimension) => inside(dimension, at)))) : null;
  look();
}

function drawWorth() {
  const { knob, alone, total } = content.importance;
  const order = knob.map((_, at) => at).slice(0, 20).reverse();
  const bars = (values, name, color) => ({
    type: "bar", orientation: "h", name, x: order.map((at) => values[at]), y: order.map((at) => short(knob[at])), marker: { color },
  });
  element("importance").style.height = `${Math.max(260, 110 + 26 * order.length)}px`;
  const wide = { xaxis: { range: [0, 1] }, rest: { barmode: "group" } };
  plot("importance", [bars(alone, "alone", COLORS.coarse), bars(total, "with its interactions", COLORS.rest)], layout("share of the variance", "", wide));
}

function drawDependence() {
  const { knob, value, accuracy: mean, low, high } = content.dependence;
  const rows = knob.map((_, at) => at).filter((at) => knob[at] === element("knob").value);
  const x = rows.map((at) => value[at]);
  const band = { type: "scatter", mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
  const traces = [
    { ...band, x, y: rows.map((at) => low[at]), showlegend: false },
    { ...band, x, y: rows.map((at) => high[at]), fill: "tonexty", fillcolor: "rgba(86,180,233,0.3)", name: "half of all candidates" },
    { type: "scatter", mode: "lines+markers", x, y: rows.map((at) => mean[at]), line: { color: COLORS.coarse }, name: "mean" },
  ];
  plot("dependence", traces, layout(short(element("knob").value), "expected accuracy", { xaxis: { type: "category" } }));
}

function drawPredicted() {
  const { number, expected, spread, got } = content.predictions;
  const ends = [Math.min(...expected, ...got), Math.max(...expected, ...got)];
  const traces = [
    { type: "scatter", mode: "lines", x: ends, y: ends, name: "expected as got", line: { dash: "dash", color: COLORS.rest }, hoverinfo: "skip" },
    {
      type: scatterKind, mode: "markers", x: got, y: expected, name: "trials", text: number.map((one) => `trial ${one}`), marker: { color: COLORS.coarse },
      error_y: { type: "data", array: spread, thickness: 0.7, color: COLORS.rest }, hovertemplate: "%{text}: expected %{y:.4f}, got %{x:.4f}<extra></extra>",
    },
  ];
  plot("predicted", traces, layout("accuracy got", "accuracy expected"));
}

function curveTrace(row, style) {
  const curve = content.curves[byName.number.values[row]];
  return { type: "scatter", mode: curve.length > 1 ? "lines" : "markers", x: curve.map((_, at) => at + 1), y: curve.map(([value]) => value), name: `trial ${byName.number.values[row]}`, ...style };
}

function drawCurves() {
  const many = Math.max(1, Number(element("many").value) || 1);
  const rows = told().filter((row) => content.curves[byName.number.values[row]]?.length).sort((a, b) => accuracy[b] - accuracy[a]).slice(0, many);
  const style = (at) => (at === 0 ? { line: { color: COLORS.final, width: 2.5 } } : { line: { color: COLORS.coarse, width: 1 }, opacity: 0.5 });
  plot("curves", rows.map((row, at) => curveTrace(row, style(at))), layout("epoch", accuracyName, { rest: { showlegend: rows.length <= 12 } }));
}

function drawOwnCurve(row) {
  if (element(`curve${row}`)) plot(`curve${row}`, [curveTrace(row, { line: { color: COLORS.final } })], layout("epoch", "accuracy", { rest: { margin: { l: 60, r: 15, t: 5, b: 45 } } }));
}

// ---- numbers at the top, small tables at the end
function drawCards() {
  const best = complete.reduce((a, b) => (accuracy[b] > accuracy[a] ? b : a));
  const failed = every.filter((row) => valueOf(byName.state, row) === "failed").length;
  const cards = [
    ["best accuracy", shown(accuracy[best])], ["by trial", byName.number.values[best]], ["MACs of it", shown(byName.macs.values[best])],
    ["complete trials", `${complete.length} of ${count}`], ["failed", failed], ["of search", content.spent],
  ];
  element("cards").replaceChildren(...cards.map(([name, text]) => make("div", { className: "card" }, make("b", { textContent: text }), make("span", { textContent: name }))));
}

function drawTables() {
  const made = content.tables.flatMap((table) => {
    const head = make("tr", {}, ...table.columns.map((text) => make("th", { scope: "col", textContent: text })));
    const rows = table.rows.map((cells) => make("tr", {}, ...cells.map((text) => make("td", { textContent: text }))));
    const body = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    return [make("h2", { textContent: table.title }), make("div", { className: "wide" }, body)];
  });
  element("tables").replaceChildren(...made);
}

// ---- light and dark; paper is white
function drawPlots() {
  COLORS.coarse = getComputedStyle(document.documentElement).getPropertyValue("--mark").trim();
  drawFront();
  drawBest();
  drawParallel();
  drawCurves();
  if (content.importance) drawWorth();
  if (content.dependence) drawDependence();
  if (content.predictions) drawPredicted();
  for (const row of opened) drawOwnCurve(row);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  drawPlots();
}

function fill(select, names) {
  select.replaceChildren(...names.map((name) => make("option", { value: name, textContent: short(name) })));
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let before = null;
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  dark.onchange = () => setTheme(dark.matches ? "dark" : "light");
  element("theme").onclick = () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  addEventListener("beforeprint", () => { before = document.documentElement.dataset.theme; setTheme("light"); });
  addEventListener("afterprint", () => setTheme(before));
  fill(element("cost"), content.costs);
  if (content.dependence) fill(element("knob"), [...new Set(content.dependence.knob)]);
  element("cost").onchange = drawFront;
  element("clock").onchange = drawBest;
  element("knob").onchange = drawDependence;
  element("many").onchange = drawCurves;
  element("worth").hidden = !content.importance;
  element("judged").hidden = !content.predictions;
  element("curved").hidden = !Object.keys(content.curves).length;
  element("back").onclick = () => { page -= 1; drawTable(); };
  element("next").onclick = () => { page += 1; drawTable(); };
  element("all").onclick = () => {
    allSettings = !allSettings;
    element("all").setAttribute("aria-pressed", String(allSettings));
    drawHead();
    drawTable();
  };
  element("clear").onclick = () => {
    for (const name of Object.keys(filters)) delete filters[name];
    brushed = null;
    Plotly.purge("parallel");
    drawParallel();
    drawHead();
    look();
  };
  drawCards();
  drawHead();
  drawPlots();
  look();
  drawTables();
}

start();

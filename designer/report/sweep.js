"use strict";
const D = JSON.parse(document.getElementById("data").textContent);
const byName = Object.fromEntries(D.columns.map(c => [c.name, c]));
const axes = D.columns.filter(c => c.kind === "axis");
const numeric = D.columns.filter(c => c.kind !== "axis" && c.values.some(v => typeof v === "number"));
const $ = id => document.getElementById(id);
const N = "http://www.w3.org/2000/svg";
const SERIES = Array.from({length: 12}, (_, i) => `var(--c${i + 1})`);
const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
// From this ratio of largest to smallest on, a scale is logarithmic unless somebody says otherwise.
const SPAN = 10;
const NONE = "No point has a design.";

// ---- words and numbers
function show(v) {
  if (v === null || v === undefined) return "–";
  if (typeof v !== "number") return String(v);
  if (v === 0) return "0";
  const a = Math.abs(v);
  if (Number.isInteger(v) && a < 1e9) return v.toLocaleString("en");
  if (a >= 1e6 || a < 1e-3) return v.toPrecision(3).replace(/\.?0+e/, "e");
  return Number(v.toPrecision(4)).toLocaleString("en", {maximumSignificantDigits: 4});
}
const short = v => Math.abs(v) >= 1e4 || (v !== 0 && Math.abs(v) < 1e-2) ? v.toExponential(0).replace("+", "") : String(Number(v.toPrecision(3)));
const withUnit = (v, c) => show(v) + (c && c.unit && typeof v === "number" ? " " + c.unit : "");
const titled = c => c.name + (c.unit ? ` (${c.unit})` : "");
const better = c => c.better === "more" ? "more is better" : "less is better";
const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
const distinct = c => [...new Set(c.values)].sort(order);
function commonest(texts) { const n = {}; for (const t of texts) n[t] = (n[t] || 0) + 1; return Object.entries(n).sort((a, b) => b[1] - a[1])[0][0]; }

// ---- elements
function el(tag, attributes, parent, text) {
  const made = document.createElementNS(N, tag);
  for (const [k, v] of Object.entries(attributes || {})) made.setAttribute(k, v);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}
function node(tag, parent, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  if (parent) parent.append(made);
  return made;
}
// A sheet as wide as its place, within bounds, so that letters keep their size on a telephone.
const widthOf = parent => Math.max(320, Math.min(560, parent.clientWidth || 560));
function svg(parent, w, h) { parent.replaceChildren(); return el("svg", {viewBox: `0 0 ${w} ${h}`, role: "img"}, parent); }
function select(parent, text, options, chosen, changed) {
  const label = node("label", parent, text + " "), box = node("select", label);
  for (const [value, shown] of options) node("option", box, shown).value = value;
  box.value = chosen; box.onchange = () => changed(box.value);
  return box;
}
function swatch(parent, fill, text) {
  const item = node("span", parent);
  node("span", item, undefined, "swatch").style.background = fill;
  item.append(text);
}
function save(name, kind, text) {
  const a = node("a"); a.download = name; a.href = URL.createObjectURL(new Blob([text], {type: kind})); a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
// A picture as a file of its own: the colours it has on this page, written into it.
function savePicture(id) {
  const drawn = $(id).querySelector("svg"); if (!drawn) return;
  const copy = drawn.cloneNode(true), look = getComputedStyle(document.documentElement);
  const named = t => t.replace(/var\((--[\w-]+)\)/g, (_, n) => named(look.getPropertyValue(n).trim()));
  copy.setAttribute("xmlns", N);
  copy.setAttribute("style", `background:${named("var(--paper)")};font:11px sans-serif`);
  el("style", {}, copy, named("text{fill:var(--ink)}.soft{fill:var(--soft)}.told{paint-order:stroke;stroke:var(--paper);stroke-width:4px}"));
  save(`${D.name}-${id}.svg`, "image/svg+xml", named(new XMLSerializer().serializeToString(copy)));
}
function saveButton(parent, id) { const b = node("button", parent, "Save picture"); b.onclick = () => savePicture(id); }

// ---- scales
function colour(t) {
  const x = Math.max(0, Math.min(1, t)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(x)), f = x - i;
  return RAMP[i].map((a, k) => Math.round(a + f * (RAMP[i + 1][k] - a)));
}
const rgb = c => `rgb(${c.join(",")})`;
const onTop = c => 0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2] > 130 ? "#111" : "#fff";
const logarithmic = (lo, hi, kind) => lo > 0 && hi > lo && (kind === "log" || (kind === "auto" && hi / lo >= SPAN));
function ticks(low, high, n) {
  const raw = (high - low) / n, size = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map(k => k * size).find(s => s >= raw) || raw, out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Number(v.toPrecision(10)));
  return out;
}
function logTicks(lo, hi, most) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const out = [];
    for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++) for (const s of steps) out.push(Number((s * 10 ** e).toPrecision(3)));
    const inside = out.filter(v => v >= lo * 0.999 && v <= hi * 1.001);
    if (inside.length <= most) return inside;
  }
  return [lo, hi];
}
function scale(of, a, b, kind, most) {
  let lo = Math.min(...of), hi = Math.max(...of);
  const log = logarithmic(lo, hi, kind);
  if (hi === lo) { hi += Math.abs(hi) * .05 + 1e-9; lo -= Math.abs(lo) * .05 + 1e-9; }
  const f = log ? v => Math.log(v / lo) / Math.log(hi / lo) : v => (v - lo) / (hi - lo);
  return {at: v => a + f(v) * (b - a), log, ticks: (log ? logTicks(lo, hi, most) : ticks(lo, hi, most)).filter(v => f(v) >= -1e-9 && f(v) <= 1 + 1e-9)};
}
// Steps of an axis: its values, or where there are many, bins of equal counts that leave some points in each cell.
function steps(c) {
  const values = distinct(c);
  if (values.length <= 40) return {names: values, at: v => values.indexOf(v)};
  const n = Math.max(4, Math.min(20, Math.round(Math.sqrt(c.values.length / 3)))), sorted = [...c.values].sort(order), edges = [];
  for (let i = 0; i < n; i++) edges.push(sorted[Math.floor(i * sorted.length / n)]);
  return {names: edges, at: v => { let i = 0; while (i + 1 < n && order(v, edges[i + 1]) >= 0) i++; return i; }, binned: true};
}

// ---- the slice: what is shown, and what the other axes stand at
const LISTED = 60;
const view = {x: D.view.x, y: D.view.y, value: byName[D.view.value] ? D.view.value : (numeric[0] || {}).name, slice: {}, of: "median", scale: "auto"};
const LINE = "";
if (view.y === view.x || axes.length < 2) view.y = LINE;
const others = () => axes.filter(c => c.name !== view.x && c.name !== view.y);
// Each other axis stands at the value at which most points have a design, until somebody chooses.
for (const c of axes) {
  const values = distinct(c);
  if (values.length > LISTED) continue;
  const found = values.map(v => D.state.filter((s, i) => s === "found" && c.values[i] === v).length);
  view.slice[c.name] = String(found.indexOf(Math.max(...found)));
}
const at = c => view.slice[c.name] === undefined || view.slice[c.name] === "" ? undefined : distinct(c)[Number(view.slice[c.name])];
function chosen() {
  const picks = others().map(c => [c, at(c)]).filter(([, v]) => v !== undefined);
  return D.point.map((_, i) => i).filter(i => picks.every(([c, v]) => c.values[i] === v));
}
function sliceText() {
  const fixed = others().filter(c => at(c) !== undefined).map(c => `${c.name} ${withUnit(at(c), c)}`);
  const open = others().filter(c => at(c) === undefined).map(c => c.name);
  const parts = [];
  if (fixed.length) parts.push(`At ${fixed.join(", ")}.`);
  if (open.length) parts.push(`Over all values of ${open.join(", ")}: a cell holds several points and shows the ${view.of} of them.`);
  return parts.join(" ");
}
const COMBINE = {
  median: xs => { const s = [...xs].sort((a, b) => a - b); return s.length % 2 ? s[s.length >> 1] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2; },
  best: (xs, c) => c.better === "more" ? Math.max(...xs) : Math.min(...xs),
  worst: (xs, c) => c.better === "more" ? Math.min(...xs) : Math.max(...xs),
};

const words = {found: "with designs", infeasible: "infeasible", time_limit: "out of time", invalid: "of scenarios that make no sense"};
$("name").textContent = D.name;
$("about").textContent = `${D.description} ${D.have.toLocaleString("en")} of ${D.count.toLocaleString("en")} points of ${D.base}: ` +
  Object.entries(D.status).map(([k, n]) => `${n.toLocaleString("en")} ${words[k]}`).join(", ") + "." +
  (D.shown < D.have ? ` An even selection of ${D.shown.toLocaleString("en")} is shown.` : "");
$("stamp").textContent = `designer ${D.stamp.version} · catalog ${D.stamp.catalog} · scenario ${D.stamp.scenario}`;

function controls() {
  const box = $("controls"); box.replaceChildren();
  const names = axes.map(c => [c.name, c.name]);
  select(box, "across", names, view.x, v => { view.x = v; if (view.y === v) view.y = LINE; all(); });
  select(box, "up", [[LINE, "the quantity, as a line"], ...names.filter(([n]) => n !== view.x)], view.y, v => { view.y = v; all(); });
  select(box, "show", numeric.map(c => [c.name, c.name]), view.value, v => { view.value = v; all(); });
  for (const c of others()) {
    const values = distinct(c);
    if (values.length > LISTED) continue;
    select(box, c.name, [...values.map((v, i) => [String(i), withUnit(v, c)]), ["", "all values"]], view.slice[c.name], v => { view.slice[c.name] = v; all(); });
  }
  if (others().some(c => at(c) === undefined)) select(box, "of several points", Object.keys(COMBINE).map(n => [n, `their ${n}`]), view.of, v => { view.of = v; maps(); });
}

// ---- maps
function cellsOf(sx, sy) {
  const cx = byName[view.x], cy = byName[view.y], held = new Map();
  for (const i of chosen()) {
    const key = sx.at(cx.values[i]) + "," + (cy ? sy.at(cy.values[i]) : 0);
    if (!held.has(key)) held.set(key, []);
    held.get(key).push(i);
  }
  return held;
}
const ONE = {names: [""], at: () => 0};
function grid(parent, cells, below) {
  const cx = byName[view.x], cy = byName[view.y], sx = steps(cx), sy = cy ? steps(cy) : ONE;
  const W = widthOf(parent), left = cy ? 84 : 8, bottom = 44, top = 6, H = (cy ? Math.round(W * .7) : 110), w = (W - left - 8) / sx.names.length, h = (H - top - bottom) / sy.names.length;
  const s = svg(parent, W, H + below), held = cellsOf(sx, sy);
  const hatch = el("pattern", {id: parent.id + "-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"}, el("defs", {}, s));
  el("rect", {width: 6, height: 6, fill: "#fff", "fill-opacity": 0}, hatch); el("rect", {width: 2.5, height: 6, fill: "#fff", "fill-opacity": .65}, hatch);
  for (const [key, rows] of held) {
    const [ix, iy] = key.split(",").map(Number), found = cells(rows), x = left + ix * w, y = H - bottom - (iy + 1) * h;
    const g = el("g", {class: "cell"}, s), box = {x, y, width: Math.max(w - .6, .5), height: Math.max(h - .6, .5)};
    el("rect", {...box, fill: found.fill}, g);
    if (found.hatched) el("rect", {...box, fill: `url(#${parent.id}-hatch)`}, g);
    if (found.label && w >= 26 && h >= 13) el("text", {x: x + w / 2, y: y + h / 2 + 4, "text-anchor": "middle", style: `fill:${found.ink};font-size:${w < 34 ? 9 : 10}px`}, g, found.label);
    const place = `${view.x} ${sx.binned ? "from " : ""}${withUnit(sx.names[ix], cx)}` + (cy ? `, ${cy.name} ${sy.binned ? "from " : ""}${withUnit(sy.names[iy], cy)}` : "");
    el("title", {}, g, `${place}\n${found.text}\n${decisions(rows[0])}`);
    g.onclick = () => opened(place, rows);
  }
  const each = Math.max(1, Math.ceil(sx.names.length * 44 / (W - left))), eachY = Math.max(1, Math.ceil(sy.names.length * 17 / (H - bottom)));
  sx.names.forEach((v, i) => { if (i % each === 0) el("text", {x: left + (i + .5) * w, y: H - bottom + 14, "text-anchor": "middle"}, s, show(v).slice(0, 14)); });
  sy.names.forEach((v, i) => { if (i % eachY === 0) el("text", {x: left - 6, y: H - bottom - (i + .5) * h + 4, "text-anchor": "end"}, s, show(v).slice(0, 11)); });
  el("text", {x: left + (W - left) / 2, y: H - bottom + 32, "text-anchor": "middle", class: "soft"}, s, titled(cx));
  if (cy) el("text", {x: 12, y: (H - bottom) / 2, "text-anchor": "middle", class: "soft", transform: `rotate(-90 12 ${(H - bottom) / 2})`}, s, titled(cy));
  return {s, W, H, left};
}
const decided = D.columns.filter(c => c.kind === "decision");
const decisions = i => D.state[i] === "found" ? decided.map(c => `${c.name} ${withUnit(c.values[i], c)}`).join(", ") : "";
function why(of) { const k = of.map(i => (D.conflict[i] || []).join(" + ")).find(t => t); return "no design" + (k ? ": " + k : ""); }

function heat() {
  const c = byName[view.value], box = $("heat");
  if (!c) { box.textContent = NONE; return; }
  $("heat-title").textContent = `${titled(c)}, ${better(c)}`;
  const numbers = of => of.map(i => c.values[i]).filter(v => typeof v === "number");
  const cells = [...cellsOf(steps(byName[view.x]), byName[view.y] ? steps(byName[view.y]) : ONE).values()].map(numbers).filter(v => v.length);
  const most = Math.max(0, ...cells.map(v => v.length));
  $("heat-note").textContent = (c.title ? c.title.split(".")[0] + ". " : "") + "Of the first design of each point" + (most > 1 ? `; the ${view.of} of up to ${most.toLocaleString("en")} points` : "") + ". Grey: no design. A click on a cell tells all of it.";
  const known = cells.map(v => COMBINE[view.of](v, c));
  if (!known.length) { box.textContent = chosen().length ? "No point of this slice has a design." : NONE; return; }
  if (view.y === LINE) { line(box, c, numbers); return; }
  const low = Math.min(...known), high = Math.max(...known), log = logarithmic(low, high, view.scale);
  const place = v => high === low ? .5 : log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
  const {s, W, H, left} = grid(box, of => {
    const values = numbers(of);
    if (!values.length) return {fill: "var(--none)", text: why(of)};
    const v = COMBINE[view.of](values, c), tone = colour(place(v));
    return {fill: rgb(tone), ink: onTop(tone), label: short(v), text: `${c.name} ${withUnit(v, c)}` + (of.length > 1 ? `, the ${view.of} of ${of.length} points` : "")};
  }, 30);
  const ramp = el("linearGradient", {id: "ramp"}, el("defs", {}, s));
  RAMP.forEach((_, i) => el("stop", {offset: `${25 * i}%`, "stop-color": rgb(colour(i / 4))}, ramp));
  el("rect", {x: left, y: H, width: W - left - 8, height: 8, fill: "url(#ramp)"}, s);
  el("text", {x: left, y: H + 22}, s, withUnit(low, c)); el("text", {x: W - 8, y: H + 22, "text-anchor": "end"}, s, withUnit(high, c));
  el("text", {x: left + (W - left - 8) / 2, y: H + 22, "text-anchor": "middle", class: "soft"}, s, log ? "log scale" : "");
}
// A quantity over one axis; where a step holds several points their range stands behind the line.
function line(box, c, numbers) {
  const cx = byName[view.x], sx = steps(cx), W = widthOf(box), left = 58, bottom = 44, top = 10, H = Math.round(W * .62), s = svg(box, W, H);
  const held = [...cellsOf(sx, ONE)].map(([key, rows]) => ({i: Number(key.split(",")[0]), rows, values: numbers(rows)})).sort((a, b) => a.i - b.i);
  const number = sx.names.every(v => typeof v === "number"), places = number ? sx.names : sx.names.map((_, i) => i);
  const X = scale(places, left + 10, W - 14, number ? "auto" : "linear", 6), Y = scale(held.flatMap(p => p.values), H - bottom - 6, top + 6, view.scale, 6);
  el("path", {d: `M${left} ${top}V${H - bottom}H${W - 8}`, fill: "none", stroke: "var(--line)"}, s);
  if (number) for (const t of X.ticks) el("text", {x: X.at(t), y: H - bottom + 15, "text-anchor": "middle"}, s, show(t));
  else sx.names.forEach((v, i) => el("text", {x: X.at(i), y: H - bottom + 15, "text-anchor": "middle"}, s, show(v).slice(0, 14)));
  for (const t of Y.ticks) el("text", {x: left - 6, y: Y.at(t) + 4, "text-anchor": "end"}, s, show(t));
  el("text", {x: (left + W) / 2, y: H - 8, "text-anchor": "middle", class: "soft"}, s, titled(cx) + (number && X.log ? ", log" : ""));
  el("text", {x: 12, y: (H - bottom) / 2, "text-anchor": "middle", class: "soft", transform: `rotate(-90 12 ${(H - bottom) / 2})`}, s, titled(c) + (Y.log ? ", log" : ""));
  let path = "", joined = false;
  for (const p of held) {
    const x = X.at(places[p.i]);
    if (!p.values.length) { joined = false; el("text", {x, y: H - bottom - 4, "text-anchor": "middle", class: "soft"}, s, "×").append(el("title", {}, null, why(p.rows))); continue; }
    const v = COMBINE[view.of](p.values, c), y = Y.at(v);
    if (p.values.length > 1) el("path", {d: `M${x} ${Y.at(Math.min(...p.values))}V${Y.at(Math.max(...p.values))}`, stroke: "var(--line)", "stroke-width": 4}, s);
    path += `${joined ? "L" : "M"}${x} ${y}`; joined = true;
    const g = el("g", {class: "cell"}, s); el("circle", {cx: x, cy: y, r: 4, fill: "var(--c1)"}, g);
    el("title", {}, g, `${view.x} ${withUnit(sx.names[p.i], cx)}\n${c.name} ${withUnit(v, c)}\n${decisions(p.rows[0])}`);
    g.onclick = () => opened(`${view.x} ${withUnit(sx.names[p.i], cx)}`, p.rows);
  }
  s.insertBefore(el("path", {d: path || "M0 0", fill: "none", stroke: "var(--c1)"}), s.children[1]);
}
const FREE = "nothing: best of its candidates", UNKNOWN = "not worked out";
function stop(i) {
  if (D.state[i] === "found") return D.binds[i] === null ? UNKNOWN : D.binds[i].length ? D.binds[i].join(" + ") : FREE;
  return "× " + ((D.conflict[i] || []).join(" + ") || D.state[i]);
}
function walls() {
  const rows = chosen(), stops = D.point.map((_, i) => stop(i)), seen = {};
  $("walls-note").textContent = "The limit without which another design would beat the first one of the point, or the conflict that leaves none (hatched)." + (others().some(c => at(c) === undefined) ? " The commonest, as a cell holds several points." : "");
  if (!rows.length) { $("walls").textContent = NONE; return; }
  for (const i of rows) seen[stops[i]] = (seen[stops[i]] || 0) + 1;
  const names = Object.keys(seen).sort((a, b) => seen[b] - seen[a]), plain = [...new Set(names.map(n => n.replace("× ", "")))].filter(n => n !== FREE && n !== UNKNOWN);
  const fill = t => { const n = t.replace("× ", ""); return n === FREE ? "var(--best)" : n === UNKNOWN ? "var(--none)" : SERIES[plain.indexOf(n) % SERIES.length]; };
  grid($("walls"), of => { const t = commonest(of.map(i => stops[i])); return {fill: fill(t), hatched: t.startsWith("×"), text: t.startsWith("×") ? "no design: " + t.slice(2) : t}; }, 0);
  const legend = node("div", $("walls"), undefined, "legend");
  for (const n of names.slice(0, 12)) {
    const none = n.startsWith("×");
    swatch(legend, none ? `repeating-linear-gradient(45deg, ${fill(n)} 0 3px, #fff 3px 5px)` : fill(n), `${none ? "no design: " + n.slice(2) : n}  ${Math.round(100 * seen[n] / rows.length)} %`);
  }
}

// ---- one cell in full
function commandOf(point) {
  if (!D.again) return "";
  const sets = []; let rest = point;
  for (const a of [...D.again.axes].reverse()) { sets.unshift(...a.rows[rest % a.rows.length]); rest = Math.floor(rest / a.rows.length); }
  return [D.again.command, ...sets.map(t => "--set " + t)].join(" ");
}
function opened(place, rows) {
  const box = $("cell"); box.hidden = false; box.replaceChildren();
  node("h3", box, place + (rows.length > 1 ? `: ${rows.length.toLocaleString("en")} points, the first ${Math.min(3, rows.length)} in full` : ""));
  for (const i of rows.slice(0, 3)) {
    node("p", box, `Point ${D.point[i]}: ${D.state[i] === "found" ? "what binds: " + stop(i) : "no design: " + stop(i).slice(2)}`);
    const list = node("dl", box);
    for (const c of [...axes, ...D.columns.filter(c => c.kind === "quantity"), ...decided]) {
      if (c.values[i] === null) continue;
      const pair = node("div", list); node("dt", pair, c.name); node("dd", pair, withUnit(c.values[i], c));
    }
    const command = commandOf(D.point[i]); if (command) node("code", box, command);
  }
  box.scrollIntoView({block: "nearest"});
}

// ---- frontier and effects
const front = {x: 0, y: Math.min(1, D.objectives.length - 1), by: view.x, scale: "auto"};
function frontier() {
  const F = D.frontier, box = $("front");
  if (!F.rows.length) { box.textContent = NONE; return; }
  const nx = F.names[front.x], ny = F.names[front.y], cx = byName[nx], cy = byName[ny], ca = byName[front.by];
  const W = widthOf(box), H = Math.round(W * .7), left = 58, bottom = 44, right = 12, top = 8, s = svg(box, W, H);
  const X = scale(F.rows.map(r => r.values[front.x]), left + 8, W - right - 8, front.scale, 6), Y = scale(F.rows.map(r => r.values[front.y]), H - bottom - 8, top + 8, front.scale, 6);
  el("path", {d: `M${left} ${top}V${H - bottom}H${W - right}`, fill: "none", stroke: "var(--line)"}, s);
  for (const t of X.ticks) el("text", {x: X.at(t), y: H - bottom + 15, "text-anchor": "middle"}, s, show(t));
  for (const t of Y.ticks) el("text", {x: left - 6, y: Y.at(t) + 4, "text-anchor": "end"}, s, show(t));
  const far = (sign, more, less) => sign < 0 ? more : less, sx = D.objectives[front.x].sign, sy = D.objectives[front.y].sign;
  el("text", {x: W - right, y: H - 8, "text-anchor": "end", class: "soft"}, s, `${far(sx, "→", "←")} better   ${titled(cx)}${X.log ? ", log" : ""}`);
  el("text", {x: 12, y: (H - bottom) / 2, "text-anchor": "middle", class: "soft", transform: `rotate(-90 12 ${(H - bottom) / 2})`}, s, `${titled(cy)}${Y.log ? ", log" : ""}   ${far(sy, "→", "←")} better`);
  const k = axes.indexOf(ca), values = [...new Set(F.rows.map(r => r.at[k]))].sort(order);
  const tone = v => rgb(colour(values.length < 2 ? .4 : .92 * values.indexOf(v) / (values.length - 1)));
  for (const r of [...F.rows].sort((a, b) => a.best - b.best)) {
    const dot = el("circle", {cx: X.at(r.values[front.x]), cy: Y.at(r.values[front.y]), r: r.best ? 4 : 2.2, fill: tone(r.at[k]), "fill-opacity": r.best ? 1 : .45, stroke: r.best ? "var(--ink)" : "none"}, s);
    el("title", {}, dot, `point ${r.point}, design ${r.design}\n${nx} ${withUnit(r.values[front.x], cx)}\n${ny} ${withUnit(r.values[front.y], cy)}\n` + axes.map((a, i) => `${a.name} ${withUnit(r.at[i], a)}`).join("\n"));
  }
  const joined = F.rows.filter(r => r.best).sort((a, b) => a.values[front.x] - b.values[front.x]);
  if (front.x !== front.y && D.objectives.length === 2) el("path", {d: "M" + joined.map(r => `${X.at(r.values[front.x])} ${Y.at(r.values[front.y])}`).join("L"), fill: "none", stroke: "var(--ink)"}, s);
  const legend = node("div", box, undefined, "legend");
  for (const v of values.length > 8 ? [values[0], values[values.length >> 1], values[values.length - 1]] : values) swatch(legend, tone(v), withUnit(v, ca));
}
const SCALES = [["auto", "log where it spans"], ["linear", "linear"], ["log", "log"]];
function frontControls() {
  const box = $("front-controls"), of = D.objectives.map((o, i) => [String(i), (o.sign < 0 ? "max " : "min ") + o.name]);
  select(box, "across", of, String(front.x), v => { front.x = Number(v); frontier(); });
  select(box, "up", of, String(front.y), v => { front.y = Number(v); frontier(); });
  select(box, "colour", axes.map(c => [c.name, c.name]), front.by, v => { front.by = v; frontier(); });
  select(box, "scale", SCALES, front.scale, v => { front.scale = v; frontier(); });
  saveButton(box, "front");
}
let effect = 0;
function tornado() {
  const E = D.effects[effect], box = $("effects"), n = E.axes.length;
  if (!n) { box.textContent = E.mean === null ? NONE : "It is the same at all points."; return; }
  const W = widthOf(box), left = 8, right = 56, row = 50, H = n * row + 34, s = svg(box, W, H), lo = Math.min(...E.axes.map(e => e.low)), hi = Math.max(...E.axes.map(e => e.high));
  const X = v => left + (v - lo) / (hi - lo || 1) * (W - left - right - 8);
  E.axes.forEach((e, i) => {
    const y = 16 + i * row, a = X(e.low), b = X(e.high), c = byName[e.axis];
    el("text", {x: left, y: y - 4}, s, e.axis);
    el("rect", {x: a, y, width: Math.max(b - a, 1), height: 14, fill: "var(--c5)"}, s);
    el("text", {x: W - 4, y: y + 11, "text-anchor": "end"}, s, "S " + (100 * e.index).toFixed(0) + " %");
    const told = `${show(e.low)} at ${withUnit(e.low_at, c)} → ${show(e.high)} at ${withUnit(e.high_at, c)}`;
    el("text", {x: Math.max(left, Math.min(a, W - 6.2 * told.length)), y: y + 27, class: "soft told"}, s, told);
  });
  if (E.mean !== null) {
    const x = X(E.mean);
    el("path", {d: `M${x} 2V${H - 30}`, stroke: "var(--ink)", "stroke-dasharray": "3 3"}, s);
    el("text", {x: Math.max(60, Math.min(x, W - 60)), y: H - 14, "text-anchor": "middle", class: "soft"}, s, `mean ${show(E.mean)} ${E.unit}`);
  }
}

// ---- the points
const shownColumns = () => [{name: "point", values: D.point, unit: ""}, ...axes, {name: "stopped by", values: D.point.map((_, i) => stop(i)), unit: ""},
  ...D.objectives.map(o => byName[o.name]).filter(Boolean), ...D.columns.filter(c => c.kind === "quantity" && !D.objectives.some(o => o.name === c.name)), ...decided];
let sorted = {key: null, down: false};
function table() {
  const cols = shownColumns(), head = $("table").tHead, body = $("table").tBodies[0]; head.replaceChildren(); body.replaceChildren();
  const text = c => c.values.some(v => typeof v === "string"), tr = head.insertRow();
  for (const c of cols) {
    const th = node("th", tr, c.name + (sorted.key === c.name ? (sorted.down ? " ↓" : " ↑") : "")); node("small", th, c.unit || " "); th.title = c.title || "";
    if (text(c)) th.className = "text";
    th.onclick = () => { sorted = {key: c.name, down: sorted.key === c.name && !sorted.down}; table(); };
  }
  const wanted = $("filter").value.toLowerCase();
  let rows = D.point.map((_, i) => i);
  if (wanted) rows = rows.filter(i => cols.some(c => String(c.values[i]).toLowerCase().includes(wanted)));
  const by = cols.find(c => c.name === sorted.key);
  if (by) rows.sort((a, b) => { const x = by.values[a], y = by.values[b]; if (x === null || y === null) return (x === null) - (y === null); return (sorted.down ? -1 : 1) * order(x, y); });
  const MOST = 500;
  $("table-note").textContent = rows.length > MOST ? `the first ${MOST} of ${rows.length.toLocaleString("en")}; click a head to sort` : `${rows.length.toLocaleString("en")} rows; click a head to sort`;
  for (const i of rows.slice(0, MOST)) {
    const r = body.insertRow();
    for (const c of cols) { const td = r.insertCell(); td.textContent = show(c.values[i]); if (text(c)) td.className = "text"; }
  }
}
function csv() {
  const cols = shownColumns(), quoted = v => { const t = v === null || v === undefined ? "" : String(v); return /[",\n]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t; };
  const lines = [cols.map(c => quoted(c.unit ? `${c.name} [${c.unit}]` : c.name)), ...D.point.map((_, i) => cols.map(c => quoted(c.values[i])))];
  save(`${D.name}.csv`, "text/csv", lines.map(l => l.join(",")).join("\n") + "\n");
}
function maps() { $("slice").textContent = sliceText(); $("cell").hidden = true; heat(); walls(); }
function all() { controls(); maps(); }
select($("heat-controls"), "scale", SCALES, view.scale, v => { view.scale = v; heat(); });
saveButton($("heat-controls"), "heat"); saveButton($("walls-controls"), "walls");
all(); frontControls(); frontier();
select($("effect-controls"), "of", D.effects.map((e, i) => [String(i), e.quantity + (e.unit ? ` (${e.unit})` : "")]), "0", v => { effect = Number(v); tornado(); });
saveButton($("effect-controls"), "effects");
tornado(); table();
$("filter").oninput = table; $("csv").onclick = csv;
let wide = innerWidth;
addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; maps(); frontier(); tornado(); } });

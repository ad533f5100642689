// Small charts, drawn as SVG: a line that is read at a glance, with its ends named.
const charts = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const [WIDTH, HEIGHT, LEFT, BELOW] = [400, 176, 36, 24];

  function node(name, attributes, ...children) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Outliers of the first steps shall not press everything else flat.
  function bounds(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const [low, high] = [sorted[Math.floor(sorted.length * 0.01)], sorted[Math.ceil(sorted.length * 0.99) - 1]];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - room, high + room];
  }

  const short = (number) => (Math.abs(number) >= 1000 ? `${Number((number / 1000).toFixed(1))}k` : String(Number(number.toPrecision(2))));

  // series: [{name, tone, points: [[x, y], ...]}]
  function lines(series, { title, unit }) {
    const all = series.flatMap((one) => one.points);
    if (all.length < 2) return null;
    const [x0, x1] = [Math.min(...all.map(([x]) => x)), Math.max(...all.map(([x]) => x))];
    const [y0, y1] = bounds(all.map(([, y]) => y));
    const x = (value) => LEFT + ((value - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - 4);
    const y = (value) => 6 + (1 - (Math.min(y1, Math.max(y0, value)) - y0) / (y1 - y0)) * (HEIGHT - BELOW - 6);
    const svg = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${series.map((one) => `${one.name} ${short(one.points.at(-1)[1])}`).join(", ")}`, class: "chart" });
    for (const share of [0, 0.5, 1]) {
      const value = y0 + (0.06 + share * 0.88) * (y1 - y0);
      svg.append(node("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }), node("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)));
    }
    svg.append(node("text", { x: LEFT, y: HEIGHT - 4 }, short(x0)), node("text", { x: WIDTH, y: HEIGHT - 4, "text-anchor": "end" }, `${short(x1)} ${unit}`));
    for (const one of series) {
      svg.append(node("polyline", { class: `line ${one.tone}`, points: one.points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ") }));
      const [a, b] = one.points.at(-1);
      svg.append(node("circle", { class: `dot ${one.tone}`, cx: x(a), cy: y(b), r: 3 }));
    }
    const names = dom.make("figcaption", {}, dom.make("b", {}, title), ...series.map((one) => dom.make("span", { class: `key ${one.tone}` }, `${one.name} ${short(one.points.at(-1)[1])}`)));
    return dom.make("figure", { class: "curves" }, names, svg);
  }

  return { lines };
})();

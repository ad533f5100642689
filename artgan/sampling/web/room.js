// What the artist sees: one picture on the easel, a few things to turn, and a wall of others.
"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const at = (id) => document.getElementById(id);
const HIGHEST = 4294967295, WALL = 24, SECONDS = 6;
const [LENGTH, CLASSES = 0] = facts.network.inputs;
const SIZE = facts.network.nodes[facts.network.nodes.length - 1].shape[0];

// Somebody who paints: a worker where there can be one, the page itself where not.
class Studio {
  constructor() {
    this.waiting = [];
    this.busy = false;
    this.answers = new Map();
    this.ticket = 0;
    const weights = fromBase64(at("weights").textContent.trim()).buffer;
    const kernel = fromBase64(at("kernel").textContent.trim());
    try {
      const address = URL.createObjectURL(new Blob([at("painter").textContent], { type: "text/javascript" }));
      this.worker = new Worker(address);
      this.worker.onerror = (event) => { event.preventDefault(); this.alone(weights, kernel); };
      this.worker.onmessage = ({ data }) => {
        if (data.engine) this.engine = data.engine;
        else this.done(data.ticket, data.pixels);
      };
      this.worker.postMessage({ network: facts.network, weights, kernel });
    } catch {
      this.alone(weights, kernel);
    }
  }

  alone(weights, kernel) {
    this.worker = null;
    this.here = new Painter(facts.network, weights, kernel);
    this.engine = this.here.engine;
    if (this.now) this.begin(this.now);
  }

  // Of what is asked for under the same key only the newest is painted; the easel comes before the wall.
  ask(key, latent, shares) {
    return new Promise((resolve) => {
      const dropped = this.waiting.findIndex((job) => job.key === key);
      if (dropped >= 0) this.waiting.splice(dropped, 1)[0].resolve(null);
      const job = { key, latent, shares, resolve, ticket: ++this.ticket };
      if (key === "easel") this.waiting.unshift(job);
      else this.waiting.push(job);
      this.next();
    });
  }

  next() {
    if (this.busy || !this.waiting.length) return;
    this.busy = true;
    this.begin(this.waiting.shift());
  }

  begin(job) {
    this.now = job;
    this.answers.set(job.ticket, job.resolve);
    const { ticket, latent, shares } = job;
    if (this.worker) this.worker.postMessage({ ticket, latent, shares });
    else setTimeout(() => this.done(ticket, this.here.paint(latent, shares)));
  }

  done(ticket, pixels) {
    this.answers.get(ticket)(pixels);
    this.answers.delete(ticket);
    this.now = null;
    this.busy = false;
    this.next();
  }
}

const studio = new Studio();
const known = new Map();

function latent(seed) {
  if (!known.has(seed)) {
    if (known.size > 2000) known.clear();
    known.set(seed, latentOf(seed, LENGTH));
  }
  return known.get(seed);
}

// Turn from one latent to another on the shortest arc (Shoemake, 1985); the length goes evenly.
function between(start, end, share) {
  const length = (v) => Math.hypot(...v);
  const from = length(start), to = length(end);
  const a = Array.from(start, (v) => v / from), b = Array.from(end, (v) => v / to);
  const cosine = a.reduce((sum, v, i) => sum + v * b[i], 0);
  const angle = 2 * Math.atan2(length(a.map((v, i) => b[i] - v)), length(a.map((v, i) => b[i] + v)));
  const side = b.map((v, i) => v - cosine * a[i]), width = length(side);
  if (width < 1e-12) return Float32Array.from(start, (v, i) => v * (1 - share) + end[i] * share);
  const reach = (1 - share) * from + share * to;
  return Float32Array.from(a, (v, i) => reach * (Math.cos(angle * share) * v + (Math.sin(angle * share) * side[i]) / width));
}

function scaled(values, psi) {
  const factor = Math.fround(psi);
  return Float32Array.from(values, (v) => v * factor);
}

// The shares of each class; by its number a picture has one, unless one is chosen.
function shares(seed, chosen) {
  if (!CLASSES) return null;
  const made = new Float32Array(CLASSES);
  made[chosen === "" || chosen == null ? seed % CLASSES : Number(chosen)] = 1;
  return made;
}

function mixed(first, second, share) {
  return first && Float32Array.from(first, (v, i) => v * (1 - share) + second[i] * share);
}

// What paints a picture by its number: also for whoever opens the console.
globalThis.artgan = {
  latent, between, studio,
  paint: (seed, psi = 1, chosen = "") => studio.ask(`console ${seed} ${psi} ${chosen}`, scaled(latent(seed), psi), shares(seed, chosen)),
};

function show(canvas, pixels) {
  canvas.width = canvas.height = SIZE;
  canvas.getContext("2d").putImageData(new ImageData(pixels, SIZE, SIZE), 0, 0);
}

const state = { seed: 0, end: 1, psi: 1, way: 0, shows: "" };
let painted = false;

function remembered() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (name, most) => {
    const value = Number(given.get(name));
    return given.has(name) && Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : state[name];
  };
  state.seed = Math.floor(number("seed", HIGHEST));
  state.end = Math.floor(number("end", HIGHEST));
  state.psi = number("psi", 1.5);
  state.way = number("way", 1);
  const shows = facts.classes.indexOf(given.get("class"));
  if (CLASSES && shows >= 0) state.shows = String(shows);
}

let remembering = 0;
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const told = new URLSearchParams({ seed: state.seed, end: state.end, psi: state.psi, way: state.way });
    if (state.shows !== "") told.set("class", facts.classes[state.shows]);
    history.replaceState(null, "", `#${told}`);
  }, 300);
}

function title() {
  if (state.way === 0) return `No. ${state.seed}`;
  if (state.way === 1) return `No. ${state.end}`;
  return `Between No. ${state.seed} and No. ${state.end}`;
}

function command() {
  const seed = state.way < 0.5 ? state.seed : state.end;
  const psi = state.psi === 1 ? "" : ` --psi ${state.psi}`;
  const shows = state.shows === "" ? "" : ` --class ${quoted(facts.classes[state.shows])}`;
  return `artgan sample --run ${quoted(facts.name)} --seeds ${seed}${psi}${shows}`;
}

const quoted = (text) => (/^[\w@.,:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

async function paint() {
  at("seed").value = state.seed;
  at("end").value = state.end;
  at("psi").value = state.psi;
  at("way").value = state.way;
  at("psi-is").value = state.psi.toFixed(2);
  at("way-is").value = `${Math.round(100 * state.way)} %`;
  at("class").value = state.shows;
  at("command").textContent = command();
  for (const other of at("pictures").children) other.setAttribute("aria-current", String(Number(other.dataset.seed) === state.seed));
  remember();
  const { seed, end, psi, way, shows } = state;
  const begun = performance.now();
  const start = latent(seed), whole = way === 0 ? start : way === 1 ? latent(end) : between(start, latent(end), way);
  const pixels = await studio.ask("easel", scaled(whole, psi), mixed(shares(seed, shows), shares(end, shows), way));
  if (!pixels) return false;
  show(at("picture"), pixels);
  at("picture").setAttribute("aria-label", title());
  at("title").textContent = title();
  at("how").textContent = `${SIZE} × ${SIZE}` + (painted ? ` · ${(performance.now() - begun).toFixed(0)} ms` : "");
  at("picture").dataset.shows = JSON.stringify({ seed, end, psi, way });
  if (!painted) hang();
  painted = true;
  return true;
}

function turn(values) {
  Object.assign(state, values);
  return paint();
}

// The wall: as many again whenever more are wanted.
let hung = 0;
function hang() {
  for (let i = 0; i < WALL && hung <= HIGHEST; i++, hung++) {
    const seed = hung, button = document.createElement("button"), canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    canvas.setAttribute("aria-hidden", "true");
    button.type = "button";
    button.dataset.seed = seed;
    button.append(canvas, `No. ${seed}`);
    button.setAttribute("aria-current", String(seed === state.seed));
    button.addEventListener("click", () => { stop(); turn({ seed, way: 0 }); at("picture").scrollIntoView({ block: "nearest" }); });
    at("pictures").append(button);
    draw(seed, canvas);
  }
}

async function draw(seed, canvas) {
  const pixels = await studio.ask(`wall ${seed}`, latent(seed), shares(seed, state.shows));
  if (pixels) show(canvas, pixels);
}

// A walk from the one to the other and back.
let walking = 0;
function stop() {
  walking = 0;
  at("play").textContent = "play";
  at("play").setAttribute("aria-pressed", "false");
  at("label").setAttribute("aria-live", "polite");
}

async function play() {
  const mine = (walking = performance.now()), from = state.way === 1 ? 0 : state.way;
  at("play").textContent = "pause";
  at("play").setAttribute("aria-pressed", "true");
  at("label").setAttribute("aria-live", "off"); // or a screen reader would never be done
  while (walking === mine) {
    const gone = (performance.now() - mine) / 1000 / SECONDS + from;
    await turn({ way: Math.abs(((gone + 1) % 2) - 1) });
    await new Promise(requestAnimationFrame);
  }
}

const whole = (input) => Math.min(Math.max(Math.floor(Number(input.value) || 0), 0), HIGHEST);
const near = (seed, step) => Math.min(Math.max(seed + step, 0), HIGHEST);

at("seed").addEventListener("change", () => { stop(); turn({ seed: whole(at("seed")), way: 0 }); });
at("end").addEventListener("change", () => { stop(); turn({ end: whole(at("end")) }); });
at("before").addEventListener("click", () => { stop(); turn({ seed: near(state.seed, -1), way: 0 }); });
at("after").addEventListener("click", () => { stop(); turn({ seed: near(state.seed, 1), way: 0 }); });
at("end-before").addEventListener("click", () => { stop(); turn({ end: near(state.end, -1) }); });
at("end-after").addEventListener("click", () => { stop(); turn({ end: near(state.end, 1) }); });
at("random").addEventListener("click", () => { stop(); turn({ seed: Math.floor(Math.random() * 100000), way: 0 }); });
at("psi").addEventListener("input", () => turn({ psi: Number(at("psi").value) }));
at("way").addEventListener("input", () => { stop(); turn({ way: Number(at("way").value) }); });
at("class").addEventListener("change", () => {
  turn({ shows: at("class").value });
  for (const button of at("pictures").children) draw(Number(button.dataset.seed), button.firstChild);
});
at("play").addEventListener("click", () => (walking ? stop() : play()));
at("more").addEventListener("click", hang);
at("save").addEventListener("click", () => {
  at("picture").toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${title().replace(/\W+/g, "-").toLowerCase()}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
});
at("command").addEventListener("click", async () => {
  const text = at("command").textContent;
  try { await navigator.clipboard.writeText(text); }
  catch {
    const area = document.createElement("textarea");
    area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
  }
  at("command").textContent = `copied: ${text}`;
  setTimeout(() => { at("command").textContent = command(); }, 1600);
});

if (CLASSES) {
  const names = facts.classes.length === CLASSES ? facts.classes : Array.from({ length: CLASSES }, (_, i) => String(i));
  at("class").append(new Option("all in turn", ""), ...names.map((name, i) => new Option(name, String(i))));
  at("class-row").hidden = false;
}
at("about").textContent = `A painter in one page: pictures of ${SIZE} × ${SIZE}` + (facts.epoch == null ? "" : `, after ${facts.epoch} passes over the paintings`) + ".";
remembered();
paint();

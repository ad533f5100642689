// The controls beside the picture. Each family of sliders has one colour, and so has what it changes.
const panel = (() => {
  const { $, make } = dom;
  let parts = {};
  let directions = {};
  let watching = 0;

  function epochSlider(info, value, oninput, onchange) {
    const last = info.epochs.length - 1;
    const slider = dom.slider({
      label: "epoch", min: 0, max: last, step: 1, origin: last, tone: "green", value: value === null ? last : info.epochs.indexOf(value),
      format: (n) => `${info.epochs[n]}${info.epochs[n] === info.best ? " · best" : ""}`, hint: "the same seed through what was learned",
      oninput: (n) => oninput(n === last ? null : info.epochs[n]), onchange,
    });
    if (info.best !== null && info.epochs.includes(info.best) && last > 0) {
      slider.root.classList.add("marked");
      slider.root.style.setProperty("--mark-at", info.epochs.indexOf(info.best) / last);
    }
    return slider;
  }

  function classSelect(info, value, onchange) {
    const select = make("select", { onchange: () => onchange(select.value || null) },
      make("option", { value: "" }, "by the seed"), ...info.classes.map((name) => make("option", { value: name }, name)));
    select.value = value ?? "";
    if (select.selectedIndex < 0) select.append(make("option", { value, selected: true }, value));
    return Object.assign(make("label", { class: "pick" }, make("span", { class: "label" }, "class"), select), { select });
  }

  const section = (title, id, ...children) => make("section", { class: "part", id }, make("h2", {}, title), ...children);

  function build(info) {
    parts = {};
    parts.psi = dom.slider({
      label: "psi", min: 0, max: 2, step: 0.01, origin: 1, tone: "ochre", format: (v) => v.toFixed(2), hint: "below 1 it plays safe, above 1 it is bolder",
      oninput: (psi) => state.change({ psi }, false), onchange: state.commit,
    });
    const first = [parts.psi.root];
    if (info.epochs.length > 1) {
      parts.epoch = epochSlider(info, null, (epoch) => state.change({ epoch }, false), state.commit);
      first.push(parts.epoch.root);
    }
    if (info.classes.length) {
      parts.class = classSelect(info, null, (name) => state.change({ class: name }));
      first.push(parts.class);
    }
    parts.strength = dom.slider({
      label: "how far", min: 0.02, max: 1, step: 0.02, origin: 0.3, value: bench.vary.strength, tone: "violet", format: (v) => v.toFixed(2),
      oninput: (strength) => { bench.vary.strength = strength; bench.around(); },
    });
    $("panel").replaceChildren(
      section("Picture", "part-picture", ...first),
      section("Vary", "part-vary", make("p", { class: "facts" }, "Eight neighbours. Take one: it comes to the middle."), parts.strength.root,
        make("div", { class: "row" }, make("button", { type: "button", class: "quiet", icon: "again", title: "eight others (v)", onclick: bench.turn }, "Eight others"))),
      section("Directions", "part-directions", make("div", { id: "directions" })),
      section("Mix", "part-mix", make("div", { id: "mix" })),
      section("From a picture", "part-bring", make("p", { class: "facts" }, "Drop a picture anywhere on this page, and the network looks for the one most like it."),
        make("button", { type: "button", class: "quiet", icon: "picture", title: "choose a picture file (o)", onclick: () => $("file").click() }, "Choose a file"), make("div", { id: "bringing" })),
      axes.part(info),
    );
    drawDirections();
    show();
  }

  // ---- directions
  function drawDirections() {
    const info = state.info;
    const box = $("directions");
    directions = {};
    if (info.directions_state === "finding") {
      box.replaceChildren(make("p", { class: "facts busy" }, "Looking at what the first layers make of many pictures …"), make("progress", { "aria-label": "finding directions" }));
      watch();
      return;
    }
    if (!info.directions.length) {
      box.replaceChildren(make("p", { class: "facts" }, "The ways in which these pictures differ most, as sliders that you can name. Finding them takes less than a minute, once."),
        make("button", { type: "button", class: "quiet", onclick: find }, "Find directions"));
      return;
    }
    const rows = info.directions.map((direction, n) => {
      const title = () => direction.name || `direction ${n + 1}`;
      const word = make("button", { type: "button", class: "label rename", title: `rename; it makes ${(direction.share * 100).toFixed(1)} % of the differences`, "aria-label": `Rename ${title()}`, onclick: () => edit(direction, slider, word, title) }, title());
      const slider = dom.slider({
        label: title(), min: -3, max: 3, step: 0.05, origin: 0, tone: "rust", head: word, format: (v) => `${v > 0 ? "+" : v < 0 ? "−" : ""}${Math.abs(v).toFixed(2)}`,
        oninput: (amount) => state.change({ moves: { ...state.sitting.moves, [direction.id]: amount } }, false), onchange: state.commit,
      });
      directions[direction.id] = slider;
      return slider.root;
    });
    const few = 8;
    const more = make("details", { class: "more" }, make("summary", {}, `${rows.length - few} more`), ...rows.slice(few));
    box.replaceChildren(...rows.slice(0, few), ...(rows.length > few ? [more] : []),
      make("div", { class: "row" }, make("button", { type: "button", class: "quiet", onclick: () => state.change({ moves: {} }) }, "All to the middle")));
  }

  // Its name is written where it stands: Enter keeps it, Escape leaves it.
  function edit(direction, slider, word, title) {
    const input = make("input", { class: "name", value: direction.name, placeholder: title(), maxlength: 60, "aria-label": "Name of the direction, for example: more sky" });
    let over = false;
    const done = async (keep) => {
      if (over) return;
      over = true;
      const name = input.value.trim();
      input.replaceWith(word);
      word.focus();
      if (!keep || name === direction.name) return;
      try {
        await api.post(api.of(state.info.name, "directions", direction.id), { name });
        api.kept(state.info.name);
        direction.name = name;
        word.textContent = title();
        word.setAttribute("aria-label", `Rename ${title()}`);
        slider.input.setAttribute("aria-label", title());
      } catch (error) { dom.complain(error); }
    };
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // or the Enter would press the name that the hand is on afterwards
      event.stopPropagation();
      done(event.key === "Enter");
    });
    input.addEventListener("blur", () => done(true));
    word.replaceWith(input);
    input.focus();
    input.select();
  }

  async function find() {
    try {
      const { job } = await api.post(api.of(state.info.name, "directions", "find"));
      state.info.directions_state = "finding";
      drawDirections();
      if (job) await found(job, state.info.name);
    } catch (error) { dom.complain(error); }
  }

  // Follow the search to its end, then ask for what it found.
  async function found(job, run) {
    clearTimeout(watching);
    const end = await jobs.wait(job, (now) => {
      const bar = state.info.name === run && $("directions")?.querySelector("progress");
      if (bar && now.total) bar.value = now.done / now.total;
    });
    if (state.info.name !== run) return;
    if (end.state !== "done") {
      state.info.directions_state = "none";
      drawDirections();
      return dom.complain(new api.Refusal(400, end.error ?? "the directions were not found", end.hint));
    }
    watch(0);
  }

  function watch(wait = 700) {
    clearTimeout(watching);
    const run = state.info.name;
    watching = setTimeout(async () => {
      if (state.info.name !== run) return;
      try {
        const found = await api.get(api.of(run, "directions"));
        const list = found.directions ?? found;
        state.info.directions_state = found.directions_state ?? found.state ?? "ready";
        if (state.info.directions_state === "finding") {
          const bar = $("directions").querySelector("progress");
          if (bar && found.done !== undefined) bar.value = found.total ? found.done / found.total : found.done;
          return watch();
        }
        if (Array.isArray(list)) state.info.directions = list;
        if (found.error) dom.complain(new Error(found.error));
        else dom.say("directions found: give them names");
        api.kept(run);
        drawDirections();
        show();
      } catch (error) {
        dom.complain(error);
        if (error.status !== 404) watch();
      }
    }, wait);
  }

  // ---- mix
  function drawMix() {
    const box = $("mix");
    const mixed = state.sitting?.mix;
    const words = state.info.styles
      ? "The composition of one, the brushwork of the other."
      : "Latent mixing: this network has no styles, so the whole of one turns into the other.";
    if (!mixed) {
      box.replaceChildren(make("p", { class: "facts" }, words), make("button", { type: "button", class: "quiet", title: "choose another picture (m)", onclick: mix }, "Mix with …"));
      parts.amount = null;
      return;
    }
    const recipe = (base) => ({ ...state.recipe(), z: base, moves: [], axes: {} });
    if (!parts.amount || !box.contains(parts.amount.root)) {
      parts.amount = dom.slider({
        label: "amount", min: 0, max: 1, step: 0.01, origin: 0, tone: "blue", format: (v) => `${Math.round(v * 100)} %`,
        oninput: (amount) => state.change({ mix: { ...state.sitting.mix, amount } }, false), onchange: state.commit,
      });
      parts.pair = [0, 1].map(() => make("canvas", { width: 8, height: 8, "aria-hidden": "true" }));
      box.replaceChildren(make("p", { class: "facts" }, words),
        make("div", { class: "mixing" }, make("span", { class: "thumb" }, parts.pair[0]), parts.amount.root,
          make("button", { type: "button", class: "thumb", "aria-label": "Mix with another picture", title: "choose another (m)", onclick: mix }, parts.pair[1])),
        make("div", { class: "row" },
          make("button", { type: "button", class: "quiet", onclick: swap }, "Swap"),
          make("button", { type: "button", class: "quiet", onclick: () => state.change({ mix: null }) }, "Not mixed")));
    }
    parts.amount.set(mixed.amount);
    [state.sitting.base, mixed.base].forEach((base, n) => painter.tile(parts.pair[n], recipe(base), { side: 56, size: state.info.size, rank: 2 }));
  }

  function swap() {
    const { base, mix: other } = state.sitting;
    state.change({ base: other.base, mix: { base, amount: Number((1 - other.amount).toFixed(2)) } });
  }

  async function mix() {
    const other = await picker.choose("Mix with");
    if (!other) return;
    try {
      const base = await recipes.baseOf(other);
      const own = recipes.depth(state.sitting.base) < recipes.DEEPEST ? state.sitting.base : await recipes.baseOf({ ...state.recipe(), z: state.sitting.base, moves: [], axes: {} });
      state.change({ base: own, mix: { base, amount: state.sitting.mix?.amount ?? 0.5 } });
      parts.amount?.input.focus();
    } catch (error) { dom.complain(error); }
  }

  // Bring all controls to what lies on the bench.
  function show() {
    const s = state.sitting;
    if (!s || !parts.psi) return;
    parts.psi.set(s.psi);
    const { epochs } = state.info;
    parts.epoch?.set(s.epoch === null ? epochs.length - 1 : epochs.indexOf(s.epoch === "best" ? state.info.best : s.epoch));
    if (parts.class) {
      const { select } = parts.class;
      select.value = s.class ?? "";
      if (select.selectedIndex < 0) { select.append(make("option", { value: s.class }, s.class)); select.value = s.class; }
    }
    for (const [id, slider] of Object.entries(directions)) slider.set(s.moves[id] ?? 0);
    drawMix();
    axes.show();
  }

  state.on("run", build);
  state.on("epochs", build);
  state.on("bench", show);
  state.on("directions", () => { drawDirections(); show(); });

  return { epochSlider, classSelect, mix, find };
})();

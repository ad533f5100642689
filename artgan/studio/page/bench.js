// The bench: one picture under the hand, its variations around it, and where one has been below it.
const bench = (() => {
  const { $, make } = dom;
  const AROUND = 8;
  const ring = [];
  const vary = { strength: 0.3, turn: 0 };
  let name = "";
  let width = 0; // of the picture; to ask for it whenever a slider moves would lay out the page each time
  new ResizeObserver(([box]) => {
    const before = width;
    width = Math.round(box.contentRect.width);
    if (width > before) paint();
  }).observe($("big"));

  const live = painter.channel("bench", (pictures, list, since) => {
    painter.enlarge($("big"), pictures[0], width);
    $("big").classList.add("painted");
    performance.clearMeasures("move-to-picture-old");
    if (performance.getEntriesByName("move-to-picture").length > 999) performance.clearMeasures("move-to-picture");
    performance.measure("move-to-picture", { start: since, end: performance.now() });
  }, (error) => (error.status === 404 ? state.lost(error) : dom.complain(error)));

  function paint() {
    if (!state.sitting || $("bench").hidden || !state.info.epochs.length) return;
    const recipe = state.recipe();
    live.want([recipe], painter.scaleFor(state.info.size, width || 480));
    describe(recipe);
    around();
  }

  function describe(recipe) {
    const star = state.starOf(recipe);
    const told = recipes.short(recipe.z);
    $("title").placeholder = told;
    if (document.activeElement !== $("title")) $("title").value = star?.name || name;
    $("facts").textContent = recipes.facts(recipe, state.info.epochs);
    $("big").setAttribute("aria-label", `${star?.name || name || ""} ${recipes.told(recipe.z)}, ${recipes.facts(recipe, state.info.epochs)}`.trim());
    $("star").setAttribute("aria-pressed", Boolean(star));
    $("undo").disabled = state.at <= 0;
    $("redo").disabled = state.at >= state.steps.length - 1;
  }
  const speak = dom.debounce(() => { if (!$("bench").hidden) $("spoken").textContent = $("big").getAttribute("aria-label"); }, 700);

  // Eight variations of what is in the middle; a click goes there.
  function varied(n) {
    const recipe = state.recipe();
    return { ...recipe, z: { vary: recipe.z, strength: vary.strength, seed: vary.turn * AROUND + n } };
  }
  const around = dom.debounce(() => {
    if (!state.sitting || $("bench").hidden || state.reference) return;
    ring.forEach((button, n) => painter.tile(button.firstChild, varied(n), { side: 132, size: state.info.size, rank: 3 }));
  }, 60);

  async function step(n) {
    const recipe = varied(n);
    await state.put({ ...recipe, z: await shallow(recipe.z) });
  }

  // Variations of variations of mixtures: what lies too deep is written as numbers.
  async function shallow(z) {
    if (recipes.depth(z) < recipes.DEEPEST) return z;
    return recipes.baseOf({ run: state.info.name, epoch: null, psi: 1, class: null, z, moves: [], axes: {} });
  }

  function turn() {
    vary.turn = (vary.turn + 1) % 1e6;
    around();
  }

  function strip() {
    if ($("bench").hidden || !state.info) return;
    const from = Math.max(0, Math.min(state.at - 20, state.steps.length - 40));
    const shown = state.steps.slice(from, from + 40);
    const box = $("strip");
    const focused = box.contains(document.activeElement);
    while (box.children.length > shown.length) box.lastChild.remove();
    shown.forEach((step, n) => {
      let option = box.children[n];
      if (!option) {
        option = make("button", { type: "button", role: "option", class: "thumb" }, make("canvas", { width: 8, height: 8, "aria-hidden": "true" }));
        box.append(option);
      }
      const here = from + n === state.at;
      option.dataset.at = from + n;
      option.setAttribute("aria-selected", here);
      option.setAttribute("tabindex", here ? 0 : -1);
      option.setAttribute("aria-label", `${from + n + 1}: ${recipes.told(step.z)}`);
      option.title = recipes.short(step.z);
      painter.tile(option.firstChild, step, { side: 56, size: state.info.size, rank: 0 });
      if (here) {
        box.scrollTo({ left: option.offsetLeft - box.clientWidth / 2 + 28, behavior: dom.calm.matches ? "auto" : "smooth" });
        if (focused) option.focus({ preventScroll: true });
      }
    });
  }

  function showReference() {
    const found = state.reference;
    $("reference").hidden = !found;
    $("middle").classList.toggle("beside", Boolean(found));
    if (found) {
      $("reference").querySelector("img").src = found.url;
      $("reference").querySelector("figcaption").textContent = "what you brought";
    }
    around();
  }

  async function rename() {
    name = $("title").value.trim();
    const star = state.starOf(state.recipe());
    if (star) await state.rename(star.id, name);
  }

  // A seed further, or back; by chance.
  function seed(step) {
    const z = state.sitting.base;
    const now = "seed" in z && !z.vary && !z.latent ? z.seed : recipes.root(z);
    const next = step === null ? Math.floor(Math.random() * 1e6) : Math.max(0, Math.min(4294967295, now + step));
    name = "";
    state.change({ base: { seed: next }, mix: null, axes: {} });
  }

  function key(event) {
    if (event.target.closest?.("#strip") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      state.go(state.at + (event.key === "ArrowRight" ? 1 : -1));
      return true;
    }
    const dial = event.target.matches?.("input[type=range], select");
    const keys = {
      s: () => $("star").click(), x: () => keeping.open(), c: () => keeping.command(), a: () => walk.add(state.recipe(), name),
      r: () => seed(null), n: () => seed(1), p: () => seed(-1), v: turn, m: () => panel.mix(), o: () => $("file").click(),
      ...(dial ? {} : { ArrowRight: () => roam(1), ArrowLeft: () => roam(-1), ArrowDown: () => roam(1), ArrowUp: () => roam(-1) }),
    };
    if (!Object.hasOwn(keys, event.key)) return false;
    keys[event.key]();
    return true;
  }
  function roam(by) {
    const now = ring.indexOf(document.activeElement);
    ring[(now + by + (now < 0 && by < 0 ? 1 : 0) + AROUND) % AROUND].focus();
  }

  for (let n = 0; n < AROUND; n++) {
    const button = make("button", { type: "button", class: "mat small", "aria-label": `variation ${n + 1}: go there`, onclick: () => step(n).catch(dom.complain) },
      make("canvas", { width: 8, height: 8, "aria-hidden": "true" }));
    ring.push(button);
    $(n < AROUND / 2 ? "ring-left" : "ring-right").append(button);
  }
  $("title").addEventListener("change", () => rename().catch(dom.complain));
  $("title").addEventListener("keydown", (event) => { if (event.key === "Enter") $("title").blur(); });
  $("undo").addEventListener("click", state.undo);
  $("redo").addEventListener("click", state.redo);
  $("dice").addEventListener("click", () => seed(null));
  $("to-walk").addEventListener("click", () => walk.add(state.recipe(), name));
  $("star").addEventListener("click", () => state.toggle(state.recipe(), $("title").value.trim()).then(() => describe(state.recipe())).catch(dom.complain));
  $("strip").addEventListener("click", (event) => {
    const option = event.target.closest("[data-at]");
    if (option) state.go(Number(option.dataset.at));
  });
  $("reference-away").addEventListener("click", () => { state.reference = null; state.keep(); showReference(); paint(); });
  state.on("bench", () => { paint(); speak(); });
  state.on("steps", strip);
  state.on("stars", () => { if (state.sitting && !$("bench").hidden) describe(state.recipe()); });
  state.on("run", () => { name = ""; $("big").classList.remove("painted"); });

  function show() {
    showReference();
    paint();
    strip();
  }

  return { show, hide() {}, key, vary, around, turn, showReference, named: () => $("title").value.trim(), name: (text) => { name = text; $("title").value = text; } };
})();

// Which run is open, what lies on the bench, and where one has been. Kept in the tab, so that a reload loses nothing.
const state = (() => {
  const listeners = {};
  const MOST_STEPS = 120;
  const self = {
    runs: [],
    info: null, // of the open run, as the server tells it
    look: { epoch: null, psi: 1, class: null }, // of the wall
    sitting: null, // what lies on the bench, see below
    steps: [], // recipes, the oldest first
    at: -1,
    reference: null, // {url, loss}: a picture that was brought and projected
  };

  function on(event, listener) {
    (listeners[event] ??= []).push(listener);
  }
  function tell(event, ...given) {
    for (const listener of listeners[event] ?? []) listener(...given);
  }

  // A sitting: {epoch, psi, class, base, mix: {base, amount} | null, moves: {id: amount}, axes: {place: value}}.
  function sit(recipe) {
    const mixed = recipe.z.mix;
    return {
      epoch: recipe.epoch ?? null, psi: recipe.psi ?? 1, class: recipe.class ?? null,
      base: mixed ? mixed[0] : recipe.z, mix: mixed ? { base: mixed[1], amount: recipe.z.amount } : null,
      moves: Object.fromEntries((recipe.moves ?? []).map((move) => [move.direction, move.amount])),
      axes: { ...(recipe.axes ?? {}) },
    };
  }
  const whole = (s) => (s.mix ? { mix: [s.base, s.mix.base], amount: s.mix.amount } : s.base);
  function recipe(s = self.sitting) {
    return {
      run: self.info.name, epoch: s.epoch, psi: s.psi, class: s.class, z: whole(s),
      moves: Object.entries(s.moves).filter(([, amount]) => amount).map(([direction, amount]) => ({ direction, amount })),
      axes: { ...s.axes },
    };
  }

  // Something was changed: while a slider moves nothing is written down, at its end it is (keep).
  function change(what, keep = true) {
    Object.assign(self.sitting, what);
    tell("bench");
    if (keep) commit();
  }

  async function put(found, { keep = true } = {}) {
    self.sitting = sit(recipes.clean(found, self.info.name));
    if (self.sitting.epoch !== null && self.sitting.epoch !== "best" && !self.info.epochs.includes(self.sitting.epoch)) self.sitting.epoch = null;
    const known = new Set(self.info.directions.map((direction) => direction.id));
    for (const id of Object.keys(self.sitting.moves)) if (!known.has(id)) delete self.sitting.moves[id];
    tell("bench");
    if (keep) commit();
  }

  const write = dom.debounce((run, step) => api.post(api.of(run, "history"), { recipe: step }).catch(() => {}), 900);
  function commit() {
    const step = recipe();
    if (self.at >= 0 && recipes.key(self.steps[self.at]) === recipes.key(step)) return;
    self.steps = [...self.steps.slice(0, self.at + 1), step].slice(-MOST_STEPS);
    self.at = self.steps.length - 1;
    keep();
    write(self.info.name, step);
    tell("steps");
  }

  function go(at) {
    if (at < 0 || at >= self.steps.length || at === self.at) return;
    self.at = at;
    put(self.steps[at], { keep: false });
    keep();
    tell("steps");
  }

  function keep() {
    if (!self.info) return;
    dom.kept.write(`bench.${self.info.name}`, { steps: self.steps.slice(-60), at: Math.max(0, self.at - Math.max(0, self.steps.length - 60)), look: self.look, reference: self.reference });
  }

  async function load() {
    const found = await api.get("runs");
    const same = JSON.stringify(found) === JSON.stringify(self.runs);
    self.runs = found;
    if (!same) tell("runs");
    return self.runs;
  }

  // Open a run: what the server knows of it, and what lay on its bench.
  async function open(name) {
    const info = await api.get(api.of(name));
    self.info = info;
    const kept = dom.kept.read(`bench.${name}`, {});
    const steps = (kept.steps?.length ? kept.steps : info.history ?? []).slice(-MOST_STEPS);
    info.stars = info.stars.map((star) => ({ ...star, recipe: recipes.clean(star.recipe, name) }));
    self.steps = steps.filter((step) => step?.z).map((step) => recipes.clean(step, name));
    self.at = Math.min(kept.steps?.length ? kept.at : self.steps.length - 1, self.steps.length - 1);
    self.look = { epoch: null, psi: 1, class: null, ...kept.look };
    if (!info.epochs.includes(self.look.epoch)) self.look.epoch = null;
    self.reference = kept.reference ?? null;
    const start = self.steps[self.at] ?? recipes.of(name, self.look, 0);
    tell("run", info);
    if (info.epochs.length) await put(start, { keep: self.at < 0 });
    tell("steps");
  }

  // What a run that goes on has brought since: epochs, its state.
  async function refresh() {
    const run = self.info?.name;
    if (!run) return;
    const info = await api.get(api.of(run));
    if (self.info.name !== run) return;
    const before = String(self.info.epochs);
    Object.assign(self.info, { epochs: info.epochs, best: info.best, state: info.state, going: info.going });
    if (String(info.epochs) === before) return;
    for (const what of [self.look, self.sitting]) if (what && !info.epochs.includes(what.epoch)) what.epoch = null;
    tell("epochs", self.info);
    tell("bench");
  }

  // Something of a run is not there: the run itself, deleted while it was open, or an epoch that was thinned out.
  let checking = false;
  async function lost(error, run = self.info?.name) {
    if (checking) return;
    checking = true;
    const there = location.hash;
    try {
      if (run === self.info?.name) await refresh();
      else await api.get(api.of(run));
      dom.complain(error);
    } catch (worse) {
      if (worse.status === 404 && location.hash === there) gone(run); // else one has turned to another run meanwhile
    }
    checking = false;
  }
  function gone(run) {
    dom.warn(Object.assign(new Error(`Run ${run} is not there any more.`), { hint: "choose another run above; what you saved is still in pictures/" }));
    load().catch(() => {});
  }

  // What another tab has kept meanwhile is taken over; where a name is being written, afterwards.
  async function sync() {
    const run = self.info;
    if (!run) return;
    if (document.activeElement?.matches?.("#starred input.name, #directions input.name")) {
      document.activeElement.addEventListener("blur", () => setTimeout(sync, 300), { once: true });
      return;
    }
    const before = changes;
    const found = await api.get(api.of(run.name, "notes")).catch(() => null);
    if (!found || self.info !== run) return;
    if (before !== changes) return sync(); // told before what was kept here meanwhile
    const news = (field) => JSON.stringify(found[field]) !== JSON.stringify(run[field]);
    found.stars = found.stars.map((star) => ({ ...star, recipe: recipes.clean(star.recipe, run.name) }));
    const changed = { stars: news("stars"), directions: found.directions_state === "ready" && news("directions") };
    run.stars = found.stars;
    if (changed.directions) Object.assign(run, { directions: found.directions, directions_state: "ready" });
    for (const what of ["stars", "directions"]) if (changed[what]) tell(what);
  }
  let changes = 0; // of what is kept, by this tab
  function kept(run) {
    changes++;
    api.kept(run.name);
    if (self.info === run) tell("stars");
  }

  function add(run, star) { // which may have come by way of another tab already
    run.stars = [...run.stars.filter((one) => one.id !== star.id), star];
  }

  async function star(found, name = "") {
    const run = self.info;
    const made = await api.post(api.of(run.name, "stars"), { recipe: found, name }).catch((error) => {
      if (error.status === 0 || error.status === 403) dom.say("not starred: the studio does not answer", { long: true });
      throw error;
    });
    add(run, { ...made, recipe: recipes.clean(found, run.name) });
    kept(run);
    return made;
  }
  async function unstar(id) {
    const run = self.info;
    const away = run.stars.find((one) => one.id === id);
    try {
      await api.drop(api.of(run.name, "stars", id));
    } catch (error) {
      if (error.status !== 404) throw error;
      return sync(); // another tab took it away
    }
    run.stars = run.stars.filter((one) => one.id !== id);
    kept(run);
    dom.say(`${away?.name || "The star"} was taken away`, {
      action: "Bring it back",
      act: async () => {
        try {
          const back = await api.post(api.of(run.name, "stars", id, "restore"));
          add(run, { ...away, ...(back?.name ? { name: back.name } : {}) });
          kept(run);
        } catch (error) { dom.complain(error); }
      },
    });
  }
  async function rename(id, name) {
    const run = self.info;
    const made = await api.patch(api.of(run.name, "stars", id), { name });
    Object.assign(run.stars.find((one) => one.id === id) ?? {}, { name: made?.name ?? name });
    kept(run);
  }
  const starOf = (found) => {
    const name = recipes.key(found);
    return self.info?.stars.find((one) => recipes.key(one.recipe) === name);
  };
  // With or without: returns whether it is starred now.
  async function toggle(found, name = "") {
    const known = starOf(found);
    if (known) await unstar(known.id);
    else {
      await star(found, name);
      dom.say("starred");
    }
    return !known;
  }

  api.onKept((run) => { if (run === self.info?.name) sync(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });

  return Object.assign(self, {
    on, tell, sit, recipe, change, put, commit, keep, load, open, refresh, lost, sync, star, unstar, rename, starOf, toggle,
    undo: () => go(self.at - 1), redo: () => go(self.at + 1), go,
  });
})();

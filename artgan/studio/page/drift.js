// Drift: a walk without end, for an evening or the wall of an exhibition. Painted ahead, at whatever pace the server
// keeps; between two painted pictures one fades into the other, so it flows all the same.
const drift = (() => {
  const { $, make } = dom;
  const set = { seconds: 10, from: "seeds", psi: 1, fit: "whole", ...dom.kept.read("drift", {}) };
  const AHEAD_S = 3;
  const sea = $("sea");
  const pen = sea.getContext("2d");
  let on = false;
  let run = 0; // counts up whenever it begins anew
  let paused = false;
  let keys = []; // latents that it comes by, four at a time
  let mixtures = [];
  let [born, place, wait] = [0, 0, 0]; // legs begun in all; where we are, in legs; painted up to
  let ready = []; // {at, bitmap}
  let last = 0;
  let hiding = 0;
  let awake = null;
  let pace = 1;

  const seedNow = () => Math.floor(Math.random() * 4294967296);

  async function nextKey() {
    const list = set.from === "walk" ? walk.stops() : set.from === "stars" ? state.info.stars.map((star) => star.recipe) : [];
    const look = { epoch: state.sitting?.epoch ?? null, psi: 1, class: null };
    const first = born === 0 && set.from === "seeds" && state.sitting ? state.recipe() : null;
    const recipe = first ?? (list.length > 1 ? { ...list[set.from === "walk" ? born % list.length : pick(list.length)], run: state.info.name } : recipes.of(state.info.name, look, seedNow()));
    born++;
    const latent = await (list.length > 1 || first ? recipes.latent(recipe) : api.bytes("latent", { recipe }).then((bytes) => recipes.fromNpy(bytes)[0]));
    keys.push(latent);
    mixtures.push(recipes.shares(recipe, state.info.classes));
  }
  let before = -1;
  function pick(count) {
    let n;
    do n = Math.floor(Math.random() * count); while (n === before);
    before = n;
    return n;
  }

  // keys[0] lies behind the leg that is painted, keys[1] and keys[2] are its ends, keys[3] comes after.
  async function paint(mine) {
    const info = state.info;
    const scale = painter.scaleFor(info.size, Math.min(512, innerWidth));
    let leg = 0;
    while (on && mine === run) {
      if ((wait - place) * set.seconds > AHEAD_S || document.hidden) { await pause(80); continue; }
      const perLeg = framesPerLeg();
      const list = [];
      const ats = [];
      const some = Math.max(2, Math.min(8, Math.round(100 / painter.pace())));
      try {
        while (list.length < some) {
          while (Math.floor(wait + 1e-9) > leg) { keys.shift(); mixtures.shift(); leg++; }
          while (keys.length < 4) await nextKey();
          const share = wait - leg;
          const mixture = mixtures[1] && recipes.blend(mixtures[1], mixtures[2], share);
          list.push({ run: info.name, epoch: state.sitting?.epoch ?? null, psi: set.psi, class: mixture ? recipes.classText(mixture) : null, z: { latent: paths.sent(paths.spline(keys[0], keys[1], keys[2], keys[3], share)) }, moves: [], axes: {} });
          ats.push(wait);
          wait += 1 / perLeg;
        }
        let pictures;
        const began = performance.now();
        while (!pictures && on && mine === run) pictures = await tried(list, scale);
        if (!pictures) break;
        painter.slowed(0.7 * painter.pace() + 0.3 * (performance.now() - began) / list.length);
        for (const [n, picture] of pictures.entries()) ready.push({ at: ats[n], bitmap: await createImageBitmap(picture) });
      } catch (error) {
        if (error.status === 404) { state.lost(error); word("This run is not there any more."); break; }
        if (error.status !== 0 && error.status !== 503) dom.complain(error);
        await pause(1500);
      }
    }
  }

  async function tried(list, scale) {
    try {
      return await painter.paint(list, { scale });
    } catch (error) {
      if (error.status !== 0 && error.status !== 503) throw error;
      await pause(1500);
      return null;
    }
  }
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // As many as the network has time for without working hard, and no more than one sees.
  function framesPerLeg() {
    const persecond = Math.max(1.5, Math.min(15, 450 / painter.pace()));
    return Math.max(6, Math.round(set.seconds * persecond));
  }

  function flow(now) {
    if (!on) return;
    requestAnimationFrame(flow);
    const dt = Math.min(0.1, (now - last) / 1000);
    last = now;
    if (!ready.length) return;
    if (!paused) {
      // It slows down before it would have to stand still, and takes up its pace again.
      const left = (ready.at(-1).at - place) * set.seconds;
      pace += (Math.min(1, Math.max(0, left / 0.8)) - pace) * Math.min(1, dt * 3);
      place = Math.min(place + (dt / set.seconds) * pace, ready.at(-1).at);
    }
    while (ready.length > 2 && ready[1].at <= place) ready.shift().bitmap.close();
    const [a, b] = ready;
    const long = set.fit === "fill" ? Math.max(sea.clientWidth, sea.clientHeight) : Math.min(sea.clientWidth, sea.clientHeight);
    const side = Math.min(1200, Math.max(a.bitmap.width, long));
    if (sea.width !== side) sea.width = sea.height = side;
    pen.imageSmoothingQuality = "high";
    pen.globalAlpha = 1;
    pen.drawImage(a.bitmap, 0, 0, side, side);
    if (b && !(dom.calm.matches && place - a.at < (b.at - a.at) / 2)) {
      pen.globalAlpha = dom.calm.matches ? 1 : Math.min(1, Math.max(0, (place - a.at) / (b.at - a.at)));
      pen.drawImage(b.bitmap, 0, 0, side, side);
    }
    if (!sea.classList.contains("painted")) $("drift-word").hidden = !paused;
    sea.classList.add("painted");
  }

  function begin() {
    run++;
    for (const one of ready) one.bitmap.close();
    [ready, keys, mixtures, born, place, wait, pace] = [[], [], [], 0, 0, 0, 0.2];
    if (on) paint(run);
  }

  function word(text, stay = false) {
    $("drift-word").textContent = text;
    $("drift-word").hidden = false;
    clearTimeout(word.timer);
    if (!stay) word.timer = setTimeout(() => { $("drift-word").hidden = true; }, 1600);
  }

  function speed(by) {
    set.seconds = Math.round(Math.max(2, Math.min(90, set.seconds * by)));
    // What is painted stays where it is; only the frames to come lie closer or wider.
    dom.kept.write("drift", set);
    word(`${set.seconds} s from picture to picture`);
    deck();
  }
  function stand() {
    paused = !paused;
    word(paused ? "paused: space goes on" : "on", paused);
    deck();
  }
  // Straight to the next picture that it would come by.
  function skip() {
    place = Math.floor(place + 1e-6) + 1;
    if (!ready.length || place > ready.at(-1).at) {
      for (const one of ready.splice(0, ready.length - 1)) one.bitmap.close();
      if (wait < place) wait = place;
      if (ready.length) ready[0].at = place - 0.08;
    }
    word("next");
  }
  async function full() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await $("drift").requestFullscreen({ navigationUI: "hide" });
    } catch { word("this browser gives no full screen"); }
  }
  async function wake() {
    try { if (on && !document.hidden) awake = await navigator.wakeLock?.request("screen"); } catch { awake = null; }
  }

  function deck() {
    if (!on) return;
    const focused = document.activeElement?.closest?.("#deck [data-act]")?.dataset.act;
    const act = (name, icon, label, does) => make("button", { type: "button", class: "bare", icon, "data-act": name, "aria-label": label, title: label, onclick: does });
    const from = make("select", { "aria-label": "Through", onchange: () => { set.from = from.value; dom.kept.write("drift", set); begin(); } },
      make("option", { value: "seeds" }, "all seeds"), make("option", { value: "stars" }, "my stars"), make("option", { value: "walk" }, "my walk"));
    from.value = set.from;
    const bold = dom.slider({ label: "psi", min: 0, max: 1.6, step: 0.05, origin: 1, value: set.psi, tone: "ochre", format: (v) => v.toFixed(2), oninput: (v) => { set.psi = v; dom.kept.write("drift", set); } });
    $("deck").replaceChildren(
      act("pause", paused ? "play" : "pause", paused ? "Go on (space)" : "Pause (space)", stand), act("slower", "slower", "Slower (left arrow)", () => speed(1.25)),
      make("span", { class: "facts" }, `${set.seconds} s`), act("faster", "faster", "Faster (right arrow)", () => speed(0.8)), act("next", "next", "Next (up arrow)", skip),
      from, bold.root, act("fit", "picture", "Whole, or filling the screen (z)", fit), act("full", "full", "Full screen (f)", full));
    if (focused) $("deck").querySelector(`[data-act=${focused}]`)?.focus();
  }
  function fit() {
    set.fit = set.fit === "whole" ? "fill" : "whole";
    $("drift").dataset.fit = set.fit;
    dom.kept.write("drift", set);
  }

  // Hands off, and there is nothing but the pictures.
  function stir() {
    $("drift").classList.remove("still");
    clearTimeout(hiding);
    hiding = setTimeout(() => {
      if (on && !$("deck").contains(document.activeElement?.matches(":focus-visible") ? document.activeElement : null)) $("drift").classList.add("still");
    }, 2400);
  }

  function key(event) {
    const dial = event.target.matches?.("input[type=range], select");
    const button = event.target.matches?.("button");
    const does = { f: full, z: fit, ...(button ? {} : { " ": stand }), ...(dial ? {} : { ArrowLeft: () => speed(1.25), ArrowRight: () => speed(0.8), ArrowUp: skip, ArrowDown: skip }) }[event.key];
    if (event.key === "Escape") { app.back(); return true; }
    if (!does) return false;
    does();
    return true;
  }

  $("drift").addEventListener("pointermove", stir);
  $("drift").addEventListener("pointerdown", stir);
  $("drift").addEventListener("focusin", stir);
  sea.addEventListener("dblclick", full);
  document.addEventListener("visibilitychange", () => { last = performance.now(); wake(); });
  document.addEventListener("fullscreenchange", stir);
  state.on("run", () => { if (on) begin(); });

  function show() {
    on = true;
    paused = dom.calm.matches;
    $("drift").dataset.fit = set.fit;
    sea.classList.remove("painted");
    last = performance.now();
    deck();
    stir();
    wake();
    begin();
    requestAnimationFrame(flow);
    if (!paused) setTimeout(() => { if (on && !ready.length) word("the first pictures are being painted …", true); }, 900);
    if (paused) word("This system asks for little motion: space begins", true);
  }
  function hide() {
    on = false;
    awake?.release?.();
    awake = null;
    begin();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  }

  return { show, hide, key, buffered: () => ready.length };
})();

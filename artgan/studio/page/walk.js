// A walk: pictures on a timeline, and the way between them as it will be in the film.
const walk = (() => {
  const { $, make } = dom;
  const MOST = 24;
  const MOST_BYTES = 64 * 2 ** 20; // of the frames that are shown here
  const settings = { seconds: 12, fps: 24, loop: true, path: "slerp", format: "mp4", ...dom.kept.read("film", {}) };
  let stops = []; // {recipe, name, id}
  let look = { epoch: null, psi: 1 }; // of the whole walk: the first picture that is put on it brings them
  let ids = 0;
  let frames = []; // bitmaps, or undefined where not yet painted
  let version = 0;
  let [place, playing, last] = [0, false, 0]; // place: 0 to 1
  let grabbed = null;

  const clock = (seconds) => `${seconds.toFixed(1)} of ${settings.seconds} s`;
  const seek = dom.slider({
    label: "place in the walk", min: 0, max: 1, step: 0.001, origin: 0, tone: "ink", format: (v) => clock(v * settings.seconds),
    oninput: (v) => { pause(); place = v; drawFrame(); },
  });
  $("seek").append(seek.root);

  const seen = (stop) => ({ ...stop.recipe, ...look });
  const legs = () => stops.length - (settings.loop ? 0 : 1);

  function keep() {
    if (state.info) dom.kept.write(`walk.${state.info.name}`, { stops: stops.map(({ recipe, name }) => ({ recipe, name })), look });
    dom.kept.write("film", settings);
  }

  function add(recipe, name = "") {
    if (stops.length >= MOST) return dom.say(`a walk has ${MOST} pictures at most`);
    if (!stops.length) look = { epoch: recipe.epoch, psi: recipe.psi };
    stops.push({ recipe: recipes.clean(recipe, state.info.name), name, id: ++ids });
    changed();
    if (stops.length === 1 && !$("walk").hidden) film.show();
    dom.say(`picture ${stops.length} of the walk`);
  }

  function changed() {
    keep();
    drawStops();
    begin();
  }

  // ---- the timeline
  function drawStops() {
    if ($("walk").hidden) return;
    const focused = document.activeElement?.closest?.("#stops li")?.dataset.id;
    const known = new Map([...$("stops").children].map((item) => [item.dataset.id, item]));
    $("stops").replaceChildren(...stops.map((stop, n) => {
      const item = known.get(String(stop.id)) ?? card(stop);
      item.querySelector(".no").textContent = n + 1;
      item.querySelector("button.thumb").setAttribute("aria-label", `${n + 1} of ${stops.length}: ${stop.name || recipes.told(stop.recipe.z)}`);
      return item;
    }));
    for (const item of $("stops").children) {
      const stop = stops.find((one) => String(one.id) === item.dataset.id);
      painter.tile(item.querySelector("canvas"), seen(stop), { side: 112, size: state.info.size, rank: 2 });
    }
    if (focused) $("stops").querySelector(`[data-id="${focused}"] button.thumb`)?.focus();
    $("walk-empty").hidden = stops.length > 1;
    $("stops").hidden = !stops.length;
  }

  function card(stop) {
    const item = make("li", { "data-id": stop.id },
      make("span", { class: "no", "aria-hidden": "true" }),
      make("button", { type: "button", class: "thumb", title: "drag, or Alt and the arrows, to move it; Enter opens it", onclick: () => app.toBench(seen(stop), stop.name) },
        make("canvas", { width: 8, height: 8, "aria-hidden": "true" })),
      make("span", { class: "facts" }, stop.name || recipes.short(stop.recipe.z)),
      make("button", { type: "button", class: "bare away", icon: "close", "aria-label": "Take it off the walk", onclick: () => remove(stop) }));
    item.addEventListener("pointerdown", (event) => grab(event, item, stop));
    return item;
  }

  function move(stop, by) {
    const from = stops.indexOf(stop);
    const to = Math.max(0, Math.min(stops.length - 1, from + by));
    if (to === from) return;
    stops.splice(to, 0, ...stops.splice(from, 1));
    changed();
    $("spoken").textContent = `now ${to + 1} of ${stops.length}`;
  }

  function remove(stop) {
    const from = stops.indexOf(stop);
    stops.splice(from, 1);
    changed();
    $("stops").children[Math.min(from, stops.length - 1)]?.querySelector("button.thumb").focus();
    dom.say("taken off the walk", { action: "Put it back", act: () => { stops.splice(from, 0, stop); changed(); } });
  }

  // Dragging: the card goes where the hand is; on the way it changes places with its neighbours.
  function grab(event, item, stop) {
    if (event.button || !event.target.closest("button.thumb")) return;
    grabbed = { stop, x: event.clientX, y: event.clientY, moved: false };
    const drag = (now) => {
      if (!grabbed.moved && Math.hypot(now.clientX - grabbed.x, now.clientY - grabbed.y) < 6) return;
      if (!grabbed.moved && now.pointerType !== "mouse" && Math.abs(now.clientX - grabbed.x) < Math.abs(now.clientY - grabbed.y)) return;
      grabbed.moved = true;
      item.classList.add("dragged");
      const over = document.elementsFromPoint(now.clientX, now.clientY).find((node) => node.matches?.("#stops li") && node !== item);
      if (over) {
        const to = stops.findIndex((one) => String(one.id) === over.dataset.id);
        stops.splice(to, 0, ...stops.splice(stops.indexOf(stop), 1));
        drawStops();
      }
    };
    const drop = () => {
      removeEventListener("pointermove", drag);
      removeEventListener("pointerup", drop);
      removeEventListener("pointercancel", drop);
      item.classList.remove("dragged");
      if (grabbed?.moved) {
        item.addEventListener("click", (click) => { click.stopPropagation(); click.preventDefault(); }, { capture: true, once: true });
        changed();
      }
      grabbed = null;
    };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
  }

  // ---- the preview: fewer frames than the film, one fading into the next
  function begin() {
    version++;
    for (const frame of frames) frame?.close();
    frames = [];
    place = 0;
    if ($("walk").hidden || stops.length < 2 || !state.info) return drawFrame();
    const scale = painter.scaleFor(state.info.size, 256);
    const most = Math.floor(MOST_BYTES / (4 * (state.info.size * scale) ** 2));
    const count = Math.max(2, Math.min(Math.round(settings.seconds * 10), most, 300));
    fill(version, new Array(count).fill(undefined), scale).catch(dom.complain);
  }

  async function fill(mine, blank, scale) {
    frames = blank;
    const walking = [...stops];
    const info = state.info;
    const latents = await Promise.all(walking.map((stop) => recipes.latent(stop.recipe)));
    const mixtures = walking.map((stop) => recipes.shares(stop.recipe, info.classes));
    const count = blank.length;
    // First every eighth, so that the whole walk is there at once; then what lies between.
    const order = [8, 4, 2, 1].flatMap((step, round) => Array.from({ length: Math.ceil(count / step) }, (_, n) => n * step).filter((n) => !round || n % (step * 2)));
    for (let at = 0; at < order.length && mine === version; at += 8) {
      const some = order.slice(at, at + 8);
      const list = some.map((n) => frameOf(latents, mixtures, info, n / (settings.loop ? count : count - 1)));
      const painted = await painted8(list, scale);
      if (!painted) { at -= 8; continue; }
      const bitmaps = await Promise.all(painted.map((picture) => createImageBitmap(picture)));
      if (mine !== version) return bitmaps.forEach((bitmap) => bitmap.close());
      some.forEach((n, i) => { frames[n] = bitmaps[i]; });
      $("walk").style.setProperty("--painted", frames.filter(Boolean).length / count);
      if (!playing) drawFrame();
    }
  }

  async function painted8(list, scale) {
    try {
      return await painter.paint(list, { scale });
    } catch (error) {
      if (error.status !== 0 && error.status !== 503) throw error;
      await new Promise((done) => setTimeout(done, error.status ? 400 : 1500));
      return null;
    }
  }

  function frameOf(latents, mixtures, info, share) {
    const way = share * legs();
    const leg = Math.min(Math.floor(way), legs() - 1);
    const mixture = mixtures[0] && recipes.blend(mixtures[leg], mixtures[(leg + 1) % mixtures.length], way - leg);
    return {
      run: info.name, ...look,
      class: mixture ? recipes.classText(mixture) : null, z: { latent: paths.sent(paths.at(latents, way, settings)) }, moves: [], axes: {},
    };
  }

  function drawFrame() {
    seek.set(place);
    $("play").disabled = stops.length < 2;
    const canvas = $("film");
    canvas.classList.toggle("painted", frames.some(Boolean));
    const count = frames.length;
    if (!count) return;
    const way = place * (settings.loop ? count : count - 1);
    let [a, b] = [Math.floor(way), Math.floor(way) + 1];
    while (a > 0 && !frames[a % count]) a--;
    while (b < count && !frames[b % count]) b++;
    const [under, over] = [frames[a % count], frames[b % count] ?? frames[a % count]];
    if (!under) return;
    const side = Math.min(1000, Math.max(under.width, canvas.clientWidth));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.globalAlpha = 1;
    pen.drawImage(under, 0, 0, side, side);
    pen.globalAlpha = Math.min(1, Math.max(0, (way - a) / Math.max(1, b - a)));
    if (over) pen.drawImage(over, 0, 0, side, side);
    const at = Math.floor(place * legs() + 1e-6);
    [...$("stops").children].forEach((item, n) => item.classList.toggle("now", n === at % stops.length));
  }

  function tick(now) {
    if (!playing) return;
    place += (now - last) / 1000 / settings.seconds;
    last = now;
    if (place >= 1) {
      if (settings.loop) place %= 1;
      else { place = 1; pause(); }
    }
    drawFrame();
    requestAnimationFrame(tick);
  }
  function play() {
    if (stops.length < 2) return;
    if (place >= 1) place = 0;
    playing = true;
    last = performance.now();
    icons.change($("play"), "pause");
    $("play").setAttribute("aria-label", "Pause");
    requestAnimationFrame(tick);
  }
  function pause() {
    playing = false;
    icons.change($("play"), "play");
    $("play").setAttribute("aria-label", "Play");
  }

  function tray() {
    const button = (recipe, label, name) => picker.thumb(recipe, `add ${label}`, () => add(recipe, name), { side: 72, rank: 0 });
    const start = recipes.root(state.sitting?.base ?? { seed: 0 });
    $("tray").replaceChildren(
      ...state.info.stars.map((star) => button({ ...star.recipe, run: state.info.name }, star.name || recipes.told(star.recipe.z), star.name)),
      ...Array.from({ length: 24 }, (_, n) => button(recipes.of(state.info.name, state.look, start + n), `seed ${start + n}`, "")));
  }

  function key(event) {
    const stop = stops.find((one) => String(one.id) === event.target.closest?.("#stops li")?.dataset.id);
    if (event.key === " " && !event.target.closest?.("button, a, summary, input:not([type=range])")) { if (playing) pause(); else play(); return true; }
    if (!stop) return false;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.altKey) { move(stop, by); return true; }
    if (by) { $("stops").children[stops.indexOf(stop) + by]?.querySelector("button.thumb").focus(); return true; }
    if (event.key === "Delete" || event.key === "Backspace") { remove(stop); return true; }
    return false;
  }

  $("play").addEventListener("click", () => (playing ? pause() : play()));
  state.on("run", (info) => {
    const kept = dom.kept.read(`walk.${info.name}`, {});
    stops = (kept.stops ?? []).map((stop) => ({ ...stop, id: ++ids }));
    look = { epoch: null, psi: 1, ...kept.look };
    if (!info.epochs.includes(look.epoch)) look.epoch = null;
    if (!$("walk").hidden) show();
  });
  state.on("stars", () => { if (!$("walk").hidden) tray(); });

  function show() {
    tray();
    drawStops();
    film.show();
    begin();
  }
  function hide() {
    pause();
    version++;
    for (const frame of frames) frame?.close();
    frames = [];
  }

  return {
    show, hide, key, add, settings, keep, stops: () => stops.map(seen), look: () => look,
    changed: () => { keep(); begin(); }, turn: (what) => { look = { ...look, ...what }; keep(); drawStops(); begin(); },
  };
})();

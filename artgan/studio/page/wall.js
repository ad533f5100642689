// The wall: every seed there is, hung in rows. Only what is seen exists.
const wall = (() => {
  const { $, make } = dom;
  const LAST = 4294967295;
  const WINDOW = 60000; // rows that the scroll bar spans; near its ends it is moved on
  const hung = new Map(); // seed -> element
  let [columns, side, row, first] = [6, 160, 200, 0]; // first: the seed in the corner of the window
  let focus = 0;
  let moving = false;

  function seedOf(text) {
    const clean = String(text).trim();
    return /^\d{1,10}$/.test(clean) && Number(clean) <= LAST ? Number(clean) : null;
  }

  const recipe = (seed) => recipes.of(state.info.name, state.look, seed);

  function measure() {
    const width = $("tiles").clientWidth;
    if (!width) return false;
    const wide = width > 700;
    const gap = wide ? 22 : 12;
    columns = wide ? Math.max(3, Math.floor((width + gap) / (168 + gap))) : 3;
    side = Math.floor((width - gap * (columns - 1)) / columns);
    row = side + (wide ? 42 : 32);
    $("tiles").style.setProperty("--tile", `${side}px`);
    return { gap };
  }

  const rows = () => Math.min(WINDOW, Math.ceil((LAST + 1 - first) / columns));

  function hang(seed, gap) {
    const canvas = make("canvas", { width: 8, height: 8, "aria-hidden": "true" });
    const open = make("button", { type: "button", class: "mat", "aria-label": `seed ${seed}`, tabindex: seed === focus ? 0 : -1, "data-seed": seed }, canvas);
    const tile = make("div", { class: "tile", role: "listitem" }, open, make("span", { class: "no", "aria-hidden": "true" }, seed));
    const place = seed - first;
    tile.style.setProperty("--x", `${(place % columns) * (side + gap)}px`);
    tile.style.setProperty("--y", `${Math.floor(place / columns) * row}px`);
    $("tiles").append(tile);
    hung.set(seed, tile);
    return tile;
  }

  // Hang what is seen and a screen's half more, take down the rest, and have painted what is new; the middle first.
  function arrange(anew = false) {
    const sizes = state.info && !$("wall").hidden && measure();
    if (!sizes) return;
    const hangs = $("hang");
    if (anew) {
      for (const tile of hung.values()) tile.remove();
      hung.clear();
    }
    $("tiles").style.setProperty("--height", `${rows() * row}px`);
    const extra = hangs.clientHeight / 2;
    const top = Math.max(0, Math.floor((hangs.scrollTop - extra) / row));
    const end = Math.min(rows(), Math.ceil((hangs.scrollTop + hangs.clientHeight + extra) / row));
    const from = first + top * columns;
    const to = Math.min(LAST + 1, first + end * columns);
    for (const [seed, tile] of hung) {
      if ((seed < from || seed >= to) && !tile.contains(document.activeElement)) {
        tile.remove();
        hung.delete(seed);
      }
    }
    const middle = first + ((hangs.scrollTop + hangs.clientHeight / 2) / row) * columns;
    for (let seed = from; seed < to; seed++) {
      const tile = hung.get(seed) ?? hang(seed, sizes.gap);
      painter.tile(tile.querySelector("canvas"), recipe(seed), { side, size: state.info.size, rank: 1 - Math.abs(seed - middle) / 1e4 });
      tile.classList.toggle("kept", Boolean(state.starOf(recipe(seed))));
    }
    const seen = first + Math.floor((hangs.scrollTop + row * 0.4) / row) * columns;
    if (document.activeElement !== $("jump-seed")) $("jump-seed").value = Math.min(seen, LAST);
    if (!hung.has(focus)) roam(Math.min(seen, LAST), false);
    dom.kept.write(`wall.${state.info.name}`, seen);
    if (hangs.scrollTop < row && first > 0) go(seen, false);
    else if (end >= rows() - 2 && first + rows() * columns < LAST) go(seen, false);
  }

  // To a seed: its row comes to the top.
  function go(seed, focusing = true) {
    if (!measure()) return;
    const start = Math.max(0, Math.floor(seed / columns) - WINDOW / 2) * columns;
    const anew = start !== first;
    first = start;
    const top = Math.floor((seed - first) / columns) * row;
    $("tiles").style.setProperty("--height", `${rows() * row}px`);
    $("hang").scrollTop = top;
    arrange(anew);
    if (focusing) roam(seed, true);
  }

  // The one picture that Tab comes to.
  function roam(seed, take) {
    hung.get(focus)?.querySelector("button").setAttribute("tabindex", -1);
    focus = Math.max(0, Math.min(LAST, seed));
    if (!hung.has(focus) && take) {
      const y = Math.floor((focus - first) / columns) * row;
      const hangs = $("hang");
      hangs.scrollTop = y < hangs.scrollTop ? y : y + row - hangs.clientHeight;
      arrange();
    }
    const button = hung.get(focus)?.querySelector("button");
    button?.setAttribute("tabindex", 0);
    if (take && button) {
      button.focus({ preventScroll: true });
      button.closest(".tile").scrollIntoView({ block: "nearest" });
    }
  }

  function key(event) {
    const inside = $("hang").contains(document.activeElement);
    const page = Math.max(1, Math.floor($("hang").clientHeight / row)) * columns;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page }[event.key];
    if (inside || document.activeElement === document.body || document.activeElement === $("views")) {
      if (step) { if (focus + step >= 0 && focus + step <= LAST) roam(focus + step, true); return true; }
      if (event.key === "Home") { go(0); return true; }
      if (event.key === "s" && inside) { state.toggle(recipe(focus)).then(() => arrange()).catch(dom.complain); return true; }
      if (event.key === "a" && inside) { walk.add(recipe(focus)); return true; }
    }
    if (event.key === "r") { go(Math.floor(Math.random() * (LAST + 1))); return true; }
    if (event.key === "/") { $("jump-seed").focus(); $("jump-seed").select(); return true; }
    return false;
  }

  // The controls above: boldness, epoch, class, for all pictures of the wall.
  function controls(info) {
    const changed = dom.debounce(() => { arrange(); state.keep(); }, 40);
    const parts = [dom.slider({
      label: "psi", min: 0, max: 2, step: 0.05, value: state.look.psi, origin: 1, tone: "ochre", format: (v) => v.toFixed(2),
      hint: "0.7 plays safe, above 1 is bolder", oninput: (psi) => { state.look.psi = psi; changed(); },
    }).root];
    if (info.epochs.length > 1) parts.push(panel.epochSlider(info, state.look.epoch, (epoch) => { state.look.epoch = epoch; changed(); }).root);
    if (info.classes.length) parts.push(panel.classSelect(info, state.look.class, (name) => { state.look.class = name; changed(); }));
    $("look").replaceChildren(...parts);
  }

  const kind = () => document.querySelector("input[name=wall-kind]:checked").value;
  function turn() {
    $("hang").hidden = kind() !== "seeds";
    $("starred").hidden = kind() !== "stars";
    if (kind() === "seeds") arrange();
    else stars.show();
  }

  $("hang").addEventListener("scroll", () => {
    if (moving) return;
    moving = true;
    requestAnimationFrame(() => { moving = false; arrange(); });
  }, { passive: true });
  $("tiles").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-seed]");
    if (button) { focus = Number(button.dataset.seed); app.toBench(recipe(focus)); }
  });
  $("tiles").addEventListener("focusin", (event) => {
    const seed = event.target.dataset?.seed;
    if (seed !== undefined && Number(seed) !== focus) roam(Number(seed), false);
  });
  $("jump").addEventListener("submit", (event) => {
    event.preventDefault();
    const seed = seedOf($("jump-seed").value);
    if (seed === null) return dom.say("a seed is a whole number, 0 to 4294967295");
    document.querySelector("input[name=wall-kind][value=seeds]").checked = true;
    turn();
    $("jump-seed").blur();
    go(seed);
  });
  $("wall-kind").addEventListener("change", turn);
  new ResizeObserver(() => {
    const seen = Number($("jump-seed").value);
    if (state.info && !$("wall").hidden && measure()) { first = Math.floor(first / columns) * columns; arrange(true); go(seen, false); }
  }).observe($("hang"));
  state.on("run", (info) => {
    controls(info);
    first = 0;
    focus = 0;
    for (const tile of hung.values()) tile.remove();
    hung.clear();
    if (!$("wall").hidden) show();
  });
  state.on("epochs", (info) => { controls(info); arrange(); });
  state.on("stars", () => {
    $("star-count").textContent = state.info.stars.length || "";
    if (!$("wall").hidden) turn();
  });

  function show() {
    $("star-count").textContent = state.info.stars.length || "";
    turn();
    go(seedOf(dom.kept.read(`wall.${state.info.name}`, 0)) ?? 0, false);
  }

  return { show, hide() {}, key, seedOf };
})();

// Two runs, or two epochs of one, side by side on the same seeds.
const compare = (() => {
  const { $, make } = dom;
  const SHOWN = 24;
  let sides = null; // [{run, info, epoch, slider}]
  let from = 0;
  let psi = 1;

  async function side(n, name, epoch = null) {
    const info = name === state.info.name ? state.info : await api.get(api.of(name));
    sides[n] = { info, epoch: info.epochs.includes(epoch) ? epoch : null };
    keep();
  }

  function keep() {
    dom.kept.write("compare", { sides: sides.map(({ info, epoch }) => ({ run: info.name, epoch })), from, psi });
  }

  function controls() {
    const able = state.runs.filter((run) => run.epoch !== null);
    const parts = sides.map((one, n) => {
      const letter = "AB"[n];
      const select = make("select", { "aria-label": `Run of ${letter}`, onchange: () => side(n, select.value).then(controls).then(fill).catch(dom.complain) },
        ...able.map((run) => make("option", { value: run.name }, run.name)));
      select.value = one.info.name;
      const box = make("div", { class: `versus ${letter.toLowerCase()}` }, make("b", {}, letter), select);
      if (one.info.epochs.length > 1) {
        const slider = panel.epochSlider(one.info, one.epoch, (epoch) => { one.epoch = epoch; later(); });
        slider.input.setAttribute("aria-label", `epoch of ${letter}`);
        slider.root.classList.toggle("blue", n === 1);
        slider.root.classList.toggle("rust", n === 0);
        slider.root.classList.remove("green");
        box.append(slider.root);
      }
      return box;
    });
    const seed = make("input", { inputmode: "numeric", maxlength: 10, value: from, autocomplete: "off", onchange: () => { from = wall.seedOf(seed.value) ?? from; seed.value = from; later(); } });
    const bold = dom.slider({ label: "psi", min: 0, max: 2, step: 0.05, origin: 1, value: psi, tone: "ochre", format: (v) => v.toFixed(2), oninput: (v) => { psi = v; later(); } });
    $("compare-bar").replaceChildren(...parts, make("label", { class: "pick" }, make("span", { class: "label" }, "seeds from"), seed), bold.root);
  }

  const recipe = (n, seed) => ({ ...recipes.of(sides[n].info.name, { epoch: sides[n].epoch, psi, class: null }, seed) });

  function fill() {
    if ($("compare").hidden) return;
    const box = $("pairs");
    while (box.children.length < SHOWN) {
      box.append(make("div", { class: "diptych", role: "listitem" }, make("div", { class: "mat two" },
        ...[0, 1].map((n) => make("button", { type: "button", "data-side": n }, make("canvas", { width: 8, height: 8, "aria-hidden": "true" })))), make("span", { class: "no" })));
    }
    [...box.children].forEach((pair, i) => {
      const seed = Math.min(4294967295, from + i);
      pair.querySelector(".no").textContent = seed;
      pair.querySelectorAll("button").forEach((button, n) => {
        button.setAttribute("aria-label", `${"AB"[n]}: ${sides[n].info.name}, seed ${seed}`);
        button.dataset.seed = seed;
        painter.tile(button.firstChild, recipe(n, seed), { side: 170, size: sides[n].info.size, rank: -i / 100 });
      });
    });
  }
  const later = dom.debounce(() => { keep(); fill(); }, 40);

  async function show() {
    const able = state.runs.filter((run) => run.epoch !== null).map((run) => run.name);
    const kept = dom.kept.read("compare", {});
    if (!sides || sides.some((one) => !able.includes(one.info.name))) {
      sides = [];
      const epochs = state.info.epochs;
      const names = (kept.sides ?? []).filter((one) => able.includes(one.run));
      const first = names[0] ?? { run: state.info.name, epoch: null };
      const other = names[1] ?? (epochs.length > 1 ? { run: state.info.name, epoch: epochs[0] } : { run: able.find((name) => name !== state.info.name) ?? state.info.name });
      [from, psi] = [kept.from ?? 0, kept.psi ?? 1];
      if (other.run !== state.info.name) $("pairs").replaceChildren(make("p", { class: "empty" }, `Opening ${other.run} …`));
      sides = [null, null];
      for (const [n, one] of [first, other].entries()) {
        const info = one.run === state.info.name ? state.info : await api.get(api.of(one.run));
        sides[n] = { info, epoch: info.epochs.includes(one.epoch) ? one.epoch : null };
      }
    }
    $("pairs").querySelector(".empty")?.remove();
    controls();
    fill();
  }

  $("pairs").addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-seed]");
    if (!button) return;
    const found = recipe(Number(button.dataset.side), Number(button.dataset.seed));
    if (found.run !== state.info.name) await app.turnTo(found.run);
    app.toBench(found);
  });

  return { show: () => show().catch(dom.complain), hide() {}, key: () => false };
})();

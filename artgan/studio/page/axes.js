// The raw numbers of the latent, as many sliders as it is long; only those in sight exist. To and from .npy files.
const axes = (() => {
  const { $, make } = dom;
  const ROW = 36;
  let rows = new Map();
  let values = null; // of the picture as it is, moves and all
  let [details, box, inner] = [];

  function part(info) {
    if (!info.latent_dim) return "";
    inner = make("div", { class: "axes-all" });
    inner.style.setProperty("--height", `${info.latent_dim * ROW}px`);
    box = make("div", { class: "axes", tabindex: -1 }, inner);
    rows = new Map();
    values = null;
    details = make("details", { class: "part", id: "part-axes" }, make("summary", {}, make("h2", {}, "Raw numbers"), make("span", { class: "facts" }, `${info.latent_dim} of them`)),
      make("p", { class: "facts" }, "Every number of the latent by itself. Few mean anything alone; together they are the picture."), box,
      make("div", { class: "row" },
        make("button", { type: "button", class: "quiet", onclick: () => state.change({ axes: {} }) }, "As they were"),
        make("button", { type: "button", class: "quiet", onclick: () => save().catch(dom.complain) }, "Save .npy"),
        make("button", { type: "button", class: "quiet", onclick: () => $("npy").click() }, "Load .npy")));
    details.addEventListener("toggle", () => refresh());
    box.addEventListener("scroll", () => requestAnimationFrame(arrange), { passive: true });
    return details;
  }

  const refresh = dom.debounce(async () => {
    if (!details?.open || !state.sitting) return;
    try {
      values = await recipes.latent(state.recipe());
      arrange();
    } catch (error) { dom.complain(error); }
  }, 150);

  function arrange() {
    if (!values) return;
    const top = Math.max(0, Math.floor(box.scrollTop / ROW) - 8);
    const end = Math.min(values.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 8);
    for (const [place, slider] of rows) {
      if ((place < top || place >= end) && !slider.root.contains(document.activeElement)) {
        slider.root.remove();
        rows.delete(place);
      }
    }
    for (let place = top; place < end; place++) {
      let slider = rows.get(place);
      if (!slider) {
        slider = row(place);
        rows.set(place, slider);
        const after = [...rows.keys()].filter((other) => other > place).sort((a, b) => a - b)[0];
        inner.insertBefore(slider.root, after === undefined ? null : rows.get(after).root);
      }
      if (document.activeElement !== slider.input || state.sitting.axes[place] === undefined) slider.set(values[place]);
      slider.root.classList.toggle("own", state.sitting.axes[place] !== undefined);
    }
  }

  function row(place) {
    const slider = dom.slider({
      label: `${place}`, min: -4, max: 4, step: 0.01, origin: 0, tone: "ink", format: (v) => v.toFixed(2),
      oninput: (value) => {
        values[place] = value;
        slider.root.classList.add("own");
        state.change({ axes: { ...state.sitting.axes, [place]: value } }, false);
      },
      onchange: state.commit,
    });
    slider.input.setAttribute("aria-label", `number ${place} of the latent`);
    slider.root.style.setProperty("--y", `${place * ROW}px`);
    return slider;
  }

  async function save() {
    const bytes = await api.bytes("latent", { recipe: { ...state.recipe(), psi: 1 } });
    const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    make("a", { href: url, download: `${(bench.named() || recipes.short(state.recipe().z)).replace(/[^\p{L}\p{N}]+/gu, "-") || "latent"}.npy` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  async function load(file) {
    const bytes = await file.arrayBuffer();
    const told = await api.send(api.of(state.info.name, "latents"), bytes, "application/octet-stream");
    const list = Array.isArray(told.latents) ? told.latents : recipes.fromNpy(bytes);
    const wanted = state.info.latent_dim;
    if (list[0].length !== wanted) throw new api.Refusal(400, `latents of ${list[0].length} numbers do not fit: this network takes ${wanted}`);
    const recipe = (latent) => ({ ...state.recipe(), z: { latent }, moves: [], axes: {} });
    bench.name(file.name.replace(/\.npy$/i, ""));
    await state.put(recipe(list[0]));
    if (list.length > 1) dom.say(`${list.length} latents: the first is on the bench`, { action: "All to the walk", act: () => list.slice(0, 24).forEach((latent) => walk.add(recipe(latent))) });
  }

  $("npy").addEventListener("change", () => {
    const [file] = $("npy").files;
    $("npy").value = "";
    if (file) load(file).catch(dom.complain);
  });

  return { part, show: refresh, load };
})();

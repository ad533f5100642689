// A dialog in which one picture is chosen: among the stars, or by its seed.
const picker = (() => {
  const { $, make } = dom;
  const SHOWN = 18;
  let chosen = null;
  let from = 0;

  function thumb(recipe, label, onclick, { side = 84, rank = 2 } = {}) {
    const canvas = make("canvas", { width: 8, height: 8, "aria-hidden": "true" });
    const button = make("button", { type: "button", class: "thumb", title: label, "aria-label": label, onclick }, canvas);
    painter.tile(canvas, recipe, { side, size: state.info.size, rank, done: () => {} });
    return button;
  }

  function take(recipe) {
    chosen = recipe;
    $("picker").close();
  }

  function seeds() {
    const look = { ...state.look, epoch: state.sitting?.epoch ?? state.look.epoch, class: null };
    $("picker-seed").value = from;
    $("picker-seeds").replaceChildren(...Array.from({ length: SHOWN }, (_, n) => {
      const recipe = recipes.of(state.info.name, look, Math.min(from + n, 4294967295));
      return thumb(recipe, `seed ${from + n}`, () => take(recipe));
    }));
  }

  // Returns the recipe that was chosen, or null.
  function choose(title) {
    chosen = null;
    $("picker-title").textContent = title;
    const stars = state.info.stars.map((star) => thumb(star.recipe, star.name || recipes.told(star.recipe.z), () => take(star.recipe)));
    $("picker-stars").replaceChildren(...(stars.length ? stars : [make("p", { class: "facts" }, "What you star is kept here.")]));
    seeds();
    dom.open($("picker"));
    return new Promise((resolve) => $("picker").addEventListener("close", () => resolve(chosen), { once: true }));
  }

  $("picker-more").addEventListener("click", () => { from = Math.floor(Math.random() * 1e6); seeds(); });
  $("picker-seed").addEventListener("change", () => { from = wall.seedOf($("picker-seed").value) ?? from; seeds(); });
  $("picker-seed").addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); from = wall.seedOf(event.target.value) ?? from; seeds(); }
  });

  return { choose, thumb };
})();

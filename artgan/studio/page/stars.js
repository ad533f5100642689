// The wall of what was starred: named, opened, renamed, taken away.
const stars = (() => {
  const { $, make } = dom;

  function card(star) {
    const told = recipes.short(star.recipe.z);
    const canvas = make("canvas", { width: 8, height: 8, "aria-hidden": "true" });
    const open = make("button", { type: "button", class: "mat", "aria-label": `open ${star.name || told}`, onclick: () => app.toBench(star.recipe, star.name) }, canvas);
    const name = make("input", {
      class: "name", value: star.name, placeholder: told, "aria-label": `Name of ${told}`, maxlength: 120, autocomplete: "off", spellcheck: "false",
      onchange: () => state.rename(star.id, name.value.trim()).catch(dom.complain),
      onkeydown: (event) => { if (event.key === "Enter") name.blur(); },
    });
    painter.tile(canvas, { ...star.recipe, run: state.info.name }, { side: 220, size: state.info.size, rank: 1, done: () => {} });
    return make("div", { class: "card", role: "listitem" }, open, name,
      make("p", { class: "facts" }, star.name ? `${told} · ${recipes.facts(star.recipe, state.info.epochs)}` : recipes.facts(star.recipe, state.info.epochs)),
      make("div", { class: "acts" },
        make("button", { type: "button", class: "bare", icon: "walk", "aria-label": "Add to the walk", title: "add to the walk", onclick: () => walk.add(star.recipe, star.name) }),
        make("button", { type: "button", class: "bare", icon: "close", "aria-label": "Take the star away", title: "take the star away", onclick: () => state.unstar(star.id).catch(dom.complain) })));
  }

  function show() {
    const kept = state.info.stars;
    const cards = kept.toReversed().map(card);
    $("starred").replaceChildren(...(cards.length ? [make("div", { class: "cards", role: "list", "aria-label": "Starred pictures" }, ...cards)]
      : [make("p", { class: "empty" }, "Nothing is starred yet. ",
        make("span", { class: "by-key" }, "Press ", make("kbd", {}, "s"), " on a picture that you would keep."),
        make("span", { class: "by-touch" }, "Open a picture that you would keep, and touch its star."))]));
  }

  return { show };
})();

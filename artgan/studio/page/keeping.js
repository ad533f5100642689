// Saving the picture as a file that knows where it comes from, and the command that paints it again.
const keeping = (() => {
  const { $, make } = dom;
  const size = dom.slider({ label: "enlarged", min: 1, max: 16, step: 1, value: 1, origin: 1, tone: "ink", format: (n) => `${n * (state.info?.size ?? 64)} px` });
  $("saving-scale").append(size.root);

  const commandLine = (command) => make("button", { type: "button", class: "command", title: "copy", onclick: () => dom.copy(command) }, command);

  function open() {
    $("saving-name").value = bench.named();
    $("saving-name").placeholder = recipes.short(state.recipe().z);
    $("saved").replaceChildren();
    const able = state.info.signature !== false;
    $("saving-sign").disabled = !able;
    if (!able) $("saving-sign").checked = false;
    $("saving-unsigned").hidden = able;
    size.set(size.get());
    dom.open($("saving"));
    $("saving-name").select();
  }

  async function save() {
    const go = $("saving-go");
    go.disabled = true;
    try {
      const made = await api.post("save", {
        recipe: state.recipe(), name: $("saving-name").value.trim() || recipes.short(state.recipe().z), sign: $("saving-sign").checked, scale: size.get(),
      });
      const lines = [make("p", {}, "Saved: ", make("button", { type: "button", class: "command", title: "copy", onclick: () => dom.copy(made.path) }, made.path))];
      if (made.latents) lines.push(make("p", { class: "facts" }, `No seed says this picture: its latent lies beside it, ${made.latents}`));
      if (made.command) lines.push(make("p", { class: "facts" }, "The same again:"), commandLine(made.command));
      $("saved").replaceChildren(...lines);
      state.commit();
    } catch (error) {
      $("saved").replaceChildren(make("p", { class: "wrong" }, [error.message, error.hint].filter(Boolean).join(" · ")));
    }
    go.disabled = false;
  }

  // Only words that a shell takes as they are stand without quotes.
  const word = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replaceAll("'", `'"'"'`)}'`);

  // What "artgan sample" paints it with; null where seeds alone do not say it.
  function commandOf(recipe) {
    const z = recipe.z;
    const words = ["artgan", "sample", "--run", word(recipe.run)];
    const plain = (base) => base && "seed" in base && !base.vary && !base.mix && !base.latent;
    if (recipe.moves.length || Object.keys(recipe.axes).length) return null;
    if (plain(z)) words.push("--seeds", z.seed);
    else if (z.vary && plain(z.vary)) words.push("--vary", z.vary.seed, "--strength", recipes.round(z.strength, 4), "--seeds", z.seed);
    else if (z.mix?.every(plain)) words.push("--mix", z.mix.map((base) => base.seed).join(","), "--amount", recipes.round(z.amount, 4));
    else return null;
    if (recipe.epoch !== null) words.push("--epoch", recipe.epoch);
    if (recipe.psi !== 1) words.push("--psi", recipes.round(recipe.psi, 4));
    if (recipe.class) words.push("--class", word(recipe.class));
    return words.join(" ");
  }

  function command() {
    const found = commandOf(state.recipe());
    if (found) dom.copy(found);
    else dom.say("no seed says this picture: save it, and its file tells how it was made", { long: true });
  }

  $("copy").addEventListener("click", command);
  $("save").addEventListener("click", open);
  $("saving-close").addEventListener("click", () => $("saving").close());
  $("saving-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });

  return { open, command, commandLine };
})();

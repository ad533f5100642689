// A recipe says which picture: see "z", what its latent begins as, and the moves from there.
const recipes = (() => {
  const DEEPEST = 6; // the server takes 8, one above the other; here is room for a mixture and a variation

  // One form for what may be written in several: only the fields that count, in one order.
  function plain(base) {
    if (base.vary) return { vary: plain(base.vary), strength: base.strength ?? 0.3, seed: base.seed ?? 0 };
    if (base.mix) return { mix: base.mix.map(plain), amount: base.amount ?? 0.5 };
    if (base.latent) return base.seed !== undefined ? { latent: base.latent, seed: base.seed } : { latent: base.latent };
    return base.latents ? { latents: base.latents } : { seed: base.seed };
  }
  const clean = (recipe, run = recipe.run) => ({
    run, epoch: recipe.epoch ?? null, psi: recipe.psi ?? 1, class: recipe.class ?? null, z: plain(recipe.z),
    moves: (recipe.moves ?? []).map(({ direction, amount }) => ({ direction, amount })), axes: { ...(recipe.axes ?? {}) },
  });

  const key = (recipe) => JSON.stringify([
    recipe.run, recipe.epoch ?? null, recipe.psi ?? 1, recipe.class ?? null, recipe.z, recipe.moves ?? [], recipe.axes ?? {},
  ]);

  const depth = (base) =>
    1 + Math.max(0, ...[base.vary, ...(base.mix ?? [])].filter(Boolean).map(depth));

  // The seed at the root, whose class a picture has where none was chosen.
  const root = (base) => (base.vary ? root(base.vary) : base.mix ? root(base.mix[0]) : base.seed ?? 0);

  function of(run, look, seed) {
    return { run, epoch: look.epoch, psi: look.psi, class: look.class, z: { seed }, moves: [], axes: {} };
  }

  // In few words, for people and screen readers: "seed 42, varied by 0.3".
  function told(base) {
    if (base.vary) {
      let [times, below] = [1, base.vary];
      for (; below.vary; below = below.vary) times++;
      return `${told(below)}, varied ${times === 1 ? `by ${round(base.strength)}` : times === 2 ? "twice" : `${times} times`}`;
    }
    if (base.mix) return `${told(base.mix[0])} mixed with ${told(base.mix[1])}, ${Math.round(base.amount * 100)} %`;
    if (base.latents) return `latents ${base.latents}`;
    if (base.latent) return base.seed === undefined ? "a latent" : `a latent from seed ${base.seed}`;
    return `seed ${base.seed}`;
  }

  function short(base) {
    const text = told(base);
    return text.length <= 46 && !text.includes("a latent from") ? text : `from seed ${root(base)}`;
  }

  const round = (number, digits = 2) => String(Number(Number(number).toFixed(digits)));

  function facts(recipe, epochs = []) {
    const parts = [`psi ${round(recipe.psi ?? 1)}`];
    const epoch = recipe.epoch ?? epochs.at(-1);
    if (epoch !== undefined) parts.push(`epoch ${epoch}`);
    if (recipe.class) parts.push(recipe.class);
    const moves = (recipe.moves ?? []).length;
    if (moves) parts.push(`${moves} ${moves === 1 ? "direction" : "directions"}`);
    const axes = Object.keys(recipe.axes ?? {}).length;
    if (axes) parts.push(`${axes} raw ${axes === 1 ? "number" : "numbers"}`);
    return parts.join(" · ");
  }

  // The numbers of .npy bytes: rows of latents, float32 or float64, as artgan and NumPy write them.
  function fromNpy(buffer) {
    const view = new DataView(buffer);
    const mark = String.fromCharCode(...new Uint8Array(buffer, 0, Math.min(6, buffer.byteLength)));
    if (mark !== "\x93NUMPY") throw new api.Refusal(400, "that is not a .npy file", "one is written by: Save .npy");
    const wide = view.getUint8(6) > 1;
    const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
    const start = wide ? 12 : 10;
    const head = new TextDecoder("latin1").decode(new Uint8Array(buffer, start, length));
    const kind = /'descr': '([^']+)'/.exec(head)?.[1];
    const shape = (/'shape': \(([^)]*)\)/.exec(head)?.[1] ?? "").split(",").map((part) => part.trim()).filter(Boolean).map(Number);
    const Type = { "<f4": Float32Array, "<f8": Float64Array }[kind];
    if (!Type || /'fortran_order': True/.test(head) || shape.length < 1 || shape.length > 2) {
      throw new api.Refusal(400, `a .npy file of ${kind ?? "something"} with the shape (${shape}) holds no latents`, "float32 of shape (n, latent_dim) is wanted");
    }
    const values = new Type(buffer.slice(start + length));
    const width = shape.at(-1);
    const count = shape.length === 2 ? shape[0] : 1;
    if (values.length < width * count || !values.every(Number.isFinite)) {
      throw new api.Refusal(400, "that .npy file is damaged", "save it once more");
    }
    return Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
  }

  const known = new Map();
  // The latent that a recipe comes to, with its moves and axes; psi is left out, it scales when a picture is painted.
  async function latent(recipe) {
    const name = key({ ...recipe, psi: 1, epoch: recipe.moves?.length ? recipe.epoch : null, class: null });
    if (!known.has(name)) {
      if (known.size > 200) known.delete(known.keys().next().value);
      known.set(name, api.bytes("latent", { recipe: { ...recipe, psi: 1 } }).then((bytes) => fromNpy(bytes)[0]));
      known.get(name).catch(() => known.delete(name));
    }
    return known.get(name);
  }

  // A recipe's latent as something that can be varied or mixed: as it is where it has no moves, else as numbers.
  async function baseOf(recipe) {
    const plain = !recipe.moves?.length && !Object.keys(recipe.axes ?? {}).length;
    if (plain && depth(recipe.z) < DEEPEST) return recipe.z;
    return numbers(await latent(recipe), recipe.z);
  }

  const numbers = (values, base) => ({ latent: values, seed: root(base) });

  // Which classes a picture shows, by name, as shares; null where the network knows none.
  function shares(recipe, classes) {
    if (!classes.length) return null;
    if (recipe.class) {
      return Object.fromEntries(recipe.class.split(",").map((part) => {
        const cut = part.lastIndexOf(":");
        return cut > 0 ? [part.slice(0, cut), Number(part.slice(cut + 1))] : [part, 1];
      }));
    }
    const of = (base) => {
      if (base.vary) return of(base.vary);
      if (base.mix) return blend(of(base.mix[0]), of(base.mix[1]), base.amount);
      return { [classes[(base.seed ?? 0) % classes.length]]: 1 };
    };
    return of(recipe.z);
  }

  function blend(a, b, share) {
    if (!a || !b) return a ?? b;
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return Object.fromEntries(names.map((name) => [name, (1 - share) * (a[name] ?? 0) + share * (b[name] ?? 0)]));
  }

  const classText = (mixture) => mixture && Object.entries(mixture).filter(([, share]) => share > 0.0005)
    .map(([name, share]) => `${name}:${share.toFixed(3)}`).join(",");

  return { DEEPEST, clean, key, depth, root, of, told, short, round, facts, fromNpy, latent, baseOf, shares, blend, classText };
})();

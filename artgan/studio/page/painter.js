// Gets pictures painted: a channel for each thing that moves under a hand, and a queue for all that can wait.
const painter = (() => {
  const TAB = Math.random().toString(36).slice(2, 10); // two tabs shall not take each other's turns
  const MOST_BYTES = 96 * 2 ** 20;
  const GENTLE_MS = 160; // so long may a batch take: what is seen no more is asked for no more

  let live = 0; // channels at work
  let flying = false;
  let perPicture = 8; // ms, measured as we go
  const queue = [];
  const cache = new Map();
  let cached = 0;

  // uint32 count, height, width; then RGB of all.
  function decode(buffer) {
    const [count, height, width] = new Uint32Array(buffer, 0, 3);
    const rgb = new Uint8Array(buffer, 12);
    const pictures = [];
    for (let n = 0, at = 0; n < count; n++) {
      const pixels = new Uint32Array(width * height);
      for (let i = 0; i < pixels.length; i++, at += 3) {
        pixels[i] = 0xff000000 | (rgb[at + 2] << 16) | (rgb[at + 1] << 8) | rgb[at];
      }
      pictures.push(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height));
    }
    return pictures;
  }

  async function paint(list, { channel = "", serial = 0, scale = 1 } = {}) {
    return decode(await api.bytes("paint", { recipes: list, channel, serial, format: "raw", scale }));
  }

  // For the large pictures: brought to the very size that they have on the screen, smoothly, not by the browser's haste.
  const scratch = document.createElement("canvas");
  function enlarge(canvas, picture, width) {
    const side = Math.min(1400, Math.max(picture.width, Math.round((width || canvas.clientWidth) * (devicePixelRatio || 1))));
    draw(scratch, picture);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(scratch, 0, 0, side, side);
  }

  function draw(canvas, picture) {
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  // The server enlarges by Lanczos, which looks better than what a browser does; by so much that little is left to it.
  function scaleFor(size, side) {
    return Math.max(1, Math.min(4, Math.round((side * Math.min(2, devicePixelRatio || 1)) / size), Math.floor(1024 / size)));
  }

  // For what moves under a hand: one wish under way and the newest one waiting; the last picture stays until then.
  function channel(name, show, failed = dom.complain) {
    let [serial, busy, next] = [0, false, null];
    async function pump() {
      if (busy || !next) return;
      const wish = next;
      [busy, next] = [true, null];
      live++;
      let pause = 0;
      try {
        const pictures = await paint(wish.list, { channel: `${name}-${TAB}`, serial: ++serial, scale: wish.scale });
        show(pictures, wish.list, wish.since);
      } catch (error) {
        if (error.status === 0) { next ??= wish; pause = 1500; }
        else if (error.status === 503) { next ??= wish; pause = 300; }
        else if (error.status !== 409) failed(error);
      }
      live--;
      if (pause) await new Promise((done) => setTimeout(done, pause));
      busy = false;
      pump();
      work();
    }
    return {
      want(list, scale = 1) {
        next = { list, scale, since: performance.now() };
        pump();
      },
    };
  }

  function remember(name, picture) {
    cache.set(name, picture);
    cached += picture.data.length;
    for (const [oldest, of] of cache) {
      if (cached <= MOST_BYTES) break;
      cache.delete(oldest);
      cached -= of.data.length;
    }
  }

  // Paint into a canvas when there is time; it may be given something else to show meanwhile, then this is dropped.
  // The higher the rank, the earlier.
  function tile(canvas, recipe, { side = 160, size = 64, rank = 0, done } = {}) {
    const scale = scaleFor(size, side);
    // The highest epoch of a run that goes on is another one tomorrow.
    const newest = recipe.epoch === null && recipe.run === state.info?.name ? state.info.epochs.at(-1) : "";
    const name = `${scale} ${newest} ${recipes.key(recipe)}`;
    if (canvas.dataset.key === name) return;
    canvas.dataset.key = name;
    const found = cache.get(name);
    if (found) {
      cache.delete(name); // to the end: it was used
      cache.set(name, found);
      finish({ canvas, name, done }, found);
      return;
    }
    queue.push({ canvas, recipe, scale, rank, name, done });
    queueMicrotask(work);
  }

  function finish(wish, picture) {
    draw(wish.canvas, picture);
    wish.canvas.classList.remove("unpainted");
    wish.canvas.classList.add("painted");
    wish.done?.();
  }

  const wanted = (wish) => wish.canvas.dataset.key === wish.name && (wish.canvas.isConnected || wish.done);

  async function work() {
    if (flying || live || !queue.length) return;
    for (let i = queue.length - 1; i >= 0; i--) if (!wanted(queue[i])) queue.splice(i, 1);
    if (!queue.length) return;
    queue.sort((a, b) => b.rank - a.rank);
    // Of one run and one epoch: a network that grew has painted smaller pictures before.
    const { scale, recipe: { run, epoch } } = queue[0];
    const most = Math.max(4, Math.min(64, Math.round(GENTLE_MS / perPicture / 8) * 8));
    const batch = queue.filter((wish) => wish.scale === scale && wish.recipe.run === run && wish.recipe.epoch === epoch).slice(0, most);
    for (const wish of batch) queue.splice(queue.indexOf(wish), 1);
    flying = true;
    let pause = 0;
    const before = performance.now();
    try {
      const pictures = await paint(batch.map((wish) => wish.recipe), { scale });
      perPicture = 0.7 * perPicture + 0.3 * Math.max(0.5, (performance.now() - before) / batch.length);
      pictures.forEach((picture, n) => {
        if (!cache.has(batch[n].name)) remember(batch[n].name, picture);
        if (batch[n].canvas.dataset.key === batch[n].name) finish(batch[n], picture);
      });
    } catch (error) {
      if (error.status === 0 || error.status === 503 || error.status === 409) {
        queue.unshift(...batch);
        pause = error.status ? 400 : 1500;
      } else {
        if (error.status === 404) state.lost(error, run);
        if (batch.length > 1 && error.status === 400) for (const wish of batch) await alone(wish); // the others can be
        else batch.forEach(fail);
        if (error.status !== 400 && error.status !== 404) dom.complain(error);
      }
    }
    if (pause) await new Promise((done) => setTimeout(done, pause));
    flying = false;
    work();
  }

  async function alone(wish) {
    try {
      const [picture] = await paint([wish.recipe], { scale: wish.scale });
      remember(wish.name, picture);
      if (wish.canvas.dataset.key === wish.name) finish(wish, picture);
    } catch {
      fail(wish);
    }
  }

  function fail(wish) {
    if (wish.canvas.dataset.key !== wish.name) return;
    wish.canvas.dataset.key = "";
    wish.canvas.classList.add("unpainted");
  }

  return { paint, draw, enlarge, channel, tile, scaleFor, pace: () => perPicture, slowed: (ms) => { perPicture = ms; } };
})();

// How the walk becomes a film: its length, pace, path and format; the file is made by the server.
const film = (() => {
  const { $, make } = dom;
  const MOST_FRAMES = 2000;
  let job = null;
  let box = null;

  function choice(legend, name, options, value, onchange) {
    return make("fieldset", { class: "choice" }, make("legend", {}, legend), ...options.map(([key, text]) => {
      const input = make("input", { type: "radio", name, value: key, onchange: () => onchange(key) });
      input.checked = key === value;
      return make("label", {}, input, make("span", {}, text));
    }));
  }

  const frames = () => Math.min(MOST_FRAMES, Math.max(walk.stops().length + 1, Math.round(walk.settings.seconds * walk.settings.fps)));

  function show() {
    const set = walk.settings;
    const facts = make("p", { class: "facts" });
    const tell = () => { facts.textContent = `${frames()} frames of ${state.info.size} px`; };
    const again = dom.debounce(walk.changed, 200);
    const seconds = dom.slider({ label: "length", min: 2, max: 80, step: 1, value: set.seconds, origin: 12, tone: "ink", format: (v) => `${v} s`, oninput: (v) => { set.seconds = v; tell(); again(); } });
    const loop = make("input", { type: "checkbox", onchange: () => { set.loop = loop.checked; walk.changed(); } });
    loop.checked = set.loop;
    const turn = dom.debounce(walk.turn, 150);
    const psi = dom.slider({ label: "psi", min: 0, max: 2, step: 0.05, value: walk.look().psi, origin: 1, tone: "ochre", format: (v) => v.toFixed(2), oninput: (v) => turn({ psi: v }) });
    const epoch = state.info.epochs.length > 1 ? panel.epochSlider(state.info, walk.look().epoch, (e) => turn({ epoch: e })) : null;
    box = make("div", { class: "making", role: "status" });
    $("walk-side").replaceChildren(
      make("h2", {}, "The film"), seconds.root, psi.root, ...(epoch ? [epoch.root] : []),
      make("label", { class: "check" }, loop, " Comes back to its beginning"),
      choice("Path", "path", [["slerp", "picture to picture"], ["spline", "one curve"]], set.path, (path) => { set.path = path; walk.changed(); }),
      choice("Frames a second", "fps", [[12, "12"], [24, "24"], [30, "30"]], set.fps, (fps) => { set.fps = fps; walk.keep(); tell(); }),
      choice("Format", "format", [["mp4", "mp4"], ["webm", "webm"], ["gif", "gif"], ["webp", "webp"]], set.format, (format) => { set.format = format; walk.keep(); }),
      facts, make("button", { type: "button", class: "solid", icon: "save", onclick: () => start().catch(dom.complain) }, "Export the film"), box);
    tell();
    if (job) follow(job);
  }

  async function start() {
    const set = walk.settings;
    if (job) return dom.say("one film after the other");
    if (walk.stops().length < 2) return dom.say("a walk needs two pictures");
    const made = await api.post("film", { recipes: walk.stops(), frames: frames(), fps: Number(set.fps), loop: set.loop, path: set.path, format: set.format });
    job = made.job;
    follow(job);
  }

  // Follows a job until it is over; the answer is shown where its progress was.
  async function follow(id) {
    const bar = make("progress", { max: 1, value: 0, "aria-label": "making the film" });
    const words = make("span", { class: "facts" });
    box.replaceChildren(bar, words, make("button", { type: "button", class: "quiet", onclick: () => api.drop(`jobs/${id}`).catch(dom.complain) }, "Cancel"));
    const mine = box;
    const end = await jobs.wait(id, (now) => {
      bar.value = now.total ? now.done / now.total : 0;
      words.textContent = `${now.done} of ${now.total}`;
    }, () => mine === box);
    if (!end) return;
    job = null;
    box.replaceChildren(end.state === "done"
      ? make("p", {}, "Made: ", make("button", { type: "button", class: "command", title: "copy", onclick: () => dom.copy(end.path) }, end.path))
      : make("p", { class: end.state === "cancelled" ? "facts" : "wrong" }, end.state === "cancelled" ? "not made" : [end.error || "it was not made", end.hint].filter(Boolean).join(" · ")));
  }

  return { show };
})();

// Long work of the server, asked for until it is over.
const jobs = (() => {
  async function wait(id, told, wanted = () => true) {
    for (;;) {
      if (!wanted()) return null;
      try {
        const now = await api.get(`jobs/${id}`);
        told(now);
        if (now.state !== "running") return now;
      } catch (error) {
        if (error.status !== 0 && error.status !== 503) return { state: "failed", error: [error.message, error.hint].filter(Boolean).join(" · ") };
      }
      await new Promise((done) => setTimeout(done, 300));
    }
  }
  return { wait };
})();

// All runs, and one of them as it learns: its curves, its newest sheet, what they say, and Stop.
const learning = (() => {
  const { $, make } = dom;
  let shown = null; // its name
  let ticks = [];
  let sheet = "";
  let url = "";
  let timer = 0;
  let beats = 0;
  let parts = {};
  let stopping = false; // it was asked to: it saves first, which may take a while
  let complained = "";

  // Whoever presses Stop reads that it was stopped, be it "cancelled" in the record.
  const WORDS = { running: "learning", finished: "finished", stopped: "stopped", failed: "failed", cancelled: "stopped", lost: "lost", queued: "waiting", preparing: "preparing", submitting: "being sent", damaged: "damaged" };

  // The record says it in a word, or several; a sentence of the server stands as it is.
  const VERDICTS = {
    learning: "It is learning: neither side has won.",
    critic: "The critic is winning: the generator gets little from it.",
    repeating: "It repeats itself: its pictures have become alike.",
    copies: "It copies: some pictures are too near to single paintings.",
    enough: "It may be enough: it has not become better for a while.",
  };
  // Of one that is over nobody says "is".
  const OVER = {
    learning: "It was still learning when it ended: neither side had won.",
    critic: "The critic was winning when it ended.",
    repeating: "It repeated itself when it ended: its pictures had become alike.",
    enough: "It had not become better for a while when it ended.",
  };
  const sentence = (verdict, going) => (verdict ?? "").split(", ").map((word) => (going ? null : OVER[word]) ?? VERDICTS[word] ?? word).join(" ");

  function list() {
    const held = document.activeElement?.closest?.("#run-list [data-run]")?.dataset.run;
    $("run-list").replaceChildren(...state.runs.map((run) => {
      const facts = [run.dataset, run.size && `${run.size} px`, run.epoch !== null && `epoch ${run.epoch}`, run.kid !== null && run.kid !== undefined && `KID ${Number(run.kid).toFixed(3)}`, run.remote && "on Azure"].filter(Boolean).join(" · ");
      return make("div", { role: "listitem" }, make("button", { type: "button", class: "run-row", "aria-current": run.name === shown ? "true" : null, "data-run": run.name, onclick: () => open(run.name) },
        make("span", { class: `state ${run.going ? "going" : run.state}` }, WORDS[run.state] ?? run.state), make("b", {}, run.name), make("span", { class: "facts" }, facts)));
    }));
    if (held) [...$("run-list").querySelectorAll("[data-run]")].find((row) => row.dataset.run === held)?.focus({ preventScroll: true });
  }

  function open(name) {
    shown = name;
    ticks = [];
    sheet = "";
    stopping = false;
    complained = "";
    clearTimeout(timer);
    for (const row of $("run-list").querySelectorAll("[data-run]")) {
      if (row.dataset.run === name) {
        row.setAttribute("aria-current", "true");
        row.scrollIntoView({ block: "nearest" });
      } else {
        row.removeAttribute("aria-current");
      }
    }
    const run = state.runs.find((one) => one.name === name);
    parts = {
      verdict: make("p", { class: "verdict", "aria-live": "polite" }), facts: make("p", { class: "facts" }),
      acts: make("div", { class: "row" }), charts: make("div", { class: "charts" }), sheet: make("figure", { class: "mat sheet", hidden: true }, make("img", { alt: "" }), make("figcaption", { class: "facts" })),
    };
    $("learning").replaceChildren(make("h1", {}, name), parts.verdict, parts.facts, parts.acts, make("div", { class: "evidence" }, parts.sheet, parts.charts));
    acts(run?.going);
    poll(name);
  }

  function acts(going) {
    const run = state.runs.find((one) => one.name === shown);
    const wanted = [];
    if (run?.epoch !== null && run) wanted.push(make("button", { type: "button", class: "quiet", icon: "wall", onclick: () => app.turnTo(shown, "wall") }, "To its wall"));
    if (going) wanted.push(make("button", { type: "button", class: "quiet stop", icon: "stop", "aria-disabled": stopping ? "true" : null, onclick: () => stop(shown) }, stopping ? "Stopping …" : "Stop it"));
    if (going) wanted.push(make("span", { class: "facts live" }, stopping ? "it saves where it is" : "live"));
    if (run?.remote) wanted.push(make("span", { class: "facts" }, "its newest generator comes home with"), keeping.commandLine(`artgan pull ${shown}`));
    const now = `${shown} ${run?.epoch ?? ""} ${Boolean(going)} ${stopping}`;
    if (parts.acts.dataset.now === now) return;
    parts.acts.dataset.now = now;
    const held = parts.acts.contains(document.activeElement);
    parts.acts.replaceChildren(...wanted);
    if (held) (parts.acts.querySelector(".stop") ?? parts.acts.querySelector("button") ?? $("learning")).focus();
  }

  async function stop(name) {
    if (stopping) return;
    if (!(await dom.ask(`Stop ${name}? It keeps what it has learned; artgan train --resume takes it up again.`, "Stop it"))) return;
    try {
      const told = await api.post(api.of(name, "stop"));
      dom.say(told.stopping ? "stopping: it saves where it is" : "it was over already");
      if (shown === name) { stopping = Boolean(told.stopping); acts(true); }
    } catch (error) {
      dom.complain(error);
    }
    poll(name);
  }

  async function poll(name) {
    clearTimeout(timer);
    if ($("runs").hidden || shown !== name) return;
    let going = true;
    try {
      const found = await api.get(`${api.of(name, "learning")}?after=${ticks.at(-1)?.step ?? -1}`);
      if (shown !== name) return;
      const after = ticks.at(-1)?.step ?? -1;
      ticks = [...ticks, ...found.ticks.filter((tick) => tick.step > after)];
      if (ticks.length > 1500) ticks = ticks.filter((_, n) => n % 2 === 0 || n > ticks.length - 100);
      going = found.going;
      if (stopping && !going) dom.say(`${name} has stopped; what it learned is kept`, { long: true });
      stopping = Boolean(found.stopping) && going;
      if (found.trouble && found.trouble.error !== complained) dom.complain(new api.Refusal(502, found.trouble.error, found.trouble.hint));
      complained = found.trouble?.error ?? "";
      show_(found);
      if (found.sheet && found.sheet !== sheet) await picture(name, found.sheet);
    } catch (error) {
      if (error.status === 404) { going = false; parts.verdict.textContent = "This run is not there any more."; state.load().then(list).catch(() => {}); }
      else if (error.status) { going = false; dom.complain(error); }
    }
    if (going && ++beats % 5 === 0) state.load().then(() => acts(true)).catch(() => {});
    if (going) timer = setTimeout(() => poll(name), stopping ? 700 : 2000);
    else if (state.runs.find((one) => one.name === name)?.going) state.load().then(() => { list(); acts(false); }).catch(() => {});
  }

  function show_(found) {
    parts.verdict.textContent = sentence(found.verdict, found.going);
    const end = ticks.at(-1);
    const minutes = end && Math.round(end.seconds / 60);
    parts.facts.textContent = [WORDS[found.state] ?? found.state, end && `epoch ${end.epoch}`, end && `${end.images_seen.toLocaleString("en")} paintings seen`,
      end && (minutes ? `${minutes} min` : `${Math.round(end.seconds)} s`)].filter(Boolean).join(" · ");
    acts(found.going);
    const points = (field) => ticks.filter((tick) => Number.isFinite(tick[field])).map((tick) => [tick.images_seen, tick[field]]);
    const drawn = [
      charts.lines([{ name: "generator", tone: "rust", points: points("g_loss") }, { name: "discriminator", tone: "blue", points: points("d_loss") }], { title: "Losses", unit: "paintings seen" }),
      charts.lines([{ name: "KID", tone: "green", points: points("kid") }], { title: "Distance from the paintings", unit: "paintings seen" }),
    ].filter(Boolean);
    parts.charts.replaceChildren(...drawn);
  }

  async function picture(name, path) {
    const file = path.split("/").at(-1);
    const blob = await api.blob(`${api.of(name, "sheet")}?name=${encodeURIComponent(file)}`);
    if (shown !== name) return;
    const image = parts.sheet.querySelector("img");
    const next = URL.createObjectURL(blob);
    image.src = next;
    image.alt = `the newest pictures of ${name}`;
    await image.decode().catch(() => {});
    parts.sheet.hidden = false;
    parts.sheet.querySelector("figcaption").textContent = `epoch ${Number.parseInt(file, 10)}`;
    if (url) URL.revokeObjectURL(url);
    url = next;
    sheet = path;
  }

  function key(event) {
    const row = event.target.closest?.(".run-row");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!row || !by) return false;
    const rows = [...$("run-list").querySelectorAll(".run-row")];
    rows[rows.indexOf(row) + by]?.focus();
    return true;
  }

  state.on("runs", () => { if (!$("runs").hidden) list(); });

  function show() {
    list();
    state.load().catch(dom.complain);
    open(shown ?? state.runs.find((run) => run.going)?.name ?? state.info?.name ?? state.runs[0]?.name);
  }

  return { show, hide: () => clearTimeout(timer), key };
})();

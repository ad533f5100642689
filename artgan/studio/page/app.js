// The house: which room is open, for which run, and what the keys do in it. The address remembers both: #/RUN/ROOM.
const app = (() => {
  const { $, make } = dom;
  const rooms = { wall, bench, walk, compare, drift, runs: learning };
  const names = Object.keys(rooms);
  let room = null;
  let earlier = "wall";

  const KEYS = [
    ["Everywhere", [["1 – 6", "wall, bench, walk, compare, drift, runs"], ["ctrl z", "undo"], ["ctrl shift z", "redo"], ["l", "light or dark room"], ["?", "this page"], ["Escape", "close, or back"]]],
    ["Wall", [["arrows", "from picture to picture"], ["Enter", "to the bench"], ["s", "star"], ["a", "add to the walk"], ["/", "to a seed"], ["r", "to a seed by chance"], ["Home", "to seed 0"]]],
    ["Walk", [["space", "play, pause"], ["alt ← →", "move a picture"], ["Delete", "take it off"]]],
    ["Bench", [["arrows", "through the variations; Enter takes one"], ["v", "eight others"], ["n  p  r", "next seed, the one before, one by chance"], ["m", "mix with another"], ["s", "star"], ["x", "save"], ["a", "add to the walk"], ["c", "copy the command"], ["o", "bring a picture"], ["Backspace", "on a slider: back to where it began"]]],
    ["Drift", [["f", "full screen"], ["space", "pause, go on"], ["← →", "slower, faster"], ["↑", "next"], ["z", "whole, or filling the screen"], ["Escape", "leave"]]],
  ];

  const address = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const link = (run, to) => `#/${encodeURIComponent(run)}/${to}`;

  function go(to) {
    if (state.info) location.hash = link(state.info.name, to);
  }
  const back = () => go(earlier);

  async function turnTo(run, to = room) {
    if (location.hash === link(run, to)) return;
    location.hash = link(run, to);
    await route();
  }

  function toBench(recipe, name = "") {
    bench.name(name);
    state.reference = null;
    state.put(recipe);
    go("bench");
  }

  let routing = Promise.resolve();
  function route() {
    routing = routing.then(follow).catch((error) => {
      if (error.status === 404) state.lost(error, address()[0]);
      else dom.complain(error);
    });
    return routing;
  }

  async function follow() {
    const [run, to] = address();
    const wanted = run || first();
    if (wanted !== state.info?.name) {
      dom.warn(api.trouble());
      if (room) rooms[room].hide();
      // A network that is met for the first time is compared with the reference, which takes seconds.
      const slow = setTimeout(() => dom.say(`opening ${wanted} …`, { long: true }), 500);
      await state.open(wanted).finally(() => clearTimeout(slow));
      $("run").value = wanted;
      room = null;
    }
    const next = names.includes(to) ? to : "wall";
    const able = state.info.epochs.length > 0;
    enter(able || next === "runs" ? next : "runs");
    if (!able && next !== "runs") dom.say("this run has no generator yet: here is how far it is", { long: true });
  }

  function enter(next) {
    for (const tab of $("tabs").children) {
      tab.href = link(state.info.name, tab.dataset.room);
      if (tab.dataset.room === next) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    document.title = `${state.info.name} · artgan studio`;
    if (room === next) return;
    if (room) rooms[room].hide();
    if (room && room !== "drift") earlier = room;
    room = next;
    document.body.dataset.room = next;
    for (const name of names) $(name).hidden = name !== next;
    if (!document.activeElement || document.activeElement === document.body || document.activeElement.closest("[hidden]")) $("views").focus({ preventScroll: true });
    rooms[next].show();
    if (state.info.going) state.refresh().catch(() => {});
  }

  function first() {
    const asked = new URLSearchParams(location.search).get("run") || RUN;
    const known = state.runs.map((run) => run.name);
    if (known.includes(asked)) return asked;
    return (state.runs.find((run) => run.epoch !== null) ?? state.runs[0])?.name ?? "@starter";
  }

  function listRuns() {
    const now = state.info?.name;
    $("run").replaceChildren(...state.runs.map((run) => make("option", { value: run.name }, run.going ? `${run.name}  (learning)` : run.name)));
    if (now && !state.runs.some((run) => run.name === now)) $("run").prepend(make("option", { value: now, disabled: true }, `${now}  (gone)`));
    if (now) $("run").value = now;
  }

  function lights() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.light ?? (dark ? "dark" : "light");
    document.documentElement.dataset.light = now === "dark" ? "light" : "dark";
    dom.kept.write("light", document.documentElement.dataset.light);
  }

  const writes = (node) => node.matches?.("input:not([type=range]):not([type=radio]):not([type=checkbox]), textarea, [contenteditable]");

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const open = document.querySelector("dialog[open]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !writes(event.target) && !open) {
      event.preventDefault();
      if (event.shiftKey) state.redo();
      else state.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || open || !state.info) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (rooms[room]?.key(event)) return event.preventDefault();
    if (event.altKey) return;
    const number = Number(event.key);
    if (number >= 1 && number <= names.length && event.key.length === 1) go(names[number - 1]);
    else if (event.key === "?") help();
    else if (event.key === "l") lights();
    else if (event.key === "Escape" && room !== "wall") go("wall");
    else return;
    event.preventDefault();
  });

  function help() {
    $("keys").replaceChildren(...KEYS.map(([title, rows]) => make("section", {}, make("h3", {}, title), make("dl", {},
      ...rows.flatMap(([keys, does]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, does)])))));
    dom.open($("help"));
  }

  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }
  $("help-open").addEventListener("click", help);
  $("light").addEventListener("click", lights);
  $("run").addEventListener("change", () => turnTo($("run").value, room === "runs" ? "wall" : room));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address after # is the room
    $("views").focus();
  });
  addEventListener("hashchange", route);
  api.onTrouble((trouble) => {
    dom.warn(trouble);
    if (!trouble) {
      dom.say("the studio is back");
      state.load().catch(() => {});
      state.sync();
      if (room) { rooms[room].hide(); rooms[room].show(); }
    }
  });
  state.on("runs", listRuns);

  async function start() {
    icons.place();
    const light = dom.kept.read("light");
    if (light) document.documentElement.dataset.light = light;
    try {
      await state.load();
      api.works();
      await route();
      if (!state.info && state.runs.length) await turnTo(first(), "wall");
    } catch (error) {
      if (error.status !== 0) dom.warn(error);
      else setTimeout(start, 2500);
    }
  }

  start();
  return { go, back, toBench, turnTo };
})();

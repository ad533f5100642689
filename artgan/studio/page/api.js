// Questions to the studio's server. Every one shows the token that stands in the address of the page.
const api = (() => {
  let token = new URLSearchParams(location.search).get("token") ?? "";
  const troubles = new Set();
  let trouble = null;
  let gone = false;

  // A refusal, in the server's words: what happened, and what mends it. Status 0: nobody answered.
  class Refusal extends Error {
    constructor(status, error, hint = "") {
      super(error);
      this.status = status;
      this.hint = hint;
    }
  }

  const CLOSED = () => new Refusal(0, "The studio was closed. Nothing is lost.", "start it again: artgan studio");

  function tell(what) {
    trouble = what;
    for (const listener of troubles) listener(what);
  }

  async function ask(path, { method = "GET", json, body, type, as = "json" } = {}) {
    const headers = { "X-Artgan-Token": token };
    if (json !== undefined) headers["Content-Type"] = "application/json";
    else if (type) headers["Content-Type"] = type;
    let answer;
    try {
      answer = await fetch(`/api/${path}`, { method, headers, body: json === undefined ? body : JSON.stringify(json) });
      if (answer.ok) {
        const found = await (as === "json" ? answer.json() : as === "blob" ? answer.blob() : answer.arrayBuffer());
        gone = false;
        if (trouble) tell(null);
        return found;
      }
      gone = false;
    } catch {
      lose();
      throw CLOSED();
    }
    let told = {};
    try { told = await answer.json(); } catch { /* an answer without words */ }
    const refusal = new Refusal(answer.status, told.error ?? `the studio answered ${answer.status}`, told.hint ?? "");
    if (answer.status === 403) {
      refusal.message = "The studio was started anew. Nothing is lost.";
      refusal.hint = "open the address that it printed last";
      tell(refusal);
    }
    throw refusal;
  }

  // The server is gone: ask until somebody answers, so that the page goes on by itself.
  function lose() {
    if (gone) return;
    gone = true;
    tell(CLOSED());
    const timer = setInterval(() => {
      if (gone) ask("runs").catch(() => {});
      else clearInterval(timer);
    }, 2000);
  }

  // The other tabs of this address. What one of them keeps is told to the rest; and after the studio was started anew,
  // the page that it opened gives its token to those that were open before, so that they go on as well.
  const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("artgan.studio") : null;
  const listeners = new Set();
  tabs?.addEventListener("message", ({ data }) => {
    if (data.token && data.token !== token && trouble) {
      token = data.token;
      history.replaceState(null, "", `?token=${encodeURIComponent(token)}${location.hash}`);
      ask("runs").catch(() => {});
    }
    if (data.run) for (const listener of listeners) listener(data.run);
  });

  const of = (run, ...rest) => ["run", run, ...rest].map(encodeURIComponent).join("/");

  return {
    Refusal,
    trouble: () => trouble, // why nobody answers; null while they do
    onTrouble: (listener) => troubles.add(listener),
    onKept: (listener) => listeners.add(listener), // told by another tab, with the run's name
    kept: (run) => tabs?.postMessage({ run }),
    works: () => tabs?.postMessage({ token }),
    get: (path) => ask(path),
    post: (path, json = {}) => ask(path, { method: "POST", json }),
    patch: (path, json) => ask(path, { method: "PATCH", json }),
    drop: (path) => ask(path, { method: "DELETE" }),
    bytes: (path, json) => ask(path, { method: "POST", json, as: "bytes" }),
    blob: (path) => ask(path, { as: "blob" }),
    send: (path, body, type) => ask(path, { method: "POST", body, type }),
    of,
  };
})();

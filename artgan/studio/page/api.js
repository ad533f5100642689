// Questions to the studio's server. Every one shows the token that stands in the address of the page.
const api = (() => {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const troubles = new Set();
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
        if (gone) { gone = false; tell(null); }
        return found;
      }
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

  // The server is gone: ask until it is there again, so that the page goes on by itself.
  function lose() {
    if (gone) return;
    gone = true;
    tell(CLOSED());
    const timer = setInterval(() => {
      if (gone) ask("runs").catch((error) => { if (error.status === 403) clearInterval(timer); });
      else clearInterval(timer);
    }, 2000);
  }

  const of = (run, ...rest) => ["run", run, ...rest].map(encodeURIComponent).join("/");

  return {
    Refusal,
    isGone: () => gone,
    onTrouble: (listener) => troubles.add(listener),
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

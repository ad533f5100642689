// Small helpers for what is seen: elements, sliders, messages, dialogs.
const dom = (() => {
  const $ = (id) => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // make("button", {class: "quiet", onclick: f, "aria-label": "close"}, "text", child)
  function make(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "icon") { node.dataset.icon = value; node.append(icons.draw(value)); }
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  // A slider: a name, a value, a line that is filled from where nothing is changed (its origin). Double click, or
  // Backspace, brings it back there.
  function slider({ label, min, max, step, value, origin = min, tone = "", format = String, hint, oninput, onchange, head }) {
    const out = make("output", { class: "value" });
    const input = make("input", { type: "range", min, max, step, title: hint, "aria-label": label });
    const root = make("div", { class: `slider ${tone}` }, head ?? make("span", { class: "label" }, label), out, input);
    let [low, high, home] = [Number(min), Number(max), Number(origin)];

    function show() {
      const share = (number) => (high > low ? Math.min(1, Math.max(0, (number - low) / (high - low))) : 0);
      const [a, b] = [share(home), share(Number(input.value))];
      input.style.setProperty("--from", Math.min(a, b));
      input.style.setProperty("--to", Math.max(a, b));
      input.style.setProperty("--home", a);
      out.textContent = format(Number(input.value));
      input.setAttribute("aria-valuetext", out.textContent);
      root.classList.toggle("moved", Number(input.value) !== home);
    }
    function set(next) {
      input.value = next;
      show();
    }
    function bounds(lowest, highest, start = lowest) {
      [low, high, home] = [lowest, highest, start];
      input.min = lowest;
      input.max = highest;
      show();
    }
    function reset() {
      set(home);
      oninput?.(home);
      onchange?.(home);
    }
    input.addEventListener("input", () => { show(); oninput?.(Number(input.value)); });
    input.addEventListener("change", () => onchange?.(Number(input.value)));
    input.addEventListener("dblclick", reset);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" || event.key === "Delete") {
        event.preventDefault();
        event.stopPropagation();
        reset();
      }
    });
    set(value ?? home);
    return { root, input, set, bounds, reset, get: () => Number(input.value) };
  }

  let hiding = 0;
  // One calm line at the lower edge; an action may stand beside it ("Undo").
  function say(text, { action, act, long = false } = {}) {
    const line = $("said");
    clearTimeout(hiding);
    line.replaceChildren(text);
    if (action) {
      line.append(make("button", { type: "button", onclick: () => { line.classList.remove("seen"); act(); } }, action));
    }
    line.classList.add("seen");
    hiding = setTimeout(() => line.classList.remove("seen"), action || long ? 8000 : 3200);
  }

  // What stands until it is mended: the server was closed, a run is gone.
  function warn(error) {
    const line = $("trouble");
    line.hidden = !error;
    if (error) line.replaceChildren(error.message, error.hint ? make("span", {}, error.hint) : "");
  }

  function complain(error) {
    if (error?.status === 409 || error?.status === 0 || error?.status === 403) return; // of no interest, or said already
    say([error?.message ?? String(error), error?.hint].filter(Boolean).join(" · "), { long: true });
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { class: "unseen" });
      area.value = text;
      (document.querySelector("dialog[open]") ?? document.body).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(`copied: ${text}`);
  }

  function open(dialog) {
    if (!dialog.open) dialog.showModal();
  }

  // A yes or a no; the no is what a slip of the hand gives.
  function ask(question, yes) {
    const dialog = $("ask");
    $("ask-text").textContent = question;
    $("ask-yes").textContent = yes;
    dialog.returnValue = "";
    open(dialog);
    $("ask-no").focus();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  function debounce(work, wait) {
    let timer = 0;
    return (...given) => {
      clearTimeout(timer);
      timer = setTimeout(() => work(...given), wait);
    };
  }

  const kept = {
    read(name, otherwise = null) {
      for (const store of [sessionStorage, localStorage]) {
        try {
          const text = store.getItem(`artgan.${name}`);
          if (text) return JSON.parse(text);
        } catch { /* not allowed here, or not ours */ }
      }
      return otherwise;
    },
    // For this tab; and a copy for the next one, should the studio be started anew.
    write(name, value) {
      for (const store of [sessionStorage, localStorage]) {
        try { store.setItem(`artgan.${name}`, JSON.stringify(value)); } catch { /* full, or not allowed */ }
      }
    },
  };

  return { $, make, slider, say, warn, complain, copy, open, ask, debounce, kept, calm };
})();

// Drawn for the studio: 20 by 20, one line of even width.
const icons = (() => {
  const SHAPES = {
    wall: "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z",
    bench: "M3 5h14M3 10h14M3 15h14M7 3v4M13 8v4M6 13v4",
    walk: "M3 14c3 0 3-8 7-8s4 8 7 8M3 14h.01M10 6h.01M17 14h.01",
    compare: "M3 4h6v12H3zM11 4h6v12h-6z",
    drift: "M2 8c3-3 5-3 8 0s5 3 8 0M2 13c3-3 5-3 8 0s5 3 8 0",
    runs: "M3 16h14M3 16V4M6 12l3-4 3 2 4-6",
    star: "M10 2.6l2.2 4.7 5.1.6-3.8 3.5 1 5.1L10 14l-4.5 2.5 1-5.1L2.7 7.9l5.1-.6z",
    save: "M10 3v9M6 9l4 4 4-4M3 16h14",
    undo: "M7 4L3 8l4 4M3 8h9a4.5 4.5 0 0 1 0 9H8",
    redo: "M13 4l4 4-4 4M17 8H8a4.5 4.5 0 0 0 0 9h4",
    dice: "M5.5 3.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM7.4 6.9a.5.5 0 1 0 0 1a.5.5 0 1 0 0-1zM12.6 6.9a.5.5 0 1 0 0 1a.5.5 0 1 0 0-1zM7.4 12.1a.5.5 0 1 0 0 1a.5.5 0 1 0 0-1zM12.6 12.1a.5.5 0 1 0 0 1a.5.5 0 1 0 0-1z",
    copy: "M7 7h10v10H7zM13 7V3H3v10h4",
    add: "M10 4v12M4 10h12",
    close: "M5 5l10 10M15 5L5 15",
    play: "M6 4l10 6-10 6z",
    pause: "M7 4v12M13 4v12",
    full: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
    next: "M5 4l7 6-7 6zM15 4v12",
    slower: "M15 5l-5 5 5 5M10 5l-5 5 5 5",
    faster: "M5 5l5 5-5 5M10 5l5 5-5 5",
    picture: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M13 8h.01",
    light: "M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7M10 1.6v2M10 16.4v2M1.6 10h2M16.4 10h2M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4",
    help: "M7 7.5a3 3 0 1 1 4.4 2.6c-1 .6-1.4 1.1-1.4 2.4M10 16h.01",
    again: "M16 10a6 6 0 1 1-2-4.5M16 2.5V6h-3.5",
    left: "M12 4l-6 6 6 6",
    right: "M8 4l6 6-6 6",
    stop: "M5 5h10v10H5z",
  };

  function draw(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", SHAPES[name]);
    svg.append(path);
    return svg;
  }

  // Everything in the page that names an icon gets it in front of its words.
  function place(root = document) {
    for (const node of root.querySelectorAll("[data-icon]")) {
      if (!node.querySelector("svg.icon")) node.prepend(draw(node.dataset.icon));
    }
  }

  function change(node, name) {
    node.dataset.icon = name;
    node.querySelector("svg.icon")?.remove();
    node.prepend(draw(name));
  }

  return { draw, place, change };
})();

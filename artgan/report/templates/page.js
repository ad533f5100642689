"use strict";
// What a caption says is copied: by a click, or by Enter, since each is a button.
const said = document.querySelector("[role=status]");
const dialog = document.querySelector("dialog");
let hiding = 0;

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const back = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    (dialog && dialog.open ? dialog : document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    if (back) back.focus();
  }
  (dialog && dialog.open ? dialog : document.body).append(said);
  said.textContent = "copied: " + text;
  said.classList.add("seen");
  clearTimeout(hiding);
  hiding = setTimeout(() => said.classList.remove("seen"), 2200);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  if (button) copy(button.dataset.command);
});

// One picture, large: arrows lead on, Escape leads back to where it hangs.
const doors = [...document.querySelectorAll("button.picture")];
if (dialog && doors.length) {
  const large = dialog.querySelector("img");
  const [before, again, after, back] = dialog.querySelectorAll("nav button");
  let at = 0;
  const show = (number) => {
    at = (number + doors.length) % doors.length;
    const figure = doors[at].closest("figure");
    const picture = figure.querySelector("img");
    large.src = picture.src;
    large.alt = picture.alt;
    again.textContent = figure.querySelector("figcaption button").innerText.replace(/\s*\n\s*/g, " · ");
    again.dataset.command = figure.querySelector("[data-command]").dataset.command;
  };
  doors.forEach((door, number) => door.addEventListener("click", () => { show(number); dialog.showModal(); again.focus(); }));
  before.addEventListener("click", () => show(at - 1));
  after.addEventListener("click", () => show(at + 1));
  back.addEventListener("click", () => dialog.close());
  dialog.querySelector(".stage").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: doors.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
  });
  dialog.addEventListener("close", () => doors[at].focus());
}

// Sheets over time: one at a time, by a slider that the arrow keys move too.
for (const film of document.querySelectorAll(".film")) {
  const frames = [...film.querySelectorAll("figure")];
  const reel = film.querySelector(".reel");
  if (frames.length < 2) continue;
  const [slider, button] = [reel.querySelector("input"), reel.querySelector("button")];
  let playing = 0;
  const turn = () => {
    frames.forEach((frame, number) => frame.classList.toggle("now", number === Number(slider.value)));
    slider.setAttribute("aria-valuetext", frames[slider.value].querySelector("figcaption").textContent.trim());
  };
  const stop = () => { clearInterval(playing); playing = 0; button.textContent = "play"; };
  slider.max = frames.length - 1;
  slider.value = frames.length - 1;
  slider.addEventListener("input", () => { stop(); turn(); });
  button.addEventListener("click", () => {
    if (playing) { stop(); return; }
    if (Number(slider.value) === frames.length - 1) slider.value = 0;
    turn();
    button.textContent = "pause";
    playing = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      turn();
      if (Number(slider.value) === frames.length - 1) stop();
    }, 700);
  });
  film.classList.add("one");
  reel.hidden = false;
  turn();
}

// A picture from outside: dropped or chosen, projected by the server, opened on the bench with the original beside.
const projecting = (() => {
  const { $, make } = dom;
  let busy = false;

  // Small, square and kept as text, so that it is there again after a reload.
  async function copyOf(file) {
    const bitmap = await createImageBitmap(file);
    const side = Math.min(bitmap.width, bitmap.height);
    const canvas = make("canvas", { width: 384, height: 384 });
    canvas.getContext("2d").drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 384, 384);
    bitmap.close();
    return canvas.toDataURL("image/jpeg", 0.88);
  }

  async function bring(file) {
    if (busy) return dom.say("one picture after the other");
    if (/\.npy$/i.test(file.name)) return axes.load(file).then(() => app.go("bench"));
    if (file.size > 20e6) return dom.say(`${file.name} has ${Math.round(file.size / 1e6)} MB: 20 MB at most`, { long: true });
    busy = true;
    const run = state.info.name;
    try {
      let url;
      try { url = await copyOf(file); } catch { throw new api.Refusal(400, `${file.name} is no picture that can be read`, "bring a PNG or a JPEG"); }
      app.go("bench");
      const bar = make("progress", { max: 1, "aria-label": "looking for the picture" });
      const words = make("p", { class: "facts busy" }, `The network looks for ${file.name} …`);
      $("bringing").replaceChildren(words, bar);
      dom.say(`looking for ${file.name}`, { long: true });
      const { job } = await api.send(`project?run=${encodeURIComponent(run)}`, file, file.type || "image/png");
      const act = (text, does) => make("button", { type: "button", class: "quiet", onclick: () => does().catch(dom.complain) }, text);
      $("bringing").append(make("div", { class: "row" }, act("Take what is found", () => api.post(`jobs/${job}/enough`)), act("Cancel", () => api.drop(`jobs/${job}`))));
      const end = await jobs.wait(job, (now) => { if (now.total) bar.value = now.done / now.total; });
      if (end.state === "cancelled") return dom.say("not looked for any more");
      if (end.state !== "done") throw new api.Refusal(400, end.error || "it was not found", end.hint);
      if (state.info.name !== run) return dom.say("another run was opened meanwhile: bring the picture again", { long: true });
      state.reference = { url, loss: end.loss };
      bench.name(file.name.replace(/\.[^.]+$/, "").replace(/[_\s]+/g, " "));
      await state.put(end.recipe);
      bench.showReference();
      dom.say("this is the nearest that the network can paint", { long: true });
    } catch (error) {
      dom.complain(error);
    } finally {
      busy = false;
      $("bringing")?.replaceChildren();
    }
  }

  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => { if (carries(event)) { event.preventDefault(); $("drop").hidden = false; } });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").hidden = true; });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    $("drop").hidden = true;
    const [file] = event.dataTransfer.files;
    if (file && state.info) bring(file).catch(dom.complain);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (file && state.info) bring(file).catch(dom.complain);
  });
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    $("file").value = "";
    if (file) bring(file).catch(dom.complain);
  });

  return { bring };
})();

// A chart as a picture: the drawing that the space makes of it, put on a canvas of twice its size. The buttons are made
// here, for without scripts there is nothing that could paint; the drawing itself is a file that anybody can take.
(() => {
  "use strict";
  const SCALE = 2;
  const painted = async (address) => {
    const drawing = new Image();
    drawing.src = address;
    await drawing.decode();
    const canvas = document.createElement("canvas");
    canvas.width = drawing.naturalWidth * SCALE;
    canvas.height = drawing.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(drawing, 0, 0, canvas.width, canvas.height);
    return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
  };
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    // The browser has read it by then; kept for ever it would fill the memory.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  for (const svg of document.querySelectorAll("a[data-drawing]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.dataset.png = svg.dataset.drawing;
    button.textContent = "PNG";
    button.setAttribute("aria-describedby", svg.getAttribute("aria-describedby"));
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        save(await painted(svg.href), `${svg.dataset.drawing}.png`);
      } catch {
        // The drawing itself is what can still be had.
        location.assign(svg.href);
      } finally {
        button.disabled = false;
      }
    });
    svg.after(" ", button);
  }
})();

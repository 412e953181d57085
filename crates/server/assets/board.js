// Cards of the brokers' board are dragged to a stage: the page that moves a deal opens with that stage chosen. The link on
// each card leads there without this file and without a mouse.
(() => {
  "use strict";
  const board = document.querySelector(".board[data-move]");
  if (!board) return;
  let dragged = null;
  const columns = [...board.querySelectorAll(".board-column")];
  const over = (column) => columns.forEach((one) => one.classList.toggle("over", one === column));
  for (const card of board.querySelectorAll(".board-card[data-deal]")) {
    card.draggable = true;
    card.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.dataset.deal);
    });
    card.addEventListener("dragend", () => {
      dragged = null;
      over(null);
    });
  }
  for (const column of columns) {
    column.addEventListener("dragover", (event) => {
      if (!dragged || column.contains(dragged)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      over(column);
    });
    column.addEventListener("drop", (event) => {
      if (!dragged || column.contains(dragged)) return;
      event.preventDefault();
      const asked = new URL(board.dataset.move, location.href);
      asked.searchParams.set("deal", dragged.dataset.deal);
      asked.searchParams.set("to", column.dataset.stage);
      location.assign(asked);
    });
  }
})();

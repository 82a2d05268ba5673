// A card of the board moved with the mouse: dropped on a column, it goes there as by its own menu, which stays the way for
// keys and for touch. Columns it cannot go to do not take it.
(() => {
  const board = () => document.querySelector(".board");
  let card = null;

  const way = (column) => card && [...card.querySelectorAll("[name=move]")].find((each) => each.value.startsWith(`${column.dataset.column}:`));
  const columnOf = (event) => event.target.closest && event.target.closest(".column-of");
  const over = (column) => document.querySelectorAll(".column-of").forEach((each) => each.classList.toggle("takes-it", each === column));

  const movable = () => {
    if (!matchMedia("(pointer: fine)").matches) return;
    board().querySelectorAll(".ticket-card:has([name=move])").forEach((each) => {
      each.draggable = true;
      // The card is what is dragged, not the address of its ticket.
      each.querySelectorAll("a").forEach((link) => { link.draggable = false; });
    });
  };
  const end = () => {
    if (!card) return;
    card.classList.remove("is-dragged");
    card = null;
    over(null);
    document.querySelectorAll(".may-take").forEach((each) => each.classList.remove("may-take"));
  };

  document.addEventListener("dragstart", (event) => {
    card = event.target.closest && event.target.closest(".ticket-card[draggable=true]");
    if (!card) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector(".row-link").textContent.trim());
    card.classList.add("is-dragged");
    // A browser takes the picture it carries along from the page as it is now: columns open up after that.
    setTimeout(() => {
      if (card) document.querySelectorAll(".column-of").forEach((each) => each.classList.toggle("may-take", Boolean(way(each))));
    });
  });
  document.addEventListener("dragover", (event) => {
    const column = columnOf(event);
    const takes = column && way(column);
    over(takes ? column : null);
    if (!takes) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  document.addEventListener("drop", (event) => {
    const column = columnOf(event);
    const button = column && way(column);
    if (!button) return;
    event.preventDefault();
    button.form.requestSubmit(button);
    end();
  });
  document.addEventListener("dragend", end);
  document.addEventListener("tickets:newer", movable);
  movable();
})();

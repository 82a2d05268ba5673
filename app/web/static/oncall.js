// The fields for a part of a turn offer that turn's own time; another turn empties them.
(() => {
  for (const part of document.querySelectorAll("[data-part-of]")) {
    const choice = document.getElementById(part.dataset.partOf);
    const fields = [...part.querySelectorAll("input")];
    const bound = () => {
      const { starts = "", ends = "" } = choice.selectedOptions[0]?.dataset ?? {};
      fields.forEach((field) => { field.min = starts; field.max = ends; });
      part.hidden = !starts;
    };
    choice.addEventListener("change", () => {
      fields.forEach((field) => { field.value = ""; });
      bound();
    });
    bound();
  }
})();

// Beneath the timeline stands what is pointed at, or has the focus. Screen readers and browsers tell it by themselves.
(() => {
  const tip = document.getElementById("tip");
  if (!tip) return;
  const usual = tip.textContent;
  const tell = (event) => {
    const piece = event.target.closest(".piece");
    if (piece) tip.textContent = piece.getAttribute("aria-label");
  };
  const forget = () => {
    const focused = document.activeElement.closest(".piece");
    tip.textContent = focused ? focused.getAttribute("aria-label") : usual;
  };
  for (const lane of document.querySelectorAll(".lane")) {
    lane.addEventListener("pointerover", tell);
    lane.addEventListener("pointerleave", forget);
    lane.addEventListener("focusin", tell);
    lane.addEventListener("focusout", () => { tip.textContent = usual; });
  }
})();

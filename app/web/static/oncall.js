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

// What the keyboard does, and small comforts. Every page works without it.
(() => {
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const rows = "tr, .pressable";
  let leader = false;

  // What a key does is said by the button it stands for: the one of the row that has the focus, or else of the page.
  const pressed = (key) => {
    const buttons = [...document.querySelectorAll(`main [data-press~="${CSS.escape(key)}"]`)];
    const row = document.activeElement.closest(rows);
    const own = buttons.find((button) => row && row.contains(button));
    const button = own || buttons.find((each) => !each.closest(rows));
    if (button) button.click();
    return Boolean(button);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "g") {
      leader = true;
      setTimeout(() => { leader = false; }, 1000);
      return;
    } else if (leader && /^[a-z]$/.test(event.key)) {
      const link = document.querySelector(`nav.places a[data-key="${event.key}"]`);
      if (link) link.click();
    } else if (event.key === "?") {
      const shortcuts = document.getElementById("shortcuts");
      if (shortcuts && !shortcuts.open) shortcuts.showModal();
    } else if (!document.querySelector("dialog[open]") && /^[a-z]$/.test(event.key) && pressed(event.key)) {
      event.preventDefault();
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll("a.row-link")];
      const step = event.key === "j" ? 1 : -1;
      const at = rows.indexOf(document.activeElement);
      const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
      if (next) next.focus();
    }
    leader = false;
  });

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-opens]");
    if (opens) document.getElementById(opens.dataset.opens).showModal();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      if (navigator.clipboard) navigator.clipboard.writeText(field.value);
      copy.textContent = "Copied";
    }
  });

  // Dates are asked for only where a range between dates is.
  const dates = () => {
    const span = document.querySelector("select[name=span]");
    const fields = document.querySelector(".dates");
    if (span && fields) fields.hidden = span.value !== "dates";
  };
  document.addEventListener("change", (event) => {
    dates();
    // What is typed is sent by Enter; what is chosen, at once.
    const chosen = event.target.closest("select, input[type=date]");
    const form = chosen && chosen.closest("form[hx-post]");
    if (form) form.requestSubmit();
  });
  dates();
})();

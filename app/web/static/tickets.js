// Countdowns kept current, rows picked, cards moved by keyboard. Every page works without it.
(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400;

  // The same words as the server's.
  const spoken = (seconds) => {
    if (seconds < MINUTE) return "less than a minute";
    if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
    const [large, unit, small, name] = seconds < DAY ? [HOUR, "h", MINUTE, "min"] : [DAY, "d", HOUR, "h"];
    const rest = Math.floor((seconds % large) / small);
    return `${Math.floor(seconds / large)} ${unit}${rest ? ` ${rest} ${name}` : ""}`;
  };

  // Time goes on from the moment the server drew the page: the device's own clock may be wrong.
  const seen = new WeakMap();
  const now = (part) => {
    if (!seen.has(part)) seen.set(part, Date.parse(part.dataset.now) - Date.now());
    return Date.now() + seen.get(part);
  };
  const say = (time, words, over, soon) => {
    const span = time.querySelector("span");
    if (span.textContent !== words) span.textContent = words;
    time.classList.toggle("is-over", over);
    time.classList.toggle("is-soon", soon);
    const use = time.querySelector("use");
    const name = over ? "exclamation-triangle-fill" : time.dataset.countdown === "waits" ? "bell" : "clock";
    const address = use.getAttribute("href").replace(/#.*/, `#${name}`);
    if (use.getAttribute("href") !== address) use.setAttribute("href", address);
  };
  const count = () => document.querySelectorAll("[data-countdown]").forEach((time) => {
    const part = time.closest("[data-now]");
    if (!part) return;
    const left = Math.trunc((Date.parse(time.dateTime) - now(part)) / 1000);
    if (time.dataset.countdown === "waits") say(time, `waits ${spoken(Math.max(0, -left))}`, false, true);
    else if (left < 0) say(time, `overdue ${spoken(-left)}`, true, false);
    else say(time, `due in ${spoken(left)}`, false, left < HOUR);
  });
  count();
  setInterval(count, 10000);
  document.addEventListener("htmx:afterSettle", count);
  document.addEventListener("tickets:newer", count);

  // Rows are picked one by one, by x, or up to another with shift.
  const boxes = () => [...document.querySelectorAll("tbody .pick input")];
  let last = null;
  const tell = () => {
    const all = boxes(), picked = all.filter((box) => box.checked);
    const told = document.querySelector("[data-picked]");
    if (told) told.textContent = picked.length;
    const whole = document.querySelector("[data-pick-all]");
    if (whole) {
      whole.checked = all.length > 0 && picked.length === all.length;
      whole.indeterminate = picked.length > 0 && picked.length < all.length;
    }
  };
  const upTo = (box) => {
    const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
    if (from < 0) return;
    all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((each) => { each.checked = box.checked; });
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest("tbody .pick input");
    if (box) {
      if (event.shiftKey) upTo(box);
      last = box;
      tell();
    }
    const whole = event.target.closest("[data-pick-all]");
    if (whole) {
      boxes().forEach((each) => { each.checked = whole.checked; });
      tell();
    }
  });
  document.addEventListener("reset", () => setTimeout(() => {
    boxes().forEach((box) => { box.checked = false; });
    tell();
  }));
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("tickets:newer", tell);
  tell();

  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  const sideways = (step) => {
    const columns = [...document.querySelectorAll(".column-of")];
    const here = document.activeElement.closest(".column-of");
    const row = here ? [...here.querySelectorAll(".row-link")].indexOf(document.activeElement.closest(".row-link")) : 0;
    for (let at = here ? columns.indexOf(here) + step : 0; columns[at]; at += step) {
      const links = [...columns[at].querySelectorAll(".row-link")];
      if (links.length && columns[at].offsetParent !== null) {
        links[Math.min(Math.max(row, 0), links.length - 1)].focus();
        return;
      }
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const row = document.activeElement.closest("tr, .pressable");
    if (event.key === "x" || event.key === "X") {
      const box = row && row.querySelector(".pick input");
      if (!box) return;
      box.checked = event.shiftKey || !box.checked;
      if (event.shiftKey) upTo(box);
      last = box;
      tell();
    } else if (event.key === "m") {
      const menu = row && row.querySelector("details.move");
      if (!menu) return;
      menu.open = true;
      menu.querySelector("button").focus();
      event.preventDefault();
    } else if (event.key === "h" || event.key === "l") {
      sideways(event.key === "h" ? -1 : 1);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const menu = event.target.closest("details.move[open]");
      if (!menu) return;
      const ways = [...menu.querySelectorAll("button")];
      const next = ways[ways.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault();
    }
  });

  // To a field is to its words.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href='#f-text']");
    if (!link) return;
    event.preventDefault();
    document.getElementById("f-text").focus();
  });

  // Who changes a ticket in a list goes on from there.
  const KEPT = "tickets-focus";
  document.addEventListener("submit", (event) => {
    const row = event.submitter && event.submitter.closest("tr, .pressable");
    const link = row && row.querySelector(".row-link");
    if (link) sessionStorage.setItem(KEPT, `${location.pathname} ${link.pathname}`);
  });
  const [page, ticket] = (sessionStorage.getItem(KEPT) || " ").split(" ");
  sessionStorage.removeItem(KEPT);
  if (page === location.pathname) {
    const link = [...document.querySelectorAll(".row-link")].find((each) => each.pathname === ticket);
    if (link) link.focus();
  }
})();

// Lists of tickets kept as they are now, without getting in anybody's way: the place, the focus and what is picked stay.
(() => {
  const EVERY = 20000, STILL = 3000, AGAIN = 1000;
  const told = document.getElementById("fresh");
  if (!told || !window.fetch) return;
  const words = told.querySelector("span"), show = told.querySelector("button");
  const part = () => document.getElementById("results");
  let held = null;
  let touched = 0;
  let pressed = false;
  let turn = 0;

  const picked = () => part().querySelector(".pick input:checked");
  const typing = () => document.activeElement.closest("input:not([type=checkbox], [type=radio], [readonly]), textarea, select");
  // Whoever is about to press something is waited for; whoever writes, has picked rows, looks into a menu or marks words
  // is told, and left alone.
  const moves = () => pressed || Date.now() - touched < STILL || document.querySelector(".htmx-request, .is-dragged");
  const busy = () => picked() || typing() || document.querySelector("dialog[open], main details.menu[open]")
    || (getSelection() && !getSelection().isCollapsed && part().contains(getSelection().anchorNode));
  for (const event of ["pointermove", "wheel", "touchmove", "keydown"]) {
    document.addEventListener(event, (moved) => {
      if (moved.buttons === 0) pressed = false;
      if (part().contains(moved.target)) touched = Date.now();
    }, { passive: true });
  }
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const event of ["pointerup", "pointercancel"]) {
    document.addEventListener(event, () => { pressed = false; }, true);
  }

  const ROW = "tbody tr, .ticket-card";
  const rows = (root) => [...root.querySelectorAll(ROW)];
  const ticket = (row) => row.querySelector(".row-link").pathname;
  const reached = (root) => [...root.querySelectorAll("a, button, input, summary, select")];
  const alike = (one) => (other) => one.tagName === other.tagName && one.name === other.name
    && one.getAttribute("formaction") === other.getAttribute("formaction")
    && (one.closest(ROW) || one.textContent.trim() === other.textContent.trim());

  // Whoever is at a row that is no longer in the list decides by themselves when to go on without it.
  const loses = (fresh) => {
    const row = part().contains(document.activeElement) && document.activeElement.closest(ROW);
    return row && !rows(fresh.getElementById("results")).some((each) => ticket(each) === ticket(row));
  };
  // Where the focus goes in what is newer: to the same in the same row, else to the row in its place.
  const sameIn = (root, had) => {
    const row = had.closest(ROW);
    if (!row) return reached(root).filter((each) => !each.closest(ROW)).find(alike(had));
    const now = rows(root), here = now.find((each) => ticket(each) === ticket(row));
    if (here) return reached(here).find(alike(had)) || here.querySelector(".row-link");
    const next = now[Math.min(rows(part()).indexOf(row), now.length - 1)];
    return next && next.querySelector(".row-link");
  };
  // What is looked at stays where it is: the row with the focus, else the first in sight of somebody further down.
  const anchor = (had) => {
    const own = had && had.closest(ROW);
    if (own) return own;
    const top = document.querySelector(".top").getBoundingClientRect().bottom;
    return scrollY > 0 && rows(part()).find((row) => row.getBoundingClientRect().top >= top);
  };

  const put = (fresh) => {
    const old = part(), newer = fresh.getElementById("results");
    const had = old.contains(document.activeElement) ? document.activeElement : null;
    const fixed = anchor(had), at = fixed && fixed.getBoundingClientRect().top;
    const known = new Set(rows(old).map(ticket));
    const news = rows(newer).filter((row) => !known.has(ticket(row)));
    news.forEach((row) => row.classList.add("is-newer"));
    const same = had && sameIn(newer, had);
    const place = fixed && rows(newer).find((row) => ticket(row) === ticket(fixed));
    const [across, tabs] = [old.scrollLeft, document.getElementById("tabs")];
    old.replaceWith(newer);
    newer.scrollLeft = across;
    if (tabs && !tabs.contains(document.activeElement)) tabs.innerHTML = fresh.getElementById("tabs").innerHTML;
    if (had) (same || document.getElementById("main")).focus({ preventScroll: true });
    if (place) scrollBy(0, place.getBoundingClientRect().top - at);
    tell(news.length ? `${counted(news.length)} in the list.` : "", { quietly: true });
    document.dispatchEvent(new Event("tickets:newer"));
  };

  const counted = (number) => `${number} newer ${number === 1 ? "ticket" : "tickets"}`;
  const tell = (said, { quietly = false, asks = false } = {}) => {
    if (words.textContent !== said) words.textContent = said;
    told.classList.toggle("is-told", Boolean(said) && !quietly);
    show.hidden = !asks;
  };
  const hold = () => {
    const known = new Set(rows(part()).map(ticket));
    const news = rows(held.getElementById("results")).filter((row) => !known.has(ticket(row))).length;
    const said = news ? counted(news) : "There are changes";
    if (picked()) tell(`${said}: shown when nothing is picked`);
    else tell(said, { asks: true });
  };
  const settle = () => {
    if (!held || moves()) return;
    if (busy() || loses(held)) {
      hold();
      return;
    }
    const fresh = held;
    held = null;
    put(fresh);
  };
  show.addEventListener("click", () => {
    if (!held || picked()) return;
    const fresh = held;
    held = null;
    const from = document.activeElement === show;
    put(fresh);
    const first = part().querySelector(".is-newer .row-link") || part().querySelector(".row-link");
    if (from && first) first.focus();
  });

  const ask = async () => {
    clearTimeout(turn);
    turn = setTimeout(ask, EVERY);
    if (document.hidden) return;
    const asked = part().dataset.fresh;
    const answer = await fetch(asked, { headers: { Accept: "text/html" } }).catch(() => null);
    const html = answer && answer.status === 200 ? await answer.text() : "";
    // Meanwhile another list may have been chosen, or a newer answer put in its place.
    if (part().dataset.fresh !== asked) return;
    if (answer && answer.status === 401) {
      clearTimeout(turn);
      tell("You are signed out: reload to sign in");
      return;
    }
    const fresh = html ? new DOMParser().parseFromString(html, "text/html") : null;
    if (!answer || (fresh ? !fresh.getElementById("results") : answer.status !== 204)) {
      tell("Not up to date; trying again");
      return;
    }
    held = fresh;
    if (held) settle();
    else tell("");
  };
  setInterval(settle, AGAIN);
  document.addEventListener("htmx:afterSwap", () => {
    held = null;
    tell("");
  });
  document.addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  turn = setTimeout(ask, EVERY);
})();

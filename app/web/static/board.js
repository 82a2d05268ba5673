// Keeps the board as it is now: clocks run here, sections come from the server when they change.
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const live = document.getElementById("live");
  // The server's clock counts, not the device's.
  const ahead = Number(board.dataset.at) * 1000 - Date.now();
  const now = () => Date.now() + ahead;
  const SILENT = 12000;
  const AGAIN = 10000;
  let seen = board.dataset.seen;
  let stream = null;
  let heard = Date.now();
  let waiting = 0;

  const pad = (number) => String(number).padStart(2, "0");
  const counted = (seconds) => {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
  };
  const spoken = (seconds) => {
    if (seconds < 60) return "less than a minute";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    const minutes = Math.floor(seconds / 60) % 60;
    const hours = Math.floor(seconds / 3600);
    if (hours < 24) return `${hours} h${minutes ? ` ${minutes} min` : ""}`;
    return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ""}`;
  };
  const say = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };
  const wall = board.querySelector(".wall-clock");
  const clock = (seconds) => new Intl.DateTimeFormat("en-GB", {
    timeZone: wall.dataset.zone, hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }),
  }).format(now());

  const tick = () => {
    const at = Math.floor(now() / 1000);
    board.querySelectorAll("[data-since]").forEach((each) => say(each, counted(Math.max(0, at - each.dataset.since))));
    board.querySelectorAll("[data-due]").forEach((each) => {
      const left = each.dataset.due - at;
      say(each, left < 0 ? `overdue by ${spoken(-left)}` : `in ${spoken(left)}`);
    });
    say(wall, clock(false));
    if (stream && Date.now() - heard > SILENT) tell("lost", `Not up to date since ${live.dataset.heard || "it was opened"}; trying again`);
  };
  const tell = (state, words) => {
    if (live.dataset.state === state && state !== "lost") return;
    live.dataset.state = state;
    say(live.querySelector("span"), words);
  };

  const put = (name, html) => {
    const part = board.querySelector(`[data-part="${name}"]`);
    if (!part) return;
    const had = part.contains(document.activeElement) ? document.activeElement : null;
    part.innerHTML = html;
    if (had) {
      const same = [...part.querySelectorAll("a, button")].find((each) => each.value === had.value && each.name === had.name
        && each.getAttribute("href") === had.getAttribute("href"));
      if (same) same.focus({ preventScroll: true });
    }
    // Whoever opens or closes the desk does so knowing what is shown now.
    const desk = board.querySelector("[data-desk]");
    const field = board.querySelector(".by-hand-form [name=seen]");
    if (desk && field) field.value = desk.dataset.desk;
  };

  const listen = () => {
    clearTimeout(waiting);
    if (stream) stream.close();
    stream = new EventSource(`${board.dataset.stream}?seen=${seen}`);
    stream.onopen = () => {
      heard = Date.now();
      live.dataset.heard = clock(true);
      tell("live", "Live");
    };
    stream.onmessage = (event) => {
      seen = event.lastEventId;
      Object.entries(JSON.parse(event.data)).forEach(([name, html]) => put(name, html));
      tick();
    };
    stream.onerror = () => {
      // Each answer ends, and the browser asks again by itself. Only a refusal ends that.
      if (stream.readyState === EventSource.CLOSED) refused();
    };
  };
  const refused = async () => {
    stream = null;
    const answer = await fetch(`${board.dataset.stream}?seen=${seen}`).catch(() => null);
    if (answer && answer.status === 401) {
      tell("lost", "You are signed out: reload to sign in");
      return;
    }
    tell("lost", "The desk does not answer; trying again");
    waiting = setTimeout(listen, AGAIN);
  };

  // Nobody looks at a hidden tab.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(waiting);
    if (document.hidden) {
      if (stream) stream.close();
      stream = null;
    } else {
      heard = Date.now();
      listen();
    }
  });
  setInterval(tick, 1000);
  tick();
  if (!document.hidden) listen();
})();

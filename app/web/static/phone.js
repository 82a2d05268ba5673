// The phones: draws how they stand, again and again, and hands on what people do at them.
const find = (id) => document.getElementById(id);
const bench = find("bench");
const token = find("token").content.querySelector("input").value;
const zone = find("clock").dataset.zone;
const sets = [...document.querySelectorAll("[data-numbers]")];
const lines = new Map([...document.querySelectorAll("[data-dial]")].map((each) => [each.dataset.dial, each.querySelector("strong").textContent.replace("Call the ", "")]));
const OUTCOMES = { bridged: "the talk is over", refused: "did not take it", "lost race": "another phone was faster", "caller left": "the caller has gone", "no answer": "did not answer", busy: "was busy", failed: "could not be reached", "called off": "called off", ended: "off the line" };
const IDLE_MINUTES = 10;
let last = null, ahead = 0, drawnCall = "", drawnWay = "", wayOf = "", spokenTo = -1, ignored = new Set(), isFresh = false, lastTouch = Date.now(), timer = 0, recorder = null, asked = 0;

// What is asked of the desk

async function send(deed, fields) {
  const answer = await fetch(`/desk/phone/do/${deed}`, { method: "POST", headers: { "X-Form-Token": token }, body: new URLSearchParams(fields) });
  if (answer.status === 401 || answer.status === 403) return location.reload();
  const told = await answer.json();
  say(answer.ok ? "" : told.fault);
  look();
  return told;
}

function say(words) {
  find("fault").textContent = words;
  find("fault").hidden = !words;
}

async function look() {
  clearTimeout(timer);
  const mine = ++asked;
  let wait = 3000;
  try {
    const answer = await fetch("/desk/phone/picture");
    if (answer.status === 401) return location.reload();
    const told = await answer.json();
    if (mine !== asked) return;
    if (answer.ok) {
      if (!last) say("");
      draw(told);
      wait = isLive(told) ? 400 : 1500;
    } else {
      last = null;
      say(told.fault);
    }
  } catch {
    say("The desk does not answer. Trying again.");
  }
  // Nobody looks: neither the desk nor the session is kept busy.
  if (!document.hidden && Date.now() - lastTouch < IDLE_MINUTES * 60000) timer = setTimeout(look, wait);
}

const isLive = (picture) => [picture.call, ...picture.legs].some((leg) => leg && leg.state !== "over");

// What comes of a call is told for a while after its end.
const isFreshlyOver = (picture) => new Date(picture.at) - new Date(picture.call.since) < 90000;

// Drawing

function draw(picture) {
  ahead = new Date(picture.at) - Date.now();
  const changed = !last || last.version !== picture.version;
  last = picture;
  drawCaller(picture);
  for (const set of sets) drawSet(set, picture);
  drawRinging(picture);
  if (isFresh) find("caller-heard").scrollTop = find("caller-heard").scrollHeight;
  isFresh = false;
  if (picture.call && (changed || isLive(picture) || isFreshlyOver(picture) || picture.call.sid !== wayOf)) drawWay(picture.call.sid);
}

const staffed = (number) => sets.find((set) => set.dataset.numbers.split(" ").includes(number));
const nameOf = (number) => staffed(number)?.dataset.name ?? lines.get(number) ?? number;

function callerLeg(picture) {
  const back = picture.legs.findLast((leg) => !staffed(leg.number) && leg.state !== "over");
  return back ?? picture.call;
}

function drawCaller(picture) {
  const leg = callerLeg(picture);
  const state = leg ? leg.state : "idle";
  const isOn = leg && !["idle", "over", "ringing", "dialling"].includes(state);
  const isCalling = isOn || (leg && leg === picture.call && state === "dialling");
  find("caller").dataset.state = state;
  const words = { idle: "Ready to call", over: "Call ended", dialling: "Calling…", ringing: `${nameOf(leg?.other)} calls you`, answered: "On the line", waiting: "Waiting", recording: "Recording", talking: `Talking${leg?.with_ ? ` with ${nameOf(leg.with_)}` : ""}` };
  set(find("caller-state"), words[state] ?? state);
  find("caller-time").dataset.since = isCalling ? leg.since : "";
  find("caller-dial").hidden = Boolean(isCalling) || state === "ringing";
  find("caller-keys").hidden = !isCalling;
  find("caller-answer").hidden = state !== "ringing" || leg === picture.call;
  find("caller-record").hidden = state !== "recording";
  drawHeard(leg);
}

function drawHeard(leg) {
  const list = find("caller-heard");
  if (!leg) return;
  const isNew = drawnCall !== leg.sid;
  if (isNew) {
    list.replaceChildren();
    spokenTo = drawnCall ? -1 : Infinity;
    drawnCall = leg.sid;
  }
  const shown = new Set([...list.children].map((each) => Number(each.dataset.place)));
  for (const line of leg.lines) {
    if (shown.has(line.place)) continue;
    const words = wordsOf(line, leg);
    if (!words) continue;
    const item = document.createElement("li");
    item.dataset.place = line.place;
    item.className = `is-${line.kind}`;
    if (line.language) item.lang = line.language;
    item.textContent = words;
    list.append(item);
    isFresh = true;
    if (line.kind === "heard" && line.place > spokenTo) speak(leg.sid, line);
    if (line.kind === "pressed" || line.kind === "ended") hush();
  }
  if (spokenTo === Infinity) spokenTo = Math.max(-1, ...leg.lines.map((line) => line.place));
}

function wordsOf(line, leg) {
  switch (line.kind) {
    case "heard": return line.text;
    case "beep": return "Beep";
    case "music": return "Music";
    case "pressed": return `You press ${line.text}`;
    case "talking": return `You are connected with ${nameOf(line.text || leg.other)}`;
    case "recorded": return `Your message: ${line.text} s`;
    case "ended": return line.text === "caller hung up" ? "You hung up" : `The call ends: ${OUTCOMES[line.text] ?? line.text}`;
    default: return "";
  }
}

function drawSet(set_, picture) {
  const numbers = set_.dataset.numbers.split(" ");
  const legs = picture.legs.filter((leg) => numbers.includes(leg.number));
  const leg = legs.findLast((each) => each.state !== "over") ?? legs.at(-1);
  const isIgnored = leg && ignored.has(leg.sid);
  const state = leg ? leg.state : "idle";
  set_.dataset.state = state === "ringing" && isIgnored ? "ignored" : state;
  set_.dataset.leg = leg && state !== "over" ? leg.sid : "";
  const part = (name) => set_.querySelector(`[data-part="${name}"]`);
  const words = { idle: "Idle", over: `Idle · ${OUTCOMES[leg?.outcome] ?? ""}`, dialling: "Being called", ringing: `${isIgnored ? "Rings unheeded" : "Ringing"} · ${nameOf(leg?.other)}`, answered: "Picked up", talking: "Talking with the caller" };
  set(part("state"), words[state] ?? state);
  part("ringing").hidden = state !== "ringing" || isIgnored;
  part("answered").hidden = state !== "answered";
  part("talking").hidden = state !== "talking";
  const heard = state === "answered" ? leg.lines.findLast((line) => line.kind === "heard") : null;
  part("heard").hidden = !heard;
  set(part("heard"), heard ? heard.text : "");
  drawTexts(set_, part, picture.texts.filter((text) => numbers.includes(text.number)));
}

function drawTexts(set_, part, texts) {
  const box = part("texts");
  if (!box) return;
  const thread = part("thread");
  const known = new Set([...thread.children].map((each) => each.dataset.sid));
  const fresh = texts.filter((text) => !known.has(text.sid));
  if (!fresh.length) return;
  for (const text of fresh) {
    const item = document.createElement("li");
    item.dataset.sid = text.sid;
    item.className = text.ours ? "theirs" : "own";
    item.textContent = text.body;
    thread.append(item);
  }
  box.hidden = false;
  box.open = true;
  set(part("count"), thread.children.length === 1 ? "1 text" : `${thread.children.length} texts`);
  thread.scrollTop = thread.scrollHeight;
}

function drawRinging(picture) {
  const rung = sets.filter((each) => each.dataset.state === "ringing");
  const box = find("ringing-now");
  const key = rung.map((each) => each.id).join(" ");
  box.hidden = !rung.length;
  if (box.dataset.key === key) return;
  isFresh = true;
  box.dataset.key = key;
  box.replaceChildren(...rung.flatMap((each, place) => {
    const link = document.createElement("a");
    link.href = `#${each.id}`;
    link.textContent = each.dataset.name;
    return place ? [", ", link] : ["Ringing now: ", link];
  }));
}

async function drawWay(sid) {
  wayOf = sid;
  const answer = await fetch(`${bench.dataset.route}${sid}`);
  if (answer.status !== 200 || wayOf !== sid) return;
  const html = await answer.text();
  if (html === drawnWay) return;
  drawnWay = html;
  const way = find("way");
  way.innerHTML = html;
  const steps = way.querySelector(".way");
  if (steps) steps.scrollTop = steps.scrollHeight;
}

function set(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  const now = new Date(Date.now() + ahead);
  if (last) {
    const shown = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
    set(find("clock"), shown.format(now).replace(",", "").replace(" at ", ", "));
  }
  const since = find("caller-time").dataset.since;
  const seconds = since ? Math.max(0, Math.floor((now - new Date(since)) / 1000)) : -1;
  set(find("caller-time"), seconds < 0 ? "" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}

// Sound: the browser's own voice, or the desk's where the browser has none

const audio = new Audio();

function speak(sid, line) {
  if (!find("sound").checked) return;
  const voices = window.speechSynthesis ? speechSynthesis.getVoices() : [];
  if (voices.length) {
    const words = new SpeechSynthesisUtterance(line.text);
    words.lang = line.language || "en-US";
    speechSynthesis.speak(words);
  } else if (bench.dataset.sound) {
    audio.src = `${bench.dataset.sound}${sid}/${line.place}`;
    audio.play().catch(() => {});
  }
}

function hush() {
  if (window.speechSynthesis) speechSynthesis.cancel();
  audio.pause();
}

// The microphone: what is said becomes a telephone's sound, 8000 samples a second

async function record(button) {
  const leg = callerLeg(last);
  if (recorder) return recorder.stop();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return say("There is no microphone, or the browser may not use it. Speak a sample instead.");
  }
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = async () => {
    recorder = null;
    stream.getTracks().forEach((track) => track.stop());
    set(button, "Use the microphone");
    await send("voice", { leg: leg.sid, wav: await asWav(new Blob(parts)) });
  };
  recorder.start();
  setTimeout(() => recorder && recorder.stop(), 40000);
  set(button, "Stop and keep it");
  send("speech", { leg: leg.sid });
}

async function asWav(blob) {
  const RATE = 8000;
  const heard = await new AudioContext().decodeAudioData(await blob.arrayBuffer());
  const mixer = new OfflineAudioContext(1, Math.max(1, Math.ceil(heard.duration * RATE)), RATE);
  const source = mixer.createBufferSource();
  source.buffer = heard;
  source.connect(mixer.destination);
  source.start();
  const samples = (await mixer.startRendering()).getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const word = (at, text) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  word(0, "RIFF"); view.setUint32(4, 36 + samples.length * 2, true); word(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true); view.setUint32(28, RATE * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  word(36, "data"); view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, n) => view.setInt16(44 + n * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  let text = "";
  new Uint8Array(view.buffer).forEach((byte) => { text += String.fromCharCode(byte); });
  return btoa(text);
}

// What people do

function press(key) {
  const leg = last && callerLeg(last);
  if (!leg || find("caller-keys").hidden) return;
  hush();
  send("press", { leg: leg.sid, keys: key });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { dial, key, how, callerHow, press: pressed, record: what } = button.dataset;
  const leg = last && callerLeg(last);
  const handset = button.closest("[data-numbers]");
  if (dial) send("dial", { to: dial, from: find("f-from").value });
  else if (key) press(key);
  else if (button.id === "hang-up") { hush(); send("hang-up", { leg: leg.sid }); }
  else if (callerHow) send("pick-up", { leg: leg.sid, how: callerHow });
  else if (what === "sample") send("sample", { leg: leg.sid });
  else if (what === "mic") record(button.querySelector("span"));
  else if (how === "ignore") { ignored.add(handset.dataset.leg); draw(last); }
  else if (how) send("pick-up", { leg: handset.dataset.leg, how });
  else if (pressed) send("press", { leg: handset.dataset.leg, keys: pressed });
  else if (handset && "hangUp" in button.dataset) send("hang-up", { leg: handset.dataset.leg });
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.reply");
  if (!form) return;
  event.preventDefault();
  const body = form.elements.body.value;
  form.elements.body.value = "";
  const handset = form.closest("[data-numbers]");
  const ours = last.texts.findLast((text) => text.ours && handset.dataset.numbers.includes(text.number));
  await send("text", { from: ours ? ours.number : handset.dataset.numbers.split(" ")[0], to: [...lines.keys()][0], body });
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (/^[0-9*#]$/.test(event.key)) press(event.key);
});

for (const kind of ["pointerdown", "keydown", "visibilitychange"]) {
  document.addEventListener(kind, () => {
    const slept = Date.now() - lastTouch >= IDLE_MINUTES * 60000 || kind === "visibilitychange";
    lastTouch = Date.now();
    if (slept && !document.hidden) look();
  });
}
find("sound").addEventListener("change", hush);
setInterval(tick, 250);
look();

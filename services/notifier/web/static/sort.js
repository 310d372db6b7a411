// Sorting without waiting: the next person is there at once, what was said follows in its order, and is said again until it
// has arrived. Without this script every button is a plain form.
const REFILL_AT = 6;
const KEYS = { 1: "intimate", 2: "well", 3: "moderate", 4: "connected", s: "skip" };
const WORDS = { intimate: "intimate", well: "well known", moderate: "moderately known", connected: "connected", skip: "skipped" };
const deck = document.getElementById("deck");
const cards = () => [...(deck?.querySelectorAll("[data-sort]") ?? [])];
const seen = new Set(cards().map((card) => card.dataset.sort));
const done = [];
let unsent = 0, line = Promise.resolve(), isRefilling = false;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (text) => { document.getElementById("said").textContent = text; };

/** Send what was said of a person, after all that was said before; on a failing network again and again. */
function send(contact, to) {
  unsent += 1;
  line = line.then(async () => {
    for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
      const arrived = await post(contact, to).catch(() => false);
      if (arrived) break;
      complain("What you said has not reached Hobnob yet. It is sent again by itself; keep this page open.");
      await pause(wait);
    }
    unsent -= 1;
    if (!unsent) complain("");
  });
}

async function post(contact, to) {
  const response = await fetch(`/import/sort/${contact}`, {
    method: "POST",
    keepalive: true,
    headers: { Accept: "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ to }),
  });
  if (response.status === 401 || response.status === 403) { unsent = 0; location.reload(); return pause(60000); }
  // Somebody who is gone meanwhile needs no answer; everything else may pass.
  return response.ok || response.status === 404 || response.status === 422;
}

function complain(text) {
  let box = document.getElementById("unsent");
  if (!box) {
    if (!text) return;
    box = Object.assign(document.createElement("p"), { id: "unsent", className: "flash bad" });
    box.setAttribute("role", "alert");
    deck.before(box);
  }
  if (box.textContent !== text) box.textContent = text;
  box.hidden = !text;
}

function count(by) {
  const placed = document.getElementById("placed"), bar = document.getElementById("bar");
  placed.textContent = Number(placed.textContent) + by;
  bar.value = Number(placed.textContent);
}

function say(to) {
  const card = cards()[0];
  if (!card) return;
  card.remove();
  done.push({ card, to });
  if (to === "skip") total(-1); else count(1);
  front();
  send(card.dataset.sort, to);
  refill();
}

/** Bring the last one back, or let the page's own form do it for what was said before this page. */
function undo() {
  const last = done.pop();
  const form = document.getElementById("undo");
  if (!last) {
    if (!form.hidden && !unsent) form.requestSubmit();
    return;
  }
  cards()[0]?.setAttribute("hidden", "");
  deck.prepend(last.card);
  if (last.to === "skip") total(1); else count(-1);
  front();
  send(last.card.dataset.sort, "undo");
}

/** Of those who are skipped nobody knows how long that lasts: they are not part of the round. */
function total(by) {
  const all = document.getElementById("total"), bar = document.getElementById("bar");
  all.textContent = Number(all.textContent) + by;
  bar.max = Math.max(Number(all.textContent), 1);
}

function front() {
  const card = cards()[0];
  card?.removeAttribute("hidden");
  const last = done.at(-1);
  const form = document.getElementById("undo");
  form.hidden = !last;
  if (last) {
    form.action = `/import/sort/${last.card.dataset.sort}`;
    document.getElementById("undo-name").textContent = last.card.dataset.name;
    document.getElementById("undo-words").textContent = WORDS[last.to];
  }
  tell(card ? `${last ? `${last.card.dataset.name}: ${WORDS[last.to]}. ` : ""}Next: ${card.dataset.name}` : "");
}

/** Fetch the next ones in good time; when nobody is left, show the page that says so. */
async function refill() {
  if (isRefilling || cards().length >= REFILL_AT) return;
  isRefilling = true;
  try {
    if (cards().length < 2) await line;
    const response = await fetch("/import/sort", { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const card of page.querySelectorAll("[data-sort]")) {
      if (seen.has(card.dataset.sort)) continue;
      seen.add(card.dataset.sort);
      card.hidden = true;
      deck.append(card);
    }
    if (cards().length) cards()[0].hidden = false;
    else {
      await line;
      if (!cards().length) location.reload();
    }
  } catch {
    setTimeout(refill, 2000);
  } finally {
    isRefilling = false;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sort-form]")) { event.preventDefault(); say(event.submitter?.value ?? "skip"); }
  if (event.target.id === "undo" && done.length) { event.preventDefault(); undo(); }
});
document.addEventListener("keydown", (event) => {
  // A key that is held down speaks once.
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const key = event.key.toLowerCase();
  if (key in KEYS) { event.preventDefault(); say(KEYS[key]); }
  if (key === "u") { event.preventDefault(); undo(); }
});
addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });

// Forms without a page load, live updates and keys. Without this script everything works by plain forms.
const main = () => document.getElementById("main");

// On a phone the pages slide: the present one is in sight.
const nav = document.querySelector(".nav"), present = nav?.querySelector("[aria-current]");
if (present) nav.scrollLeft = present.offsetLeft - nav.offsetLeft - (nav.clientWidth - present.offsetWidth) / 2;

/** Show another version of this page, and keep what the reader was doing. */
function show(html, url) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById("main");
  if (!fresh || fresh.classList.contains("alone") !== main().classList.contains("alone")) return location.assign(url);
  const here = document.activeElement?.closest?.("[data-item]")?.dataset.item ?? current()?.dataset.item;
  const place = here ? items().findIndex((item) => item.dataset.item === here) : -1;
  main().replaceChildren(...fresh.childNodes);
  const unread = page.getElementById("unread");
  if (unread) document.getElementById("unread")?.replaceChildren(...unread.childNodes);
  document.title = page.title;
  if (url && new URL(url).pathname === location.pathname) history.replaceState(null, "", url);
  if (place >= 0) mark(items().find((item) => item.dataset.item === here) ?? items()[Math.min(place, items().length - 1)]);
  scheduleUndoEnd();
}

async function load(url = location.href) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (response.ok) show(await response.text(), response.url);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.matches("[data-live]")) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const url = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  // The buttons of a card stand outside of their form.
  const part = form.closest("[data-item]") ?? form;
  part.inert = true;
  try {
    const response = await fetch(url, { method: "POST", body: new URLSearchParams(data), headers: { Accept: "text/html" } });
    show(await response.text(), response.url);
  } catch {
    part.inert = false;
    say("That did not reach Hobnob. Try again.");
  }
});

function say(text) {
  const flash = document.createElement("div");
  flash.className = "flash bad";
  flash.setAttribute("role", "alert");
  flash.textContent = text;
  main().prepend(flash);
}

// The undo button is there as long as there is something to undo.
let undoTimer;
function scheduleUndoEnd() {
  clearTimeout(undoTimer);
  const flash = document.querySelector("[data-undo-s]");
  if (flash) undoTimer = setTimeout(() => { clean(); isBusy() || load(); }, (Number(flash.dataset.undoS) + 1) * 1000);
}
function clean() {
  const url = new URL(location.href);
  url.searchParams.delete("did");
  url.searchParams.delete("item");
  history.replaceState(null, "", url);
}

// Live updates. A hidden window listens to nothing: browsers keep few connections to a host.
const isBusy = () => !!document.querySelector("main details[open], dialog[open]") || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
let stream, wanted = false;
function listen() {
  stream?.close();
  stream = undefined;
  if (document.hidden || !document.querySelector("[data-events]")) return;
  stream = new EventSource(document.querySelector("[data-events]").dataset.events);
  stream.addEventListener("changed", () => { wanted = true; refresh(); });
  stream.addEventListener("over", () => { stream.close(); location.reload(); });
}
function refresh() {
  if (!wanted || isBusy()) return;
  wanted = false;
  load();
}
document.addEventListener("visibilitychange", () => { if (!document.hidden && document.querySelector("[data-events]")) load(); listen(); });
document.addEventListener("focusout", () => setTimeout(refresh, 200));
document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!(details instanceof HTMLDetailsElement)) return;
  if (details.open) for (const other of document.querySelectorAll("details[open]")) if (other !== details) other.open = false;
  if (details.open) details.querySelector(".popover button, .popover a, textarea")?.focus();
  if (!details.open) refresh();
}, true);
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const close = event.target.closest?.("[data-close]");
  if (close) { event.preventDefault(); close.closest("details, dialog").removeAttribute("open"); close.closest("dialog")?.close(); }
});

// Keys.
const items = () => [...document.querySelectorAll("[data-item]")];
const current = () => document.querySelector("[data-item].is-here");
function mark(item) {
  current()?.classList.remove("is-here");
  if (!item) return;
  item.classList.add("is-here");
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}
function move(by) {
  const all = items();
  const at = all.indexOf(current());
  mark(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
}
const press = (selector) => (current() ?? document).querySelector(selector)?.click();
const keys = {
  j: () => move(1), k: () => move(-1),
  o: () => current()?.querySelector("h3 a")?.click(), Enter: () => current()?.querySelector("h3 a")?.click(),
  s: () => current() && press("[data-key=s]"), e: () => current() && press("[data-key=e]"),
  z: () => current() && press("[data-key=z]"), d: () => current() && press("[data-key=d]"),
  u: () => document.querySelector("[data-key=u]")?.click(),
  "/": () => document.querySelector("[data-key=search]")?.focus(),
  "?": () => document.getElementById("help")?.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); } else document.activeElement?.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "Enter" && event.target !== current()) return;
  if (document.querySelector("dialog[open]") || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
addEventListener("focusin", (event) => { const item = event.target.closest?.("[data-item]"); if (item && item !== current()) { current()?.classList.remove("is-here"); item.classList.add("is-here"); } });

listen();
scheduleUndoEnd();

// Keys of the page about a person, and the reader's place when a part of it was changed. Without this all works by plain forms.
const main = document.getElementById("main");
let changed;

// app.js swaps the whole page after a form; whoever sent it with the keyboard goes on from the same part.
document.addEventListener("submit", (event) => { changed = event.target.closest(".part, .who")?.id || event.target.action; });
new MutationObserver(() => {
  if (!changed) return;
  const place = document.getElementById(changed)?.querySelector("h2") ?? document.querySelector(`form[action="${CSS.escape(new URL(changed, location.href).pathname)}"] button`);
  changed = undefined;
  if (place?.matches("h2")) place.tabIndex = -1;
  if (!main.contains(document.activeElement)) place?.focus({ preventScroll: true });
}).observe(main, { childList: true });

document.addEventListener("keydown", (event) => {
  if (event.key !== "l" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  document.querySelector("[data-person-key=l]")?.click();
});

// A part that is opened is about to be written in.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".part-edit[open]") && !event.target.contains(document.activeElement)) event.target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}, true);

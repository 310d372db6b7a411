// Selecting people by key and by range, a count of them, and filters that need no button. Without this script the form does all of it.
const boxes = () => [...document.querySelectorAll("input[name=contact]")];
const pageBox = () => document.querySelector("#page-tick input");
let last;

function count() {
  const label = document.getElementById("chosen");
  if (!label) return;
  const chosen = boxes().filter((box) => box.checked).length;
  const all = document.querySelector("input[name=scope]");
  label.textContent = all?.checked ? all.parentElement.textContent.trim() : `${chosen} selected`;
  const box = pageBox();
  box.checked = chosen > 0 && chosen === boxes().length;
  box.indeterminate = chosen > 0 && chosen < boxes().length;
}

/** Show what only works with this script; the page may have been swapped for a fresh one. */
function ready() {
  const tick = document.getElementById("page-tick");
  if (!tick?.hidden) return;
  tick.hidden = false;
  last = undefined;
  count();
}

document.addEventListener("change", (event) => {
  if (event.target === pageBox()) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches(".find select")) event.target.form.requestSubmit();
  count();
});
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.name !== "contact") return;
  const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0) for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
  last = box;
  count();
});
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector("dialog[open]")) return;
  if (event.key === "x") {
    document.querySelector("[data-item].is-here input[name=contact]")?.click();
    document.querySelector("[data-item].is-here")?.focus({ preventScroll: true });
  }
});
new MutationObserver(ready).observe(document.getElementById("main"), { childList: true });
ready();

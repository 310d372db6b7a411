// Settings: names of time zones, copying what is shown once, and the preview as somebody types.
const PAUSE_MS = 350;

function prepare() {
  const zones = document.querySelector("[data-zones]");
  const list = zones && document.getElementById(zones.dataset.zones);
  if (list && !list.childElementCount) {
    const known = Intl.supportedValuesOf?.("timeZone") ?? [];
    list.append(...known.map((name) => Object.assign(document.createElement("option"), { value: name })));
  }
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of document.querySelectorAll("[data-preview-button]")) button.hidden = true;
  // A form may be longer than the window: what is wrong, or was made, is brought into sight.
  document.querySelector(".settings [aria-invalid], #secret")?.focus();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.textContent = "Copied";
});

// The latest answer counts: one that was asked for earlier is given up.
let timer, asking;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-preview]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => preview(form), PAUSE_MS);
});

async function preview(form) {
  asking?.abort();
  asking = new AbortController();
  const data = new URLSearchParams(new FormData(form));
  data.set("then", "preview");
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { Accept: "text/html" }, signal: asking.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(form.dataset.preview);
    if (fresh) document.getElementById(form.dataset.preview).replaceChildren(...fresh.childNodes);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

// On a narrow screen the sections are a row that may reach beyond its edge.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
prepare();
new MutationObserver(prepare).observe(document.getElementById("main"), { childList: true });

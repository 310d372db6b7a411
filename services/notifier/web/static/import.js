// Dropping files, and how much of an upload has left. Without this script the form does the same when its button is pressed.
const form = () => document.querySelector("[data-upload]");
const input = () => form().querySelector("input[type=file]");
let isSending = false;

function say(text, isBad = false) {
  const box = form().querySelector(".drop-progress");
  box.hidden = false;
  box.querySelector("progress").hidden = isBad;
  const line = box.querySelector("p");
  line.textContent = text;
  line.setAttribute("role", isBad ? "alert" : "status");
}

function send(files) {
  if (isSending || !files.length) return;
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  if (size > Number(form().dataset.max)) {
    return say(`Hobnob takes at most ${form().dataset.maxSize} at once: bring the files one by one, or split the large one.`, true);
  }
  const data = new FormData(form());
  data.delete("file");
  for (const file of files) data.append("file", file, file.name);
  isSending = true;
  const name = files.length === 1 ? files[0].name : `${files.length} files`;
  say(`Sending ${name}…`);
  const bar = form().querySelector("progress");
  const request = new XMLHttpRequest();
  request.open("POST", form().getAttribute("action"));
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRF-Token", document.querySelector("meta[name=csrf]").content);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    if (event.loaded === event.total) say(`${name} is here; one moment…`);
  });
  request.addEventListener("loadend", () => {
    isSending = false;
    if (request.status === 202) return location.assign(JSON.parse(request.response).url);
    if (request.status === 401) return location.reload();
    say(reason(request), true);
  });
  request.send(data);
}

/** What to tell the reader: the server's own sentence, where there is one. */
function reason(request) {
  try {
    const text = JSON.parse(request.response).detail;
    return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
  } catch {
    return "The files did not reach Hobnob. Nothing was imported; try again.";
  }
}

document.addEventListener("change", (event) => {
  if (form() && event.target === input()) send(input().files);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-upload]")) return;
  event.preventDefault();
  send(input().files);
});

// The whole page takes files: whoever misses the box does not lose the page to the browser's own view of the file.
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
document.addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; form()?.classList.add("is-over"); } });
document.addEventListener("dragleave", (event) => { if (hasFiles(event) && --depth <= 0) { depth = 0; form()?.classList.remove("is-over"); } });
document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  form()?.classList.remove("is-over");
  send(event.dataTransfer.files);
});

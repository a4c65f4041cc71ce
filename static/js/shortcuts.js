// Keys: / search, ? help, n new, j and k rows, Ctrl+Enter runs, Ctrl+S saves. What a key does stands in aria-keyshortcuts.

const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
const keyed = (keys) => [...document.querySelectorAll(`[aria-keyshortcuts~="${keys}"]`)].find((e) => e.checkVisibility());

function walk(step) {
  const links = [...document.querySelectorAll(".data-table tbody th a")];
  if (!links.length) return;
  const here = links.indexOf(document.activeElement?.closest("tr")?.querySelector("th a"));
  const next = links[Math.min(Math.max(here + step, 0), links.length - 1)];
  next.focus();
  next.closest("tr").scrollIntoView({ block: "nearest" });
}

function press(keys) {
  const button = keyed(keys);
  button?.click();
  return Boolean(button);
}

const plain = {
  "/": () => keyed("/")?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  n: () => press("n"),
  j: () => walk(1),
  k: () => walk(-1),
};

// WCAG 2.1.4: keys that type a character can be switched off, for people who speak to their computer.
const singleKeys = document.getElementById("single-keys");
const OFF = "single-keys-off";
if (singleKeys) {
  singleKeys.checked = !localStorage.getItem(OFF);
  singleKeys.addEventListener("change", () =>
    singleKeys.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    const keys = { Enter: "Control+Enter", s: "Control+S" }[event.key];
    if (keys && press(keys)) event.preventDefault();
  } else if (singleKeys?.checked && plain[event.key] && !typing(event.target)) {
    event.preventDefault();
    plain[event.key]();
  }
});

// What every page does with a script. Reading and plain forms work without it.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax`;

function say(words) {
  const list = document.getElementById("toasts");
  if (!list) return;
  const toast = document.createElement("div");
  toast.className = "toast error";
  toast.append(Object.assign(document.createElement("span"), { textContent: words }));
  toast.append(Object.assign(document.createElement("button"), { type: "button", textContent: "Dismiss" }));
  toast.lastChild.dataset.dismiss = "";
  list.replaceChildren(toast);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
  // A menu closes as menus do: by a click elsewhere.
  for (const menu of document.querySelectorAll("details.menu[open], details.add-filter[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.firstChild.textContent = "Copied";
  } catch {
    say("The browser does not let this page copy. Copy the link beside the button.");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details[open]:is(.menu, .add-filter)");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A list that loads itself again may lose the row that had the focus; its heading then takes it, so that the next Tab
// goes on in the list and not at the top of the page.
let focused = null;
document.addEventListener("focusin", (event) => (focused = event.target));
document.addEventListener("htmx:oobAfterSwap", () => {
  if (document.activeElement !== document.body || !focused || focused.isConnected) return;
  document.querySelector("[data-refocus]")?.focus();
});

document.addEventListener("htmx:sendError", () => say("No answer from the CRM. Check the connection and try again."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401 || status === 403) say("You may not do this, or you have been signed out. Load the page again.");
  else if (status === 409) say("Somebody changed this meanwhile. Load the page again.");
  else if (status === 503) say("Too many changes at once. Try again in a moment.");
  else say("That did not work. Nothing was changed.");
});

// What somebody unfolded stays so, when its list and when the page loads again.
function unfold() {
  for (const part of document.querySelectorAll("details[data-remember]")) {
    part.hidden = false;
    part.open = Boolean(localStorage.getItem(part.dataset.remember));
  }
}
document.addEventListener("toggle", (event) => {
  const { remember } = event.target.dataset;
  if (remember) localStorage.setItem(remember, event.target.open ? "open" : "");
}, true);
document.addEventListener("htmx:afterSwap", unfold);
unfold();

// The preview follows what is typed. Each is loaded into a fresh frame and shown when it is there: no flash, and no
// entry in the history for every letter, which navigating one frame again and again would leave behind.

const form = document.querySelector("form[data-preview]");
const button = form?.querySelector("[data-show-preview]");
let count = 0;
let timer;

function refresh() {
  const shown = form.querySelector("iframe.preview:last-of-type");
  const fresh = shown.cloneNode();
  fresh.name = `mail-frame-${++count}`;
  fresh.removeAttribute("src");
  fresh.hidden = true;
  shown.after(fresh);
  button.formTarget = fresh.name;
  form.requestSubmit(button);
  fresh.addEventListener("load", () => {
    fresh.hidden = false;
    for (const old of form.querySelectorAll("iframe.preview")) if (old !== fresh && old.compareDocumentPosition(fresh) & 4) old.remove();
  });
}

if (button) {
  button.hidden = true;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 300);
  };
  form.addEventListener("input", soon);
  // A suggestion came from the server, and links carry it.
  form.addEventListener("htmx:afterSettle", soon);
  refresh();

  const people = form.querySelector("#preview-as");
  const next = form.querySelector("[data-next-person]");
  if (people && next) {
    // Another kind of mail has other readers.
    const offer = () => { next.hidden = people.options.length < 2; };
    offer();
    form.addEventListener("htmx:oobAfterSwap", offer);
    form.addEventListener("htmx:afterSettle", offer);
    next.addEventListener("click", () => {
      people.selectedIndex = (people.selectedIndex + 1) % people.options.length;
      people.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  // A field goes where the cursor is, in the subject or the body, whichever was written in last.
  let target = form.elements.body;
  form.addEventListener("focusin", (event) => {
    if (["subject", "body"].includes(event.target.name)) target = event.target;
  });
  for (const one of form.querySelectorAll("[data-insert]")) {
    one.hidden = false;
    one.addEventListener("click", () => {
      target.setRangeText(one.dataset.insert, target.selectionStart, target.selectionEnd, "end");
      target.dispatchEvent(new Event("input", { bubbles: true }));
      target.focus();
    });
  }
}

// The filter builder, on the page People and in the form of a mail.

// In the form of a mail, Enter in its inputs must not go on to the confirmation.

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("#campaign-form .builder input")) event.preventDefault();
});

// A list asked for by a step that another one has replaced meanwhile is out of date when it comes.
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.requestConfig.elt;
  if (asked.id === "builder-ask" && !asked.isConnected) event.detail.shouldSwap = false;
});

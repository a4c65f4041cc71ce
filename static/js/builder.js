// In the form of a mail, Enter in the filter builder's inputs must not go on to the confirmation.

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("#campaign-form .builder input")) event.preventDefault();
});

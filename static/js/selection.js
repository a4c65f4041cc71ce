// Ticked rows: the box in the head ticks the page, and the bar below says how many there are.

const rows = () => [...document.querySelectorAll(".picking tbody .pick input:not(:disabled)")];

function show() {
  const ticked = rows().filter((box) => box.checked).length;
  const all = document.querySelector("[data-pick-all]");
  if (all) {
    all.hidden = false;
    if (!all.disabled) {
      all.checked = ticked > 0 && ticked === rows().length;
      all.indeterminate = ticked > 0 && !all.checked;
    }
  }
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = `${ticked} selected`;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    for (const box of rows()) box.checked = event.target.checked;
  }
  if (event.target.closest(".pick")) show();
});
document.addEventListener("htmx:afterSettle", show);
show();

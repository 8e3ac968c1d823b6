// Filters the scenarios, and opens the failure that a cell leads to. The page is whole without it.
const form = document.querySelector(".filters");
const rows = [...document.querySelectorAll(".scenarios tbody tr")];
const find = document.getElementById("find");
const group = document.getElementById("group");
const red = document.getElementById("red");

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.firstElementChild.textContent.toLowerCase();
    const fits = words.every((word) => text.includes(word))
      && (!group.value || row.dataset.group === group.value)
      && (!red.checked || "red" in row.dataset);
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length}`;
}

function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", open);
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("a.cell")) setTimeout(open);
});
filter();
open();

// Filters the tables, and opens the failure that a cell leads to. The page is whole without it.
for (const form of document.querySelectorAll(".filters")) {
  const rows = [...document.querySelectorAll(form.dataset.rows)];
  const { find, group, red, shown } = form.elements;

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.firstElementChild.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!group.value || row.dataset.group === group.value)
        && (!red.checked || "red" in row.dataset);
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.value = `${count} of ${rows.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}

function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

addEventListener("hashchange", open);
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("a.cell")) setTimeout(open);
});
open();

// Filters the maps, says what a cell is, and opens what a link leads to. The page is whole without it.

// A filter is kept in the address, after `#?`, so that what is looked at can be shown to somebody else.
const address = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");

for (const form of document.querySelectorAll(".filters")) {
  const map = document.getElementById(form.dataset.map);
  const sheet = map.appendChild(document.createElement("style"));
  const groups = [...map.querySelectorAll(".group")].map((group) => ({
    element: group,
    open: group.open,
    rows: [...group.querySelectorAll("tbody tr")].map((row) => ({
      element: row,
      text: row.firstElementChild.textContent.toLowerCase(),
      verdicts: [...row.children].slice(1).map((cell) => cell.className),
    })),
  }));
  const builds = [...form.querySelectorAll("select[data-columns]")];
  const count = Number(map.style.getPropertyValue("--n"));
  const { find, verdict, shown } = form.elements;

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const columns = [...Array(count).keys()]
      .filter((at) => builds.every((one) => !one.value || one.dataset.columns[at] === one.value));
    const hidden = [...Array(count).keys()].filter((at) => !columns.includes(at));
    sheet.textContent = hidden
      .map((at) => `#${map.id} .row > :nth-child(${at + 2}), #${map.id} thead th:nth-child(${at + 2})`)
      .join(",") + (hidden.length ? "{display:none}" : "");
    map.style.setProperty("--n", Math.max(columns.length, 1));
    const narrowed = words.length > 0 || verdict.value !== "";
    let seen = 0;
    let all = 0;
    for (const group of groups) {
      let inGroup = 0;
      for (const row of group.rows) {
        const fits = words.every((word) => row.text.includes(word))
          && (!verdict.value || columns.some((at) => row.verdicts[at] === verdict.value));
        row.element.hidden = !fits;
        inGroup += fits ? 1 : 0;
      }
      group.element.hidden = inGroup === 0;
      if (narrowed !== form.narrowed) group.element.open = narrowed || group.open;
      seen += inGroup;
      all += group.rows.length;
    }
    form.narrowed = narrowed;
    shown.value = `${seen} of ${all} lines, ${columns.length} of ${count} builds`;
  };

  const keep = () => {
    const kept = [...new FormData(form)].filter(([, value]) => value);
    try {
      history.replaceState(null, "", kept.length ? `#?${new URLSearchParams(kept)}` : "#");
    } catch {
      // Some browsers refuse this for a file. The filter works all the same.
    }
  };

  form.hidden = false;
  form.narrowed = false;
  form.addEventListener("input", () => { filter(); keep(); });
  form.addEventListener("reset", () => setTimeout(() => { filter(); keep(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  if (map.id === "heat") {
    for (const [name, value] of address) if (form.elements[name]) form.elements[name].value = value;
  }
  filter();

  const names = [...map.querySelectorAll("thead")].map((head) => [...head.querySelectorAll("th")])[0] ?? [];
  const words = { p: "pass", a: "left out, and its absence asserted", f: "some fail", w: "deviates", n: "not run", x: "does not apply" };
  const about = document.getElementById("about");
  const say = (event) => {
    const cell = event.target instanceof Element && event.target.closest(".row > *");
    const at = cell ? [...cell.parentElement.children].indexOf(cell) : 0;
    about.hidden = at < 1;
    if (at < 1) return;
    const label = cell.parentElement.firstElementChild;
    const title = (label.firstChild?.textContent ?? "").trim() || label.textContent.trim();
    about.value = [names[at]?.textContent, words[cell.className] ? `${title}: ${words[cell.className]}` : title]
      .filter(Boolean).join(" · ");
  };
  map.addEventListener("pointerover", say);
  map.addEventListener("pointerleave", () => { about.hidden = true; });
}

function open() {
  const target = location.hash.length > 1 && !location.hash.startsWith("#?")
    && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

addEventListener("hashchange", open);
document.addEventListener("click", (event) => {
  // The same link a second time changes no address.
  if (event.target instanceof Element && event.target.closest("a[href^='#']")) setTimeout(open);
});
open();

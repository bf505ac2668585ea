// A search field with data-filter="id" hides the rows of that table, or the items of that list,
// that do not hold every word typed. It is hidden until this module shows it.

function rows(id) {
  const root = document.getElementById(id);
  return root ? [...(root.tBodies?.[0]?.rows ?? root.children)] : [];
}

function apply(field) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const all = rows(field.dataset.filter);
  for (const row of all) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  const count = document.querySelector(`[data-filter-count="${CSS.escape(field.dataset.filter)}"]`);
  const text = words.length ? `${shown} of ${all.length}` : `${all.length}`;
  // The observer below would see an assignment that changes nothing, and never rest.
  if (count && count.textContent !== text) count.textContent = text;
}

for (const field of document.querySelectorAll("input[data-filter]")) {
  field.closest("[hidden]")?.removeAttribute("hidden");
  field.addEventListener("input", () => apply(field));
  apply(field);
}

// After a live form replaced the rows, the words still count.
new MutationObserver(() => {
  for (const field of document.querySelectorAll("input[data-filter]")) apply(field);
}).observe(document.getElementById("main"), { childList: true, subtree: true });

// Keys: / searches, j and k move through rows, ? shows them all, g and the key of a page goes there. Rows are elements with `data-row`.
"use strict";
(() => {
  let going = false;

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement.closest("[data-row]"));
    const to = all[Math.min(all.length - 1, Math.max(0, at < 0 && step < 0 ? all.length - 1 : at + step))];
    (to.querySelector("a[href], button, summary") ?? to).focus();
  };

  const KEYS = {
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => document.getElementById("keys").showModal(),
    j: () => move(1),
    k: () => move(-1),
    g: () => { going = true; setTimeout(() => { going = false; }, 1000); },
  };

  // Forms below a button go away by Escape, and by a click elsewhere.
  const close = (but) => document.querySelectorAll("details.deed[open]").forEach((one) => { if (one !== but) one.open = false; });
  document.addEventListener("click", (event) => close(event.target.closest("details.deed")));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const place = going ? document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`) : null;
    if (place) {
      location.assign(place.href);
    } else if (KEYS[event.key]) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
})();

// Refreshes the parts of a page that say `hx-trigger="live"`, while somebody looks at it.
"use strict";
(() => {
  const EVERY = 10_000;
  let timer = null;
  const refresh = () => htmx.trigger(document.body, "live");
  const watch = () => {
    clearInterval(timer);
    if (document.hidden) return;
    timer = setInterval(refresh, EVERY);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
    watch();
  });
  document.addEventListener("DOMContentLoaded", watch);
})();

// Refreshes the parts of a page that say `hx-trigger="live from:body"` as soon as something happens, while somebody looks.
"use strict";
(() => {
  const TOPICS = document.body.dataset.topics?.split(" ");
  if (!TOPICS || !document.querySelector("[hx-trigger^=live]")) return;
  const SOON = 300, AT_LEAST = 30_000; // milliseconds; times such as "2 m ago" get older without any event
  let events, waiting, timer, seen = document.body.dataset.seen; // the newest event when the page was drawn

  // What somebody has typed or chosen is theirs, and so is what they have opened.
  const typed = () => [...document.querySelectorAll("#live input, #live textarea")]
    .some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
  const kept = (node) => node.dataset?.kept !== undefined; // such as a log, which grows by itself
  Object.assign(Idiomorph.defaults.callbacks, {
    beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
    beforeNodeMorphed: (node) => !kept(node),
    beforeNodeRemoved: (node) => !kept(node),
  });

  const refresh = () => {
    waiting = undefined;
    if (!typed()) htmx.trigger(document.body, "live");
  };
  const soon = () => { waiting ??= setTimeout(refresh, SOON); };

  const look = () => {
    events?.close();
    clearInterval(timer);
    if (document.hidden) return; // a browser has few connections for all its tabs
    events = new EventSource(seen ? `/api/v1/events?after=${seen}` : "/api/v1/events");
    [...TOPICS, "gap"].forEach((topic) => events.addEventListener(topic, soon));
    if (!seen) events.addEventListener("open", soon); // what happened since the last one was closed
    seen = undefined;
    timer = setInterval(refresh, AT_LEAST);
  };
  document.addEventListener("visibilitychange", () => {
    seen = undefined; // long ago, perhaps; all that happened since is one look
    if (!document.hidden) soon();
    look();
  });
  addEventListener("pagehide", () => events?.close());
  look();
})();

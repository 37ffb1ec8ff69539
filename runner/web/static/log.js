// Adds the lines of a log as they are written. The browser reconnects by itself, and goes on where it was.
"use strict";
(() => {
  const log = document.getElementById("log");
  if (!log) return;

  log.addEventListener("click", (event) => {
    const line = event.target.closest("li");
    if (line && event.offsetX < 56 && !getSelection().toString()) location.hash = line.id;
  });

  if (!log.dataset.follow) return;
  const follow = document.getElementById("follow");
  let open = false; // whether the last line goes on

  const add = (text) => {
    const parts = text.split("\n");
    const made = document.createDocumentFragment();
    let number = log.children.length;
    parts.forEach((part, at) => {
      if (at === 0 && open) {
        log.lastElementChild.textContent += part;
      } else if (at < parts.length - 1 || part) {
        const line = document.createElement("li");
        line.id = `L${++number}`;
        line.textContent = part;
        made.append(line);
      }
    });
    open = parts.at(-1) !== "" || (open && parts.length === 1);
    log.append(made);
    if (follow.checked) log.scrollTop = log.scrollHeight;
  };

  const events = new EventSource(log.dataset.follow);
  events.addEventListener("lines", (event) => add(JSON.parse(event.data)));
  events.addEventListener("over", () => {
    events.close();
    document.querySelector("#log-title .state")?.remove();
    follow.closest("label").remove();
    htmx.trigger(document.body, "live");
  });
  log.addEventListener("wheel", (event) => { if (event.deltaY < 0) follow.checked = false; }, {passive: true});
  if (follow.checked) log.scrollTop = log.scrollHeight;
})();

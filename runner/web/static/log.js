// Adds the lines of a log as they are written. The browser reconnects by itself, and goes on where it was.
"use strict";
(() => {
  const log = document.getElementById("log");
  if (!log) return;

  // A click on the number of a line puts the line into the address.
  log.addEventListener("click", (event) => {
    const left = log.getBoundingClientRect().left;
    if (event.clientX - left > 60) return;
    const line = document.elementFromPoint(left + 80, event.clientY)?.closest("li");
    if (line) location.hash = line.id;
  });

  if (!log.dataset.follow) return;
  const follow = document.getElementById("follow");
  const BLOCK = 200; // lines: what is not in view costs nothing
  let number = log.querySelectorAll("li").length;
  let open = false; // whether the last line goes on

  const block = () => {
    if (number % BLOCK === 0) {
      const made = document.createElement("ol");
      made.start = number + 1;
      log.append(made);
    }
    return log.lastElementChild;
  };

  const add = (text) => {
    const parts = text.split("\n");
    const last = parts.pop();
    const put = (part) => {
      if (open) {
        log.lastElementChild.lastElementChild.textContent += part;
      } else {
        const line = document.createElement("li");
        line.textContent = part;
        block().append(line);
        line.id = `L${++number}`;
      }
    };
    for (const part of parts) {
      put(part);
      open = false;
    }
    if (last) {
      put(last);
      open = true;
    }
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

// Draws the graph of the stacks with Graphviz. Without it, the page has the same as a list.
"use strict";
(() => {
  const panel = document.getElementById("drawing");
  if (!panel) return;
  const place = panel.querySelector(".graph");
  const SMALLEST = 0.05;
  const LARGEST = 4;
  const READABLE = 0.5;
  const TALLEST = 0.76; // of the window, as in the stylesheet
  let viz = null;
  let drawn = "";
  let scale = null; // null: all of it, as long as names can be read
  let natural = {width: 0, height: 0};

  const fitting = () => Math.max(READABLE, Math.min(1, (place.clientWidth - 32) / natural.width, (innerHeight * TALLEST - 32) / natural.height));

  const size = () => {
    const svg = place.querySelector("svg");
    if (!svg) return;
    const by = scale ?? fitting();
    svg.setAttribute("width", natural.width * by);
    svg.setAttribute("height", natural.height * by);
  };

  const draw = async () => {
    const answer = await fetch(panel.dataset.dot);
    if (!answer.ok) return;
    const dot = await answer.text();
    if (dot === drawn) return;
    viz ??= await Viz.instance();
    const svg = viz.renderSVGElement(dot);
    const box = svg.viewBox.baseVal;
    natural = {width: box.width, height: box.height};
    place.replaceChildren(svg);
    drawn = dot;
    size();
  };

  panel.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("draw" in button.dataset) draw();
    const zoom = button.dataset.zoom;
    if (!zoom) return;
    scale = zoom === "fit" ? null : Math.min(LARGEST, Math.max(SMALLEST, (scale ?? fitting()) * Number(zoom)));
    size();
  });

  panel.hidden = false;
  document.querySelector("#live > section:last-child > details").open = false;
  if (panel.dataset.atOnce) draw();
  document.body.addEventListener("live", () => { if (drawn) draw(); });
  new ResizeObserver(size).observe(place);
})();

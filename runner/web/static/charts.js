// Draws the tables of a page as charts. Each `figure.chart` has a table whose first column is the day, and whose
// other columns are series: `data-tone` of a heading is its colour, `data-value` of a cell its number. `data-axis` says
// what the numbers count.
"use strict";
(() => {
  const HEIGHT = 220;
  const DAY = 86_400;
  const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
  const SPANS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200, DAY, 2 * DAY, 7 * DAY, 30 * DAY];
  const drawn = [];

  const read = (figure) => {
    const heads = [...figure.querySelectorAll("thead th")].slice(1);
    const rows = [...figure.querySelectorAll("tbody tr")];
    const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
    return {
      days: rows.map((row) => Date.parse(row.dataset.day) / 1000),
      series: heads.map((head, column) => ({
        name: head.textContent.trim(),
        tone: head.dataset.tone,
        values: rows.map((row) => number(row.cells[column + 1])),
        texts: rows.map((row) => row.cells[column + 1].textContent.trim()),
      })),
    };
  };

  // Each series on top of those before it; the highest is drawn first, so that the others lie before it.
  const stacked = (series) => {
    const sums = series[0].values.map(() => 0);
    return series.map((one) => ({...one, values: one.values.map((value, at) => (sums[at] += value ?? 0))}));
  };

  // The server's days are days in UTC, wherever somebody looks at them.
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC");

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const duration = (seconds) => {
    if (seconds >= 2 * DAY) return `${Math.round(seconds / DAY)} d`;
    if (seconds >= 7200) return `${Math.round(seconds / 3600)} h`;
    return seconds >= 120 ? `${Math.round(seconds / 60)} m` : `${Math.round(seconds)} s`;
  };

  const axis = (more) => ({
    stroke: colour("muted"),
    font: "12px Inter, sans-serif",
    labelFont: "12px Inter, sans-serif",
    labelSize: 18,
    grid: {stroke: colour("line"), width: 1},
    ticks: {show: false},
    ...more,
  });

  const draw = (figure) => {
    const {days, series} = read(figure);
    const bars = figure.dataset.chart === "bars";
    const shown = bars ? stacked(series).reverse() : series;
    const paths = bars ? uPlot.paths.bars({size: [0.7, 24], align: 0}) : uPlot.paths.linear();
    const place = figure.querySelector(".plot");
    place.replaceChildren();
    const plot = new uPlot({
      width: place.clientWidth,
      height: HEIGHT,
      padding: [12, 8, 0, 0],
      tzDate: utc,
      cursor: {y: false, points: {show: !bars}, drag: {x: false, y: false}},
      legend: {markers: {width: 0, fill: (_, at) => colour(shown[at - 1].tone)}},
      scales: {x: {time: true, range: (_, from, to) => [from - DAY / 2, to + DAY / 2]}, y: {range: (_, __, most) => [0, Math.max(1, most * 1.1)]}},
      axes: [
        axis({label: "day (UTC)", space: 64, size: 28, grid: {show: false}, values: [[DAY, "{D} {MMM}", null, null, null, null, null, null, 1]]}),
        axis({label: figure.dataset.axis, size: 44, incrs: bars ? WHOLE : SPANS, values: (_, marks) => marks.map((mark) => (bars ? mark : duration(mark)))}),
      ],
      series: [
        {value: (_, at) => (at === null ? "" : uPlot.fmtDate("{D} {MMM}")(utc(at)))},
        ...shown.map((one) => ({
          label: one.name,
          stroke: colour(one.tone),
          fill: bars ? colour(one.tone) : undefined,
          width: bars ? 0 : 2,
          paths,
          points: {show: !bars && days.length < 60, size: 5, fill: colour("panel")},
          spanGaps: true,
          value: (_, __, ___, at) => (at === null ? "" : one.texts[at]),
        })),
      ],
    }, [days, ...shown.map((one) => one.values)], place);
    drawn.push({figure, plot, place});
  };

  const drawAll = () => {
    for (const {plot} of drawn.splice(0)) plot.destroy();
    document.querySelectorAll("figure.chart").forEach(draw);
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("figure.chart details").forEach((table) => { table.open = false; });
    document.fonts.ready.then(drawAll);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    new ResizeObserver(() => drawn.forEach(({plot, place}) => {
      if (plot.width !== place.clientWidth) plot.setSize({width: place.clientWidth, height: HEIGHT});
    })).observe(document.getElementById("main"));
  });
})();

/**
 * The page's script: lets one browse probes by slider, keyboard, buttons or pointer. Plain JavaScript for the reader's
 * browser, so without types; `scripts/report/` runs it in Chromium.
 */
export const browserScript = `'use strict';
(() => {
const SVG = 'http://www.w3.org/2000/svg';
const W = 480, H = 300, LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 40;
const STEP = 0, BEFORE = 1, AFTER = 2, ZERO = 3, MINUS = 4, PLUS = 5, GG = 6, GG_SE = 7, GHG = 8, GHG_SE = 9, STAR = 10, R2 = 11, STATUS = 12;
const has = (x) => typeof x === 'number';
const text = (x, digits = 5) => has(x) ? String(Number(x.toPrecision(digits))).replaceAll('-', '−') : '–';
const make = (name, attributes, content) => {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (content !== undefined) node.textContent = content;
  return node;
};
const element = (name, content) => {
  const node = document.createElement(name);
  if (content !== undefined) node.textContent = content;
  return node;
};
const scale = (from, to, a, b) => (x) => a + (b - a) * (x - from) / (to - from || 1);
const ticks = (low, high) => {
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough) || power;
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9 && found.length < 12; k++) found.push(k * step);
  return found;
};
const logTicks = (low, high) => {
  const found = [], decades = Math.log10(high / low);
  for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++)
    for (const m of decades < 1 ? [1, 2, 3, 5, 7] : decades < 3 ? [1, 2, 5] : [1]) {
      const value = Number(m + 'e' + e);
      if (value >= low && value <= high) found.push(value);
    }
  return found;
};
const axes = (svg, x, y, xs, ys, label) => {
  for (const value of ys) {
    svg.append(make('line', { x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value), class: 'grid' }));
    svg.append(make('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, text(value, 6)));
  }
  for (const value of xs) svg.append(make('text', { x: x(value), y: H - BOTTOM + 16, 'text-anchor': 'middle' }, text(value, 4)));
  svg.append(make('text', { x: (LEFT + W - RIGHT) / 2, y: H - 6, 'text-anchor': 'middle' }, label));
};
const path = (points, x, y) => points.map((p, i) => (i ? 'L' : 'M') + x(p[0]).toFixed(1) + ',' + y(p[1]).toFixed(1)).join('');

/** Loss over the length of the move along −g: right of 0 is where the update goes. */
const drawParabola = (svg, probe) => {
  svg.replaceChildren();
  const eta = probe[BEFORE], zero = probe[ZERO];
  const points = [];
  if (has(eta) && has(zero)) {
    points.push(['w', 0, zero]);
    if (has(probe[MINUS])) points.push(['w − ηg', eta, zero + probe[MINUS]]);
    if (has(probe[PLUS])) points.push(['w + ηg', -eta, zero + probe[PLUS]]);
  }
  const fitted = has(zero) && has(probe[GG]) && has(probe[GHG]);
  const summary = 'Probe at step ' + probe[STEP] + ', ' + probe[STATUS] + ': ' +
    (points.map((p) => 'loss ' + text(p[2], 6) + ' at ' + p[0]).join(', ') || 'no finite losses') +
    '; η before ' + text(probe[BEFORE]) + ', η* ' + text(probe[STAR]) + ', η after ' + text(probe[AFTER]) + '.';
  svg.setAttribute('aria-label', summary);
  if (!fitted || !has(eta) || eta === 0) {
    svg.append(make('text', { x: W / 2, y: H / 2, 'text-anchor': 'middle' }, 'no parabola: ' + probe[STATUS]));
    return;
  }
  const size = Math.abs(eta);
  const star = probe[STAR];
  const shownStar = has(star) && Math.abs(star) <= 4 * size;
  const marks = [-size, size, ...(shownStar ? [star] : []), ...(has(probe[AFTER]) && Math.abs(probe[AFTER]) <= 4 * size ? [probe[AFTER]] : [])];
  const low = Math.min(...marks) - 0.2 * size, high = Math.max(...marks) + 0.2 * size;
  const loss = (s) => zero - s * probe[GG] + s * s * probe[GHG] / 2;
  const curve = Array.from({ length: 81 }, (_, i) => { const s = low + (high - low) * i / 80; return [s, loss(s)]; });
  const values = [...curve.map((p) => p[1]), ...points.map((p) => p[2])];
  const bottom = Math.min(...values), top = Math.max(...values), room = 0.06 * (top - bottom || Math.abs(top) || 1);
  const x = scale(low, high, LEFT, W - RIGHT), y = scale(bottom - room, top + room, H - BOTTOM, TOP);
  axes(svg, x, y, ticks(low, high), ticks(bottom - room, top + room), 'move along the update: w − ξg, ξ');
  svg.append(make('line', { x1: x(eta), x2: x(eta), y1: TOP, y2: H - BOTTOM, class: 'before' }));
  svg.append(make('path', { d: path(curve, x, y), class: 'curve' }));
  const foot = H - BOTTOM;
  if (shownStar) svg.append(make('path', { d: 'M' + x(star) + ',' + foot + 'l-6,-11h12z', class: 'star' }));
  else if (has(star)) svg.append(make('text', { x: star > 0 ? W - RIGHT : LEFT + 4, y: star > 0 === probe[GG] > 0 ? TOP + 8 : foot - 18, 'text-anchor': star > 0 ? 'end' : 'start' }, star > 0 ? 'η* beyond →' : '← η* beyond'));
  if (has(probe[AFTER]) && Math.abs(probe[AFTER]) <= 4 * size)
    svg.append(make('path', { d: 'M' + x(probe[AFTER]) + ',' + (foot - 6) + 'l6,6l-6,6l-6,-6z', class: 'after' }));
  for (const [name, s, value] of points) {
    svg.append(make('circle', { cx: x(s), cy: y(value), r: 5, class: 'point' }));
    const right = x(s) > W - 90;
    svg.append(make('text', { x: x(s) + (right ? -9 : 9), y: y(value) + (y(value) < TOP + 14 ? 14 : -7), 'text-anchor': right ? 'end' : 'start' }, name));
  }
};

const drawRates = (svg, probes, current) => {
  svg.replaceChildren();
  const rates = probes.flatMap((p) => [p[BEFORE], p[AFTER]]).filter(has);
  if (!rates.length) { svg.setAttribute('aria-label', 'No learning rates.'); return () => 0; }
  let low = Math.min(...rates), high = Math.max(...rates);
  const log = low > 0;
  if (log) { low /= 1.6; high *= 1.6; } else { const room = 0.2 * (high - low || 1); low -= room; high += room; }
  const first = probes[0][STEP], last = probes[probes.length - 1][STEP];
  const x = scale(first, last, LEFT, W - RIGHT);
  const line = scale(log ? Math.log(low) : low, log ? Math.log(high) : high, H - BOTTOM, TOP);
  const y = (v) => line(log ? Math.log(Math.max(v, low)) : Math.max(v, low));
  const clamp = (v) => Math.min(Math.max(v, low), high);
  svg.setAttribute('aria-label', 'Learning rate after each probe' + (log ? ', log scale' : '') + ', from ' + text(probes[0][AFTER]) + ' at step ' + first + ' to ' + text(probes[probes.length - 1][AFTER]) + ' at step ' + last + '.');
  axes(svg, x, y, ticks(first, last), log ? logTicks(low, high) : ticks(low, high), 'training step');
  for (const p of probes) if (has(p[STAR])) svg.append(make('circle', { cx: x(p[STEP]).toFixed(1), cy: y(clamp(p[STAR])).toFixed(1), r: 2, class: p[STATUS] === 'ok' || p[STATUS] === 'search' ? 'dot' : 'dot rejected' }));
  svg.append(make('path', { d: path(probes.filter((p) => has(p[AFTER])).map((p) => [p[STEP], clamp(p[AFTER])]), x, y), class: 'curve' }));
  svg.append(make('line', { x1: x(current[STEP]), x2: x(current[STEP]), y1: TOP, y2: H - BOTTOM, class: 'here' }));
  return (pixel) => first + (last - first) * (pixel - LEFT) / (W - RIGHT - LEFT);
};

const facts = (p) => [
  ['step', text(p[STEP], 9)], ['status', p[STATUS]],
  ['loss at w', text(p[ZERO], 7)],
  ['at w − ηg', has(p[MINUS]) && has(p[ZERO]) ? text(p[ZERO] + p[MINUS], 7) : '–'],
  ['at w + ηg', has(p[PLUS]) && has(p[ZERO]) ? text(p[ZERO] + p[PLUS], 7) : '–'],
  ['Gg', text(p[GG]) + (has(p[GG_SE]) ? ' ± ' + text(p[GG_SE], 2) : '')],
  ['gHg', text(p[GHG]) + (has(p[GHG_SE]) ? ' ± ' + text(p[GHG_SE], 2) : '')],
  ['η before', text(p[BEFORE])], ['η*', text(p[STAR])], ['η after', text(p[AFTER])], ['R²', text(p[R2], 4)],
];

const table = (label, probes) => {
  const node = element('table'), head = element('thead'), row = element('tr'), body = element('tbody');
  node.append(element('caption', 'Probes of ' + label), head, body);
  head.append(row);
  for (const [name] of facts(probes[0])) { const th = element('th', name); th.scope = 'col'; row.append(th); }
  for (const probe of probes) {
    const line = element('tr');
    facts(probe).forEach(([name, value], i) => {
      const cell = element(i ? 'td' : 'th', value);
      if (!i) cell.scope = 'row';
      if (name !== 'status') cell.className = 'number';
      line.append(cell);
    });
    body.append(line);
  }
  return node;
};

for (const root of document.querySelectorAll('[data-probes]')) {
  const runs = JSON.parse(document.getElementById(root.dataset.probes).textContent);
  const one = (name) => root.querySelector('[data-' + name + ']');
  const choose = one('run'), filter = one('status'), slider = one('index');
  const previous = one('previous'), next = one('next'), details = one('table');
  let probes = [], stepAt = () => 0;
  const show = () => {
    const index = Number(slider.value), probe = probes[index];
    drawParabola(one('parabola'), probe);
    stepAt = drawRates(one('rates'), probes, probe);
    one('title').textContent = 'Probe at step ' + probe[STEP] + ' (' + (index + 1) + ' of ' + probes.length + ' shown): ' + probe[STATUS];
    slider.setAttribute('aria-valuetext', (index + 1) + ' of ' + probes.length + ': ' + one('parabola').getAttribute('aria-label'));
    one('facts').replaceChildren(...facts(probe).map(([name, value]) => {
      const pair = element('div');
      pair.append(element('dt', name), element('dd', value));
      return pair;
    }));
    previous.disabled = index === 0;
    next.disabled = index === probes.length - 1;
  };
  const fillTable = () => {
    if (details.open) details.lastElementChild.replaceChildren(table(runs[choose.value].label, probes));
  };
  const select = () => {
    const all = runs[choose.value].rows;
    probes = filter.value ? all.filter((p) => p[STATUS] === filter.value) : all;
    slider.max = probes.length - 1;
    slider.value = Math.min(Number(slider.value), probes.length - 1);
    show();
    fillTable();
  };
  const changeRun = () => {
    const statuses = [...new Set(runs[choose.value].rows.map((p) => p[STATUS]))].sort();
    const kept = statuses.includes(filter.value) ? filter.value : '';
    filter.replaceChildren(...['', ...statuses].map((status) => {
      const option = element('option', status || 'all probes');
      option.value = status;
      return option;
    }));
    filter.value = kept;
    select();
  };
  const move = (by) => { slider.value = Number(slider.value) + by; show(); };
  choose.addEventListener('change', changeRun);
  filter.addEventListener('change', select);
  slider.addEventListener('input', show);
  previous.addEventListener('click', () => move(-1));
  next.addEventListener('click', () => move(1));
  details.addEventListener('toggle', fillTable);
  one('rates').addEventListener('click', (event) => {
    const box = one('rates').getBoundingClientRect();
    const step = stepAt((event.clientX - box.left) * W / box.width);
    let best = 0;
    probes.forEach((p, i) => { if (Math.abs(p[STEP] - step) < Math.abs(probes[best][STEP] - step)) best = i; });
    slider.value = best;
    show();
  });
  changeRun();
  root.hidden = false;
}
})();
`;

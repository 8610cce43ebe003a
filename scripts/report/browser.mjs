// Opens a report in headless Chromium: `node scripts/report/browser.mjs report.html [screenshots/]`. It must load nothing,
// log no error, pass axe's accessibility rules in light, dark and narrow windows, be usable by keyboard, and print.
// Needs Chromium (Debian: apt-get install chromium), found as $CHROMIUM or at its usual places.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const [page, screenshots] = process.argv.slice(2);
if (page === undefined) {
  process.stderr.write('usage: node scripts/report/browser.mjs report.html [folder for screenshots]\n');
  process.exit(2);
}
const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) {
  process.stderr.write('no Chromium: apt-get install chromium, or set CHROMIUM to its path\n');
  process.exit(3);
}
const url = pathToFileURL(resolve(page)).href;
if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });

const views = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1200, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1200, height: 900 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'narrow-dark', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
];

const failures = [];
/** Counts and prints one check. */
function check(view, name, passed, detail = '') {
  if (!passed) failures.push(`${view}: ${name}`);
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${view}: ${name}${detail ? ` (${detail})` : ''}\n`);
}

const browser = await chromium.launch({ executablePath });
try {
  for (const view of views) await look(view);
} finally {
  await browser.close();
}
process.stdout.write(`${failures.length === 0 ? 'all checks passed' : `${failures.length} failed`}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function look({ name, ...options }) {
  const context = await browser.newContext({ ...options, bypassCSP: false });
  const tab = await context.newPage();
  const requests = [];
  const errors = [];
  tab.on('request', (request) => requests.push(request.url()));
  tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  tab.on('pageerror', (error) => errors.push(String(error)));
  const started = performance.now();
  await tab.goto(url, { waitUntil: 'load' });
  const openMs = Math.round(performance.now() - started);
  check(name, 'opens', true, `${openMs} ms, ${(statSync(page).size / 1024).toFixed(0)} KiB`);
  check(
    name,
    'asks for nothing but itself',
    requests.length === 1 && requests[0] === url,
    requests.slice(1).join(),
  );
  const leaks = await tab.evaluate(() =>
    fetch('https://example.org').then(
      () => true,
      () => false,
    ),
  );
  check(name, 'could not reach the network if it tried', !leaks);
  errors.splice(0, errors.length, ...errors.filter((text) => !text.includes('example.org')));
  const overflow = await tab.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  check(name, 'is no wider than the window', overflow <= 0, `${overflow} px over`);
  await tab.evaluate(axe.source);
  const { violations } = await tab.evaluate(() => globalThis.axe.run());
  const found = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 2)
        .map(({ target }) => target)
        .join(' ')}`,
  );
  check(name, 'breaks no rule of axe', violations.length === 0, found.join('; '));
  if (screenshots !== undefined)
    await tab.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  await browse(name, tab);
  if (name === 'light') await print(tab);
  check(name, 'logs no error', errors.length === 0, errors.join('; '));
  await context.close();
}

/** Walks to the probe browser by Tab and through it by the keyboard alone. */
async function browse(name, tab) {
  const browsers = await tab.locator('.browser').count();
  if (browsers === 0) return;
  const focused = () => tab.evaluate(() => document.activeElement?.getAttribute('type'));
  let presses = 0;
  while ((await focused()) !== 'range' && presses++ < 400) await tab.keyboard.press('Tab');
  check(name, 'the probe slider is reached by Tab', (await focused()) === 'range', `${presses} presses`);
  const title = tab.locator('[data-title]').first();
  const spoken = () => tab.locator('[data-index]').first().getAttribute('aria-valuetext');
  const before = await title.textContent();
  await tab.keyboard.press('ArrowRight');
  check(name, 'an arrow key shows the next probe', (await title.textContent()) !== before);
  await tab.keyboard.press('End');
  const last = await spoken();
  check(name, 'End shows the last one, and the slider says which', /^(\d+) of \1:/.test(last ?? ''), last);
  const table = tab.locator('[data-table]').first();
  await table.locator('summary').press('Enter');
  await table.locator('tbody tr').first().waitFor({ timeout: 5000 });
  const rows = await table.locator('tbody tr').count();
  check(name, 'its probes open as a table', rows > 0, `${rows} rows`);
  if (screenshots !== undefined) {
    await table.locator('summary').press('Enter');
    await tab
      .locator('.browser')
      .first()
      .screenshot({ path: join(screenshots, `${name}-probe.png`) });
  }
}

async function print(tab) {
  const pdf = await tab.pdf({
    format: 'A4',
    ...(screenshots === undefined ? {} : { path: join(screenshots, 'print.pdf') }),
  });
  check(
    'print',
    'makes a PDF',
    pdf.subarray(0, 5).toString() === '%PDF-',
    `${(pdf.length / 1024).toFixed(0)} KiB`,
  );
}

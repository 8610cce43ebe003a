import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMain } from '../../cli/run-main.testing.js';
import { fakeRun } from '../../testing/fake-run.js';
import { reportHtml } from './report.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-report-'));
const sweep = join(root, 'sweep');
afterAll(() => rmSync(root, { recursive: true }));

const HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">';

/** A parabola with Gg = 2 and gHg = 5 around L₀ = 1; every 5th step is a probe. */
function rows(count: number, probed: boolean) {
  return Array.from({ length: count }, (_, i) => {
    const step = i + 1;
    const eta = 0.1 + i / 1000;
    const base = { step, epoch: 1, loss: 2 / step, effective_lr: probed ? eta : 0.1, train_ms: 100 };
    if (!probed || step % 5 !== 0) return base;
    const before = 0.1 + (i - 1) / 1000;
    const at = (s: number) => 1 + s * before * 2 + ((s * before) ** 2 * 5) / 2;
    return {
      ...{
        ...base,
        loss_minus: at(-1),
        loss_zero: 1,
        loss_plus: at(1),
        gg: 2,
        gg_se: 0.1,
        ghg: 5,
        ghg_se: 0.2,
      },
      ...{ lr_star: 0.4, fit_r2: 1, probe_status: step === 50 ? 'not-convex' : 'ok' },
    };
  });
}
const evals = (value: number) =>
  [40, 80, 120].map((step) => ({
    ...{ step, epoch: 1, split: 'test', metric: 'accuracy', value, count: 9, eval_ms: 1 },
  }));

beforeAll(() => {
  for (const seed of [0, 1]) {
    fakeRun(join(sweep, `gen/seed-${seed}`), { seed, metrics: rows(120, true), evals: evals(0.9) });
    const accuracy = 0.8 + seed / 100;
    fakeRun(join(sweep, `constant/seed-${seed}`), {
      ...{
        seed,
        accuracy,
        scheduler: { name: 'constant' },
        metrics: rows(120, false),
        evals: evals(accuracy),
      },
    });
  }
  fakeRun(join(sweep, 'hot/seed-0'), {
    ...{ scheduler: { name: 'constant' }, optimizer: { lr: 99, note: HOSTILE }, metrics: rows(3, false) },
    summary: { status: 'diverged', steps: 3, stopReason: `the loss is NaN ${HOSTILE}` },
  });
  fakeRun(join(sweep, 'linear/seed-0'), { scheduler: { name: 'linear' }, summary: null });
  writeFileSync(
    join(sweep, 'gen/seed-0/provenance.json'),
    JSON.stringify({ version: '9.9.9', command: `gen-bench run ${HOSTILE}`, fidelity: [] }),
  );
});

const page = () => reportHtml([sweep], new Date(0));
const parse = () => parseHTML(page()).document;

describe('report', () => {
  it('is one file that may load nothing and run nothing but its own script', () => {
    const document = parse();
    const policy = document
      .querySelector('meta[http-equiv="Content-Security-Policy"]')
      ?.getAttribute('content');
    expect(policy).toContain("default-src 'none'");
    for (const [name, text] of [
      [
        'script',
        [...document.querySelectorAll('script')].find((one) => !one.getAttribute('type'))?.textContent,
      ],
      ['style', document.querySelector('style')?.textContent],
    ]) {
      const hash = createHash('sha256')
        .update(text ?? '')
        .digest('base64');
      expect(policy, name).toContain(`${name}-src 'sha256-${hash}'`);
    }
    const sources = [...document.querySelectorAll('[src], link, iframe, object, a[href]:not([href^="#"])')];
    expect(sources.map(({ outerHTML }) => outerHTML)).toEqual([]);
    expect(page()).not.toMatch(/ style="|url\((?!#)|@import/);
  });

  it('shows what configs and summaries say as text, whatever it is', () => {
    const document = parse();
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(document.querySelectorAll('script:not([type])')).toHaveLength(1);
    expect(document.body.textContent).toContain(HOSTILE);
  });

  it('counts every run and lists those that are in no mean', () => {
    const document = parse();
    const counts = [...document.querySelectorAll('.counts li')].map(({ textContent }) => textContent);
    expect(counts).toEqual(['4 methods', '4 completed runs', '1 diverged', '1 unfinished', '2 missing']);
    const notes = document.querySelector('.notes')?.textContent;
    expect(notes).toContain('lr=99');
    expect(notes).toContain('seed 0: diverged: the loss is NaN');
    expect(notes).toMatch(/linear.*seed 0: unfinished/);
    expect(notes).toMatch(/no run with seed 1/);
  });

  it('gives every table a caption and headings, and every picture words', () => {
    const document = parse();
    const tables = [...document.querySelectorAll('table')];
    expect(tables.length).toBeGreaterThan(8);
    for (const table of tables) {
      expect(table.querySelector('caption')?.textContent).toBeTruthy();
      expect(table.querySelectorAll('thead th:not([scope="col"]), tbody th:not([scope="row"])')).toHaveLength(
        0,
      );
    }
    for (const svg of document.querySelectorAll('svg[role="img"]:not([data-parabola]):not([data-rates])')) {
      expect(svg.getAttribute('aria-label')).toMatch(/over training steps.*GeN-SGD/);
      expect(svg.querySelectorAll('[aria-label]')).toHaveLength(0);
    }
    for (const svg of document.querySelectorAll('svg:not([role])')) {
      expect(svg.getAttribute('aria-hidden')).toBe('true');
    }
    for (const name of ['header', 'nav', 'main', 'footer'])
      expect(document.querySelectorAll(name)).toHaveLength(1);
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of document.querySelectorAll('a'))
      expect(ids).toContain(link.getAttribute('href')?.slice(1));
  });

  it('says in numbers what the curves show', () => {
    const table = [...parse().querySelectorAll('table')].find(({ textContent }) =>
      textContent?.includes('Test accuracy (%): mean'),
    );
    const cells = [...(table?.querySelectorAll('tbody tr') ?? [])].map((line) =>
      [...line.children].map(({ textContent }) => textContent),
    );
    expect(cells[0]).toEqual(['40', '90', '80.5 (80 to 81)']);
    expect(cells).toHaveLength(3);
  });

  it('holds each probe as the parabola that was fitted', () => {
    const runs = JSON.parse(parse().querySelector('#probes-0')?.textContent ?? '') as {
      label: string;
      rows: (number | string)[][];
    }[];
    expect(runs.map(({ label }) => label)).toEqual(['GeN-SGD, seed 0', 'GeN-SGD, seed 1']);
    expect(runs[0]?.rows).toHaveLength(24);
    for (const row of runs[0]!.rows) {
      const [step, before, after, zero, minus, plus, gg, , ghg, , star, r2] = row as number[];
      const [slope, bend] = [before! * gg!, (before! ** 2 * ghg!) / 2];
      expect(after).toBeCloseTo(before! + 0.001, 6);
      expect(plus).toBeCloseTo(slope + bend, 4);
      expect(minus).toBeCloseTo(bend - slope, 4);
      expect([zero, star, r2, row.at(-1)]).toEqual([1, 0.4, 1, step === 50 ? 'not-convex' : 'ok']);
    }
  });

  it('finds η before the first step from the losses', () => {
    const only = fakeRun(join(root, 'first'), { metrics: rows(5, true).slice(4) });
    const document = parseHTML(reportHtml([only], new Date(0))).document;
    const [run] = JSON.parse(document.querySelector('#probes-0')?.textContent ?? '');
    expect(run.rows[0][1]).toBeCloseTo(0.103, 6);
  });

  it('bounds what a long run adds, and says so', () => {
    const long = fakeRun(join(root, 'long'), { metrics: rows(6000, true), summary: { steps: 6000 } });
    const text = reportHtml([long], new Date(0));
    expect(text.length).toBeLessThan(250_000);
    const { document } = parseHTML(text);
    const [run] = JSON.parse(document.querySelector('#probes-0')?.textContent ?? '');
    expect(run.rows).toHaveLength(300);
    expect(document.body.textContent).toContain('At most 500 points of a line are drawn');
    const counts = [...document.querySelectorAll('td.number')].map(({ textContent }) => textContent);
    expect(counts).toEqual(expect.arrayContaining(['1200', '300']));
  });

  it('is a command', async () => {
    const out = join(root, 'out.html');
    expect(await runMain('report', sweep, '--out', out)).toEqual({
      exitCode: 0,
      stdout: `${out}\n`,
      stderr: '',
    });
    expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(await runMain('report', join(root, 'absent'))).toMatchObject({ exitCode: 3 });
    const nowhere = await runMain('report', sweep, '--out', join(root, 'no/such/folder.html'));
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no such file or folder') });
  });
});

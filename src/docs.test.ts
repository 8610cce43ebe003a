/**
 * Every command in a code block of the docs: what takes long (training, downloads) is parsed and its files are
 * checked, all else runs, on made-up results where it reads results.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourcesOf } from './cli/fetch-sources.js';
import { createProgram } from './cli/program.js';
import { runMain } from './cli/run-main.testing.js';
import { loadSweep } from './config/sweep.js';
import type { MetricsRow } from './run/columns.js';
import { docCommands, expandStar } from './testing/doc-commands.js';
import { fakeRun } from './testing/fake-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'results/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:md|ya?ml)$/.test(name))
    .map((name) => join('docs', name)),
];
const commands = pages.flatMap((page) => docCommands(page, root));
const named = (program: string) =>
  commands
    .filter((command) => command.program === program)
    .map(({ where, words }) => [where, words.join(' '), words] as const);

const sandbox = mkdtempSync(join(tmpdir(), 'gen-bench-docs-'));
const home = process.cwd();
beforeAll(() => {
  for (const name of ['configs', 'datasets']) symlinkSync(join(root, name), join(sandbox, name));
  process.chdir(sandbox);
});
afterAll(() => {
  process.chdir(home);
  rmSync(sandbox, { recursive: true });
});

/** Runs of GeN and a constant rate, with everything that a reader of results may ask for. */
function makeResults(dir: string): void {
  for (const phi of [1, 4]) {
    const metrics = Array.from({ length: 20 }, (_, i): MetricsRow => {
      const probes = (i + 1) % phi === 0;
      return {
        ...{ step: i + 1, epoch: 1, loss: 1 / (i + 1), lr: 0.1, effective_lr: 0.1, train_ms: 4, data_ms: 1 },
        ...{ forward_passes: probes ? 4 : 1, backward_passes: 1, probe_ms: probes ? 3 : 0 },
      };
    });
    const evals = [10, 20].map((step) => ({
      ...{ step, epoch: 1, split: 'test', metric: 'accuracy', value: step / 25, count: 100, eval_ms: 5 },
    }));
    const [model, dataset, train] = [{ name: 'resnet8' }, { name: 'mnist-digits' }, { batch_size: 100 }];
    const scheduler = phi === 1 ? { name: 'constant', preset: undefined, phi: undefined } : { phi };
    for (const seed of [0, 1]) {
      const name = String(scheduler.phi ?? 'constant');
      fakeRun(join(dir, name, `seed-${seed}`), {
        ...{ model, dataset, scheduler, seed, metrics, evals, train },
      });
    }
  }
}

/** Parses a command line without doing what it says. */
async function parse(words: readonly string[]): Promise<Command> {
  const program = createProgram(() => {});
  const command = program.commands.find((known) => known.name() === words[0]);
  if (!command) throw new Error(`no command ${words[0]}`);
  command.action(() => {});
  await program.parseAsync([...words], { from: 'user' });
  return command;
}

const long = ['run', 'sweep', 'fetch', 'watch', 'predict', 'doctor'];

describe('the docs', () => {
  it('have commands to check', () => {
    expect(commands.length).toBeGreaterThan(10);
  });

  it.each(named('gen-bench'))('%s: gen-bench %s', async (_, __, words) => {
    const command = await parse(words);
    const [first = '', ...rest] = command.args;
    if (words[0] === 'run') expect(await runMain('explain', first, ...rest)).toMatchObject({ exitCode: 0 });
    if (words[0] === 'sweep') expect(() => loadSweep(first)).not.toThrow();
    if (words[0] === 'fetch') expect(() => command.args.flatMap(sourcesOf)).not.toThrow();
    if (long.includes(words[0] ?? '')) return;
    const results = words.filter((word) => /^results\b[^.]*$/.test(word));
    for (const dir of results) if (!existsSync(dir)) makeResults(dir);
    const { exitCode, stderr } = await runMain(...words.flatMap((word) => expandStar(word, sandbox)));
    // results of another task than the made-up ones are missing, which is no fault of the command
    expect(results.length > 0 ? [0, 3] : [0], stderr).toContain(exitCode);
  });

  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const inText = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => [
      page,
      name as string,
    ]),
  );
  it.each(inText)('%s: npm run %s is a script', (_, name) => {
    expect(Object.keys(scripts)).toContain(name);
  });

  it.each(named('npm'))('%s: npm %s is known', (_, __, [verb = '', name = '']) => {
    if (verb === 'run') expect(Object.keys(scripts)).toContain(name);
    else expect(['test', 'install', 'ci', 'link']).toContain(verb);
  });
});

import { stringify } from 'csv-stringify/sync';
import { formatDuration } from '../duration.js';
import { ownerText, type RunStatus } from '../run/status.js';
import { score } from './progress.js';
import { remainingS, type SweepStatus } from './status.js';

export type StatusFormat = 'terminal' | 'md' | 'csv' | 'json';

/** A row unheard of for so long is worth a word, while a process has the run. */
const SILENT_S = 600;

function note(run: RunStatus): string {
  switch (run.state) {
    case 'finished':
      return run.summary ? score(run.summary) : '';
    case 'diverged':
      return run.summary?.stopReason ?? '';
    case 'running': {
      const eta = remainingS(run);
      const silent = (run.lastRowAgeS ?? 0) > SILENT_S ? ', silent for long' : '';
      return `${run.owner ? ownerText(run.owner) : ''}${eta === undefined ? '' : `, ETA ${formatDuration(eta)}`}${silent}`;
    }
    case 'interrupted':
      return run.hasCheckpoint
        ? 'goes on from its checkpoint with --resume'
        : 'no checkpoint: --resume starts it again';
    case 'not started':
      return '';
  }
}

function stepText({ step, totalSteps, state }: RunStatus): string {
  if (state === 'not started') return '–';
  return state === 'finished' || state === 'diverged' ? String(step) : `${step}/${totalSteps ?? '?'}`;
}

function cells(run: RunStatus): string[] {
  const age = run.lastRowAgeS === undefined ? '–' : formatDuration(run.lastRowAgeS);
  return [run.dir, run.state, stepText(run), age, note(run)];
}

const heads = ['run', 'state', 'step', 'last row', 'note'];

/** `12 finished, 2 running, 4 not started; ETA 3:07` */
function counts({ counts: byState, etaS }: SweepStatus): string {
  const parts = Object.entries(byState).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []));
  return `${parts.join(', ')}${etaS === undefined ? '' : `; ETA ${formatDuration(etaS)}`}`;
}

function terminal(status: SweepStatus): string {
  const rows = [heads, ...status.runs.map(cells)];
  const widths = heads.map((_, i) => rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n${counts(status)}\n`;
}

function markdown(status: SweepStatus): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(heads),
    line([':--', ':--', '--:', '--:', ':--']),
    ...status.runs.map((run) => line(cells(run))),
    '',
    counts(status),
    '',
  ].join('\n');
}

/** What `--format json` and csv give of a run. */
function record(run: RunStatus) {
  return {
    run: run.dir,
    state: run.state,
    step: run.step,
    total_steps: run.totalSteps,
    last_row_age_s: run.lastRowAgeS,
    step_s: run.stepS,
    eta_s: run.state === 'running' ? remainingS(run) : undefined,
    pid: run.owner?.pid,
    host: run.owner?.host,
    has_checkpoint: run.hasCheckpoint,
    note: note(run),
  };
}

export function statusText(status: SweepStatus, format: StatusFormat): string {
  switch (format) {
    case 'terminal':
      return terminal(status);
    case 'md':
      return markdown(status);
    case 'csv':
      return stringify(status.runs.map(record), { header: true, cast: { boolean: String } });
    case 'json': {
      const { counts: byState, etaS } = status;
      return `${JSON.stringify({ counts: byState, eta_s: etaS, runs: status.runs.map(record) }, null, 2)}\n`;
    }
  }
}

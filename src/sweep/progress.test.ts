import { describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.js';
import type { SweepJob } from '../config/sweep.js';
import type { RunSummary } from '../run/summary.js';
import { sweepProgress } from './progress.js';
import type { JobOutcome } from './run.js';

describe('sweepProgress', () => {
  it('prints a line for each run that ended', () => {
    let text = '';
    const stream = {
      isTTY: false,
      write: (chunk: string) => (text += chunk),
    } as unknown as NodeJS.WriteStream;
    const progress = sweepProgress(5, stream);
    const end = (name: string, outcome: JobOutcome) => {
      const job: SweepJob = { name, dir: name, overrides: [], config: {} as Config };
      progress.onEvent({ kind: 'started', job });
      progress.onEvent({ kind: 'ended', job, outcome });
    };
    const summary = { final: { accuracy: 0.9621 }, time: { wallMs: 12_400 } } as unknown as RunSummary;
    end('gen seed 1', { kind: 'done', summary });
    end('beale', { kind: 'done', summary: { ...summary, final: {}, finalLoss: 1.234e-9 } });
    end('old', { kind: 'skipped', summary });
    end('bad', { kind: 'diverged', message: 'loss is NaN at step 3' });
    end('worse', { kind: 'failed', exitCode: 3, message: 'no data' });
    progress.stop();
    expect(text.split('\n')).toEqual([
      '[1/5] gen seed 1: accuracy 96.2 %, 12.4 s',
      '[2/5] beale: loss 1.23e-9, 12.4 s',
      '[3/5] old: accuracy 96.2 %, already done',
      '[4/5] bad: diverged: loss is NaN at step 3',
      '[5/5] worse: failed: no data',
      '',
    ]);
  });
});

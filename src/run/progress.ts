import { Presets, SingleBar } from 'cli-progress';

/** Shows how a run is getting on, on standard error: a bar on a terminal, else a line an evaluation. */
export interface Progress {
  step(step: number, loss: number, learningRate: number): void;
  evaluated(step: number, metrics: Readonly<Record<string, number>>): void;
  stop(): void;
}

export const silentProgress: Progress = { step() {}, evaluated() {}, stop() {} };

export function terminalProgress(name: string, totalSteps: number, startStep: number): Progress {
  if (!process.stderr.isTTY) return lineProgress(name, totalSteps);
  const bar = new SingleBar(
    {
      format: `${name} {bar} {value}/{total} | loss {loss} | lr {lr} | {metrics} ETA {eta_formatted}`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  bar.start(totalSteps, startStep, { loss: '-', lr: '-', metrics: '' });
  return {
    step: (step, loss, learningRate) =>
      bar.update(step, { loss: loss.toPrecision(4), lr: learningRate.toExponential(2) }),
    evaluated: (_step, metrics) => bar.update({ metrics: `${formatMetrics(metrics)} |` }),
    stop: () => bar.stop(),
  };
}

function lineProgress(name: string, totalSteps: number): Progress {
  let last = { loss: Number.NaN, learningRate: Number.NaN };
  return {
    step: (_step, loss, learningRate) => {
      last = { loss, learningRate };
    },
    evaluated: (step, metrics) => {
      process.stderr.write(
        `${name}: step ${step}/${totalSteps}, loss ${last.loss.toPrecision(4)}, lr ${last.learningRate.toExponential(2)}, ${formatMetrics(metrics)}\n`,
      );
    },
    stop() {},
  };
}

function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `test ${name} ${value.toPrecision(4)}`)
    .join(', ');
}

import type { LandscapeOptions } from '../config/sections.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { fitExamples, mean } from '../gen/fit.js';
import { Line } from '../gen/line.js';
import type { CsvFile } from './csv.js';
import type { StepContext } from './method.js';
import { batchLength, type Objective, stepSeed } from './objective.js';

/** Where the parabola goes through: GeN's own points. */
const FIT_POINTS = [-1, 0, 1];

/**
 * The loss along the update of chosen steps (Figure 2 of the paper), for landscape.csv. It looks on: no weight, random
 * stream, batch or column of metrics.csv depends on it, except that `peak_tensor_bytes` of its steps holds one more
 * snapshot of the weights.
 */
export class Landscape {
  constructor(
    private readonly options: LandscapeOptions,
    private readonly objective: Objective,
    readonly file: CsvFile,
  ) {}

  /**
   * To be called before a step; undefined where the step was not asked for.
   *
   * @returns `finish`, to be called after it with η: takes the losses and appends their rows. A step that moved nothing
   *   (η = 0) has no line and no rows.
   */
  open(context: StepContext): { finish(learningRate: number): Promise<void> } | undefined {
    if (!this.options.steps.includes(context.step)) return undefined;
    const from = readAll(this.objective.trainable);
    return {
      finish: async (learningRate) => {
        if (!(learningRate > 0 && Number.isFinite(learningRate))) {
          disposeAll(from);
          return;
        }
        const line = Line.since(from, this.objective.trainable);
        await this.measure(context, line, learningRate);
        line.dispose();
      },
    };
  }

  private async measure(context: StepContext, line: Line, learningRate: number): Promise<void> {
    const given = this.options.batch === 'same' ? context.batch : await context.nextBatch();
    const seed = stepSeed(context.seed, context.step);
    // where the loss depends on choices made from the weights, those made at w hold for all points, as in probes
    const batch = line.at([0], ([values]) => this.objective.prepare(given, seed, values));
    const points = [...new Set([...FIT_POINTS, ...this.options.points])].sort((a, b) => a - b);
    const measured = points.map((point) => {
      const started = performance.now();
      const losses = line.at([point], (points) => this.objective.lossesAt(points, batch, seed)[0]!);
      return { point, losses, forwardMs: performance.now() - started };
    });
    const lossesAt = (point: number) => measured.find((one) => one.point === point)!.losses;
    const { gg, ghg } = fitExamples(FIT_POINTS, FIT_POINTS.map(lossesAt), learningRate);
    for (const { point, losses, forwardMs } of measured) {
      const s = point * learningRate; // the weights are w + s·g
      this.file.append({
        step: context.step,
        point,
        xi: -s,
        loss: mean(losses),
        parabola: mean(lossesAt(0)) + s * gg + (s * s * ghg) / 2,
        examples: batchLength(given),
        forward_ms: forwardMs,
      });
    }
  }
}

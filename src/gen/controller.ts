import { sliceBatch } from '../data/loader.js';
import type { HostBatch } from '../data/types.js';
import { disposeAll } from '../engine/parameters.js';
import type { Tensor } from '../engine/tf.js';
import type { Optimizer, OptimizerState } from '../optimizers/types.js';
import {
  batchMeans,
  type Method,
  type ProbeRecord,
  type StepContext,
  type StepOutcome,
} from '../run/method.js';
import {
  batchLength,
  type GradientResult,
  type Objective,
  type StepSeed,
  stepSeed,
} from '../run/objective.js';
import { fitExamples, fitOneSided, mean, type ParabolaWithErrors } from './fit.js';
import { Line } from './line.js';
import type { GenOptions } from './options.js';
import { judge, nextRate, type ProbeStatus } from './rate.js';

/**
 * The generalized Newton's method over any base optimizer (GeN, arXiv:2407.02772, Algorithm 1).
 *
 * A probe step takes one ordinary step at the last learning rate, w' = w − η·g, so that the optimizer's moments
 * advance once and the line through w and w' is g's. Losses at w + s·η·g give the parabola, the parabola gives the new
 * η, and the weights are moved along the same line to w − η_new·g. Departures from the paper are options (presets in
 * `options.ts`): the batch of the probe, the clip, the gates, the decay.
 */
export class GenController implements Method {
  private rate: number;
  private readonly options: GenOptions;
  private readonly objective: Objective;
  private readonly optimizer: Optimizer;

  /** @param initialRate η₀; ignored when the options ask for a search */
  constructor(objective: Objective, optimizer: Optimizer, options: GenOptions, initialRate: number) {
    this.objective = objective;
    this.optimizer = optimizer;
    this.options = options;
    this.rate = initialRate;
  }

  async step(context: StepContext): Promise<StepOutcome> {
    const searching = this.options.lr0 === 'auto' && context.step === 1;
    if (searching || context.step % this.options.phi === 0) return this.probeStep(context, searching);
    const started = performance.now();
    const gradient = this.objective.gradient(context.batch, stepSeed(context.seed, context.step));
    this.optimizer.step(gradient.gradients, this.rate);
    disposeAll(gradient.gradients);
    return {
      ...batchMeans(gradient),
      learningRate: this.rate,
      effectiveLearningRate: this.rate,
      forwardPasses: 1,
      backwardPasses: 1,
      trainMs: performance.now() - started,
      probeMs: 0,
      dataMs: 0,
    };
  }

  private async probeStep(context: StepContext, searching: boolean): Promise<StepOutcome> {
    const seed = stepSeed(context.seed, context.step);
    const waiting = performance.now();
    const { gradientBatch, probeBatch } = await this.batches(context);
    const started = performance.now();
    const preparedBatch = this.objective.prepare(gradientBatch, seed);
    const gradient = this.objective.gradient(preparedBatch, seed);
    const isSame = gradientBatch === probeBatch;
    const preparing = performance.now();
    const pointsBatch = this.pointsBatch(probeBatch, isSame ? preparedBatch : undefined, seed);
    const prepareMs = performance.now() - preparing;
    const stepRate = searching ? 1 : this.rate;
    const line = Line.ofStep(this.objective.trainable, () => {
      this.optimizer.step(gradient.gradients, stepRate);
    });
    const probing = performance.now();
    const slope = this.options.fit === 'one-sided' && !searching ? line.dot(gradient.gradients) : 0;
    const stepsAgain = this.options.moments === 'twice' && !searching;
    if (!stepsAgain) disposeAll(gradient.gradients); // makes room for the probe
    const probe = new LineProbe(this.objective, line, pointsBatch, seed, isSame ? gradient : undefined);
    const record = searching
      ? this.search(probe)
      : this.update(probe, slope / gradient.clipScale, (context.step - 1) / context.totalSteps);
    const moving = performance.now();
    if (stepsAgain) {
      line.moveTo(0);
      this.optimizer.step(gradient.gradients, this.rate);
      disposeAll(gradient.gradients);
    } else if (this.rate !== stepRate) {
      line.moveTo(-this.rate / stepRate);
    }
    line.dispose();
    const logicalBatch = batchLength(context.batch);
    const gradientShare = batchLength(gradientBatch) / logicalBatch;
    return {
      ...batchMeans(gradient),
      learningRate: this.rate,
      effectiveLearningRate: this.rate,
      forwardPasses: gradientShare + (probe.passes * batchLength(probeBatch)) / logicalBatch,
      backwardPasses: gradientShare,
      trainMs: probing - started - prepareMs + (performance.now() - moving),
      probeMs: moving - probing + prepareMs,
      dataMs: started - waiting,
      probe: record,
    };
  }

  /** Which examples make the gradient and which the probe. */
  private async batches(context: StepContext): Promise<{ gradientBatch: HostBatch; probeBatch: HostBatch }> {
    const { batch } = context;
    switch (this.options.probe_batch) {
      case 'same':
        return { gradientBatch: batch, probeBatch: batch };
      case 'next':
        return { gradientBatch: batch, probeBatch: await context.nextBatch() };
      case 'split': {
        const half = batchLength(batch) >> 1;
        return {
          gradientBatch: sliceBatch(batch, 0, half),
          probeBatch: sliceBatch(batch, half, batchLength(batch)),
        };
      }
    }
  }

  /**
   * The probe's batch as its points take it. Where the loss depends on choices made from the weights, those made at w,
   * where the parameters still are, hold for all points; without them the objective makes new ones at every point.
   */
  private pointsBatch(batch: HostBatch, prepared: HostBatch | undefined, seed: StepSeed): HostBatch {
    if (this.options.choices === 'remade') return batch;
    return prepared ?? this.objective.prepare(batch, seed);
  }

  /**
   * Fits the parabola at the options' points and updates η where the fit is trusted.
   *
   * @param slope gradient · Δ before clipping, which the one-sided fit takes for the loss's
   */
  private update(probe: LineProbe, slope: number, progress: number): ProbeRecord {
    if (this.rate === 0) return { status: 'zero-step' };
    const { points, fit, failedFit } = this.options;
    const losses = probe.lossesAt(points);
    const parabola =
      fit === 'one-sided' ? this.oneSided(probe, slope) : fitExamples(points, losses, this.rate);
    const status: ProbeStatus = losses.every((values) => Number.isFinite(mean(values)))
      ? judge(parabola, this.options)
      : 'not-finite';
    if (status === 'ok') this.rate = nextRate(this.rate, parabola.lrStar, this.options, progress);
    else if (status === 'not-finite' && failedFit === 'halve') this.rate /= 2;
    return { status, ...parabola, ...probe.record() };
  }

  private oneSided(probe: LineProbe, slope: number): ParabolaWithErrors {
    const point = this.options.points.find((s) => s !== 0) ?? -1;
    const gg = slope / this.rate;
    const [lossAtPoint, lossAtZero] = probe.lossesAt([point, 0]).map(mean);
    return fitOneSided(gg, point, lossAtPoint!, lossAtZero!, this.rate);
  }

  /**
   * The exponential search for η₀ (Appendix C.4.2): the loss at w − ξg for ξ from 1e-6 to 1e2 in steps of 1, 2, 5, then
   * a parabola around the best of them. The line was made at η = 1, so multiples of Δ are learning rates.
   */
  private search(probe: LineProbe): ProbeRecord {
    let best = SEARCH_GRID[0]!;
    let lowest = Number.POSITIVE_INFINITY;
    for (const rate of SEARCH_GRID) {
      const loss = mean(probe.lossesAt([-rate])[0]!);
      if (!Number.isFinite(loss)) break; // larger steps only get worse
      if (loss < lowest) {
        lowest = loss;
        best = rate;
      }
    }
    const losses = probe.lossesAt([-best, 0, best]);
    const parabola = fitExamples([-1, 0, 1], losses, best);
    const trusted = parabola.gg > 0 && parabola.ghg > 0 && Number.isFinite(parabola.lrStar);
    this.rate = trusted ? Math.min(Math.max(parabola.lrStar, best / 2), best * 2) : best;
    const [lossMinus, lossZero, lossPlus] = losses.map(mean);
    return { status: 'search', ...parabola, lossMinus, lossZero, lossPlus };
  }

  state(): OptimizerState {
    const { tensors, scalars } = this.optimizer.state();
    return { tensors, scalars: { ...scalars, [RATE]: this.rate } };
  }

  restore({ tensors, scalars }: OptimizerState): void {
    const { [RATE]: rate, ...rest } = scalars;
    if (rate === undefined) throw new Error('the checkpoint has no learning rate of GeN');
    this.rate = rate;
    this.optimizer.restore({ tensors, scalars: rest });
  }

  averagedParameters(): Tensor[] | undefined {
    return this.optimizer.averagedParameters?.();
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}

const RATE = 'gen.rate';

const SEARCH_GRID = Array.from({ length: 9 }, (_, k) => [1, 2, 5].map((digit) => digit * 10 ** (k - 6)))
  .flat()
  .filter((rate) => rate <= 100);

/** Losses on the line over one batch, each point evaluated once and counted. */
class LineProbe {
  /** Forward passes made. */
  passes = 0;
  private readonly known = new Map<number, Float64Array>();

  /** @param gradient of the same batch: its forward pass is the point 0's */
  constructor(
    private readonly objective: Objective,
    private readonly line: Line,
    private readonly batch: HostBatch,
    private readonly seed: StepSeed,
    gradient: GradientResult | undefined,
  ) {
    if (gradient) this.known.set(0, gradient.losses);
  }

  /** Loss of every example at w + s·Δ, for every s. */
  lossesAt(places: readonly number[]): Float64Array[] {
    const missing = places.filter((s) => !this.known.has(s));
    if (missing.length > 0) {
      const losses = this.line.at(missing, (points) =>
        this.objective.lossesAt(points, this.batch, this.seed),
      );
      missing.forEach((s, i) => {
        this.known.set(s, losses[i]!);
      });
      this.passes += missing.length;
    }
    return places.map((s) => this.known.get(s)!);
  }

  /** The mean losses that metrics.csv has columns for. */
  record(): Pick<ProbeRecord, 'lossMinus' | 'lossZero' | 'lossPlus'> {
    const at = (s: number) => {
      const losses = this.known.get(s);
      return losses && mean(losses);
    };
    return { lossMinus: at(-1), lossZero: at(0), lossPlus: at(1) };
  }
}

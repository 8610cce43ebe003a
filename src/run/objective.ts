import { concatenateBatches, sliceBatch } from '../data/loader.js';
import { batchTensors } from '../data/tensors.js';
import type { HostBatch } from '../data/types.js';
import { type CompiledFunction, compile } from '../engine/compile.js';
import { assignAll, disposeAll, type Parameter, readAll } from '../engine/parameters.js';
import { FLOAT, floatTensor, rawOp1, readFloats } from '../engine/raw.js';
import { type Tensor, tf } from '../engine/tf.js';
import { Scope } from '../models/layers/scope.js';
import type { Model } from '../models/types.js';
import type { Preparation, Task } from '../tasks/task.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** Everything a forward pass depends on. */
type PassInputs = {
  readonly trainable: readonly Tensor[];
  readonly frozen: readonly Tensor[];
  readonly statistics: readonly Tensor[];
  readonly batch: Tensors;
  /** int32 [2] */
  readonly seed: Tensor;
};

type PassOutputs = { readonly losses: Tensor; readonly scores: Tensors };

type GradientInputs = PassInputs & {
  /** 1 / examples of the logical batch, a scalar */ readonly weight: Tensor;
};

type GradientOutputs = PassOutputs & {
  readonly gradients: readonly Tensor[];
  readonly statistics: readonly Tensor[];
};

type Finished = { readonly gradients: readonly Tensor[]; readonly norm: Tensor; readonly scale: Tensor };

/** Per-example results on the host. */
export interface ExampleResults {
  readonly losses: Float64Array;
  readonly scores: Readonly<Record<string, Float64Array>>;
}

export interface GradientResult extends ExampleResults {
  /** ∇ of the mean loss, after clipping; the caller disposes them. */
  readonly gradients: readonly Tensor[];
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** What clipping multiplied the gradient with; 1 where it did not act. */
  readonly clipScale: number;
}

export interface ObjectiveOptions {
  /** Examples of a physical batch; larger logical batches are accumulated from several. */
  readonly microBatchSize: number;
  /** Largest gradient norm, as torch's `clip_grad_norm_`; null: no clipping. */
  readonly gradClip: number | null;
  /** Which of the trainable parameters it is an objective of; all unless given. */
  readonly only?: readonly Parameter[];
}

/**
 * The loss of one experiment as pure, compiled functions of weights and batch: gradients, losses at other weights
 * (GeN's probes) and evaluation. Whatever a forward pass changes (BatchNorm's running statistics) is stored by
 * `gradient` alone, so that probes and evaluation leave no trace.
 */
export class Objective {
  readonly trainable: readonly Parameter[];
  private readonly moved: ReadonlySet<Parameter>;
  private readonly frozen: readonly Parameter[];
  private readonly parts: Objective[] = [];
  private readonly preparation: Preparation | undefined;
  private readonly prepared = new WeakSet<HostBatch>();
  private readonly single: CompiledFunction<GradientInputs, Omit<GradientOutputs, 'gradients'> & Finished>;
  private readonly partial: CompiledFunction<GradientInputs, GradientOutputs>;
  private readonly add: CompiledFunction<
    { readonly a: readonly Tensor[]; readonly b: readonly Tensor[] },
    Tensor[]
  >;
  private readonly finish: CompiledFunction<readonly Tensor[], Finished>;
  private readonly probe: CompiledFunction<PassInputs, Tensor>;
  private readonly evaluation: CompiledFunction<PassInputs, PassOutputs>;

  constructor(
    private readonly model: Model,
    private readonly task: Task,
    private readonly options: ObjectiveOptions,
  ) {
    const { only = model.parameters } = options;
    this.trainable = only.filter((parameter) => parameter.trainable);
    this.moved = new Set(this.trainable);
    this.frozen = model.parameters.filter((parameter) => !this.moved.has(parameter));
    this.preparation = task.preparation?.(model);
    const backward = (inputs: GradientInputs) => this.backward(inputs);
    const finish = (gradients: readonly Tensor[]) => this.clip(gradients);
    const batched = { batch: (inputs: PassInputs) => inputs.batch };
    this.single = compile(
      'training step',
      (inputs: GradientInputs) => {
        const { gradients, ...rest } = backward(inputs);
        return { ...rest, ...finish(gradients) };
      },
      batched,
    );
    this.partial = compile('accumulated training step', backward, batched);
    this.add = compile('gradient accumulation', ({ a, b }) => a.map((tensor, i) => tensor.add(b[i]!)));
    this.finish = compile('gradient norm', finish);
    this.probe = compile(
      'probe',
      (inputs: PassInputs) => this.forward(inputs, true, false).output.losses,
      batched,
    );
    this.evaluation = compile(
      'evaluation',
      (inputs: PassInputs) => this.forward(inputs, false).output,
      batched,
    );
  }

  /**
   * The batch with the choices that the task makes from the weights (a detector's proposals and samples), so that the
   * loss is the same function wherever it is taken; the batch itself where there are none, or where it has them.
   * `gradient`, `lossesAt` and `evaluate` make them for a batch without, at the weights that they are given.
   *
   * @param values trainable weights; the current ones unless given
   */
  prepare(batch: HostBatch, seed: StepSeed, values?: readonly Tensor[], training = true): HostBatch {
    const { preparation } = this;
    if (!preparation || this.prepared.has(batch)) return batch;
    const { weights, dispose } = this.weights(values);
    const parts = this.slices(batch).map(([start, end], index) =>
      preparation.prepare(weights, sliceBatch(batch, start, end), { training, seed: seed(index) }),
    );
    dispose();
    const whole = concatenateBatches(parts);
    this.prepared.add(whole);
    return whole;
  }

  /** Loss and gradient at the current weights, over as many physical batches as needed. Stores new statistics. */
  gradient(given: HostBatch, seed: StepSeed): GradientResult {
    const batch = this.prepare(given, seed);
    const slices = this.slices(batch);
    const count = batchLength(batch);
    const weight = floatTensor(1 / count);
    const results = new ResultCollector(count);
    let sum: readonly Tensor[] | undefined;
    let finished: Finished | undefined;
    slices.forEach(([start, end], index) => {
      const inputs = this.inputs(batch, start, end, seed, index);
      let outputs: PassOutputs & { readonly statistics: readonly Tensor[] };
      if (slices.length === 1) {
        const whole = this.single({ ...inputs.tree, weight });
        finished = whole;
        outputs = whole;
      } else {
        const part = this.partial({ ...inputs.tree, weight });
        sum = sum === undefined ? part.gradients : this.accumulate(sum, part.gradients);
        outputs = part;
      }
      results.take(outputs);
      assignAll(this.model.statistics, outputs.statistics);
      disposeAll(outputs.statistics);
      inputs.dispose(); // last: an output that only passes through may be an input
    });
    weight.dispose();
    if (!finished) {
      finished = this.finish(sum!);
      const kept = new Set(finished.gradients);
      disposeAll(sum!.filter((tensor) => !kept.has(tensor)));
    }
    return {
      ...results.results(),
      gradients: finished.gradients,
      gradNorm: scalar(finished.norm),
      clipScale: scalar(finished.scale),
    };
  }

  /**
   * Loss of every example at each of `points` (trainable weights, the caller's), in training mode and without any
   * trace.
   */
  lossesAt(points: readonly (readonly Tensor[])[], batch: HostBatch, seed: StepSeed): Float64Array[] {
    if (this.preparation && !this.prepared.has(batch)) {
      // choices of their own at every point: a batch of its own too
      return points.map((values) => this.lossesAt([values], this.prepare(batch, seed, values), seed)[0]!);
    }
    const losses = points.map(() => new Float64Array(batchLength(batch)));
    this.slices(batch).forEach(([start, end], index) => {
      const { tree, dispose } = this.inputs(batch, start, end, seed, index, []);
      const { trainable: _, ...shared } = tree;
      const outputs = this.probe.each(points.map((trainable) => ({ ...shared, trainable })));
      dispose();
      outputs.forEach((output, i) => {
        losses[i]!.set(readFloats(output), start);
      });
      disposeAll(outputs);
    });
    return losses;
  }

  /** Losses and scores in evaluation mode, at the current weights or at `values`. */
  evaluate(given: HostBatch, values?: readonly Tensor[]): ExampleResults {
    const batch = this.prepare(given, NO_SEED, values, false);
    const results = new ResultCollector(batchLength(batch));
    for (const [start, end] of this.slices(batch)) {
      const inputs = this.inputs(batch, start, end, NO_SEED, 0, values);
      const outputs = this.evaluation(inputs.tree);
      inputs.dispose();
      results.take(outputs);
    }
    return results.results();
  }

  /** Examples of one pass. */
  get microBatchSize(): number {
    return this.options.microBatchSize;
  }

  /** All weights, parameters then statistics, with `trainable` in place of the current ones where given. */
  weights(trainable?: readonly Tensor[]): { readonly weights: readonly Tensor[]; dispose(): void } {
    const read = readAll([...this.model.parameters, ...this.model.statistics]);
    const moved = new Map(this.trainable.map((parameter, i) => [parameter, trainable?.[i]]));
    const weights = read.map((tensor, i) => moved.get(this.model.parameters[i]!) ?? tensor);
    return { weights, dispose: () => disposeAll(read) };
  }

  /** Another objective over some of the same model's parameters, the others being constants to it; disposed with this one. */
  part(task: Task, only: readonly Parameter[]): Objective {
    const part = new Objective(this.model, task, { ...this.options, only });
    this.parts.push(part);
    return part;
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
    this.preparation?.dispose();
    for (const fn of [this.single, this.partial, this.add, this.finish, this.probe, this.evaluation])
      fn.dispose();
  }

  private forward(inputs: PassInputs, training: boolean, trackStatistics = training) {
    const { parameters, statistics } = this.model;
    let trainable = 0;
    let frozen = 0;
    const values = parameters.map((parameter) =>
      this.moved.has(parameter) ? inputs.trainable[trainable++]! : inputs.frozen[frozen++]!,
    );
    const scope = new Scope([...parameters, ...statistics], [...values, ...inputs.statistics], {
      training,
      trackStatistics,
      seed: inputs.seed,
    });
    return { scope, output: this.task.forward(this.model, scope, inputs.batch) };
  }

  private backward(inputs: GradientInputs): GradientOutputs {
    let kept: PassOutputs | undefined;
    let statistics: Tensor[] = [];
    const loss = (...trainable: Tensor[]) => {
      const { scope, output } = this.forward({ ...inputs, trainable }, true);
      statistics = scope.statistics(this.model.statistics);
      kept = output;
      for (const tensor of [output.losses, ...Object.values(output.scores)]) tf.keep(tensor);
      return output.losses.sum().mul(inputs.weight) as ReturnType<typeof tf.scalar>;
    };
    const { grads } = tf.valueAndGrads(loss)([...inputs.trainable]);
    return { ...kept!, gradients: grads, statistics };
  }

  /** Norm and clipping of a gradient, as torch.nn.utils.clip_grad_norm_. */
  private clip(gradients: readonly Tensor[]): Finished {
    const halfSquares = gradients.map((gradient) => rawOp1('L2Loss', [gradient], { T: FLOAT }));
    const norm = tf.addN(halfSquares).mul(2).sqrt();
    const limit = this.options.gradClip;
    if (limit === null) return { gradients, norm, scale: floatTensor(1) };
    const scale = tf.minimum(floatTensor(limit).div(norm.add(floatTensor(1e-6))), 1);
    return { gradients: gradients.map((gradient) => gradient.mul(scale)), norm, scale };
  }

  private accumulate(a: readonly Tensor[], b: readonly Tensor[]): readonly Tensor[] {
    const total = this.add({ a, b });
    disposeAll(a);
    disposeAll(b);
    return total;
  }

  private slices(batch: HostBatch): [number, number][] {
    const count = batchLength(batch);
    const size = this.options.microBatchSize;
    return Array.from({ length: Math.ceil(count / size) }, (_, i) => [
      i * size,
      Math.min((i + 1) * size, count),
    ]);
  }

  private inputs(
    batch: HostBatch,
    start: number,
    end: number,
    seed: StepSeed,
    microBatch: number,
    values?: readonly Tensor[],
  ) {
    const trainable = values ?? readAll(this.trainable);
    const tree: PassInputs = {
      trainable,
      frozen: readAll(this.frozen),
      statistics: readAll(this.model.statistics),
      batch: batchTensors(sliceBatch(batch, start, end)),
      seed: tf.tensor1d(seed(microBatch), 'int32'),
    };
    const dispose = () => {
      if (!values) disposeAll(trainable);
      disposeAll([...tree.frozen, ...tree.statistics, ...Object.values(tree.batch), tree.seed]);
    };
    return { tree, dispose };
  }
}

/** Seed of a step's dropout masks, for each of its physical batches. */
export type StepSeed = (microBatch: number) => [number, number];

const NO_SEED: StepSeed = () => [0, 0];

/** A pure function of run seed and step: probes of a step see its masks, resumed runs see the original's. */
export function stepSeed(runSeed: number, step: number): StepSeed {
  // The second word leaves room for the dropouts of one pass (Scope.dropoutSeed counts them up).
  return (microBatch) => [(runSeed ^ Math.imul(step, 0x9e3779b1)) | 0, microBatch << 16];
}

/** Examples of a batch; 1 where the task has no data. */
export function batchLength(batch: HostBatch): number {
  const first = Object.values(batch)[0];
  return first ? first.shape[0]! : 1;
}

function scalar(tensor: Tensor): number {
  const value = tensor.dataSync()[0]!;
  tensor.dispose();
  return value;
}

/** Gathers the per-example outputs of physical batches, in order. */
class ResultCollector {
  private readonly losses: Float64Array;
  private readonly scores: Record<string, Float64Array> = {};
  private next = 0;

  constructor(private readonly count: number) {
    this.losses = new Float64Array(count);
  }

  /** Reads and disposes the tensors. */
  take({ losses, scores }: PassOutputs): void {
    const values = readFloats(losses);
    this.losses.set(values, this.next);
    for (const [name, tensor] of Object.entries(scores)) {
      this.scores[name] ??= new Float64Array(this.count);
      this.scores[name].set(readFloats(tensor), this.next);
      tensor.dispose();
    }
    losses.dispose();
    this.next += values.length;
  }

  results(): ExampleResults {
    return { losses: this.losses, scores: this.scores };
  }
}

import type { HostBatch } from '../data/types.js';
import type { Tensor } from '../engine/tf.js';
import type { OptimizerState } from '../optimizers/types.js';
import { normals, randomGenerator } from '../random.js';
import type { Method, StepContext, StepOutcome } from './method.js';
import { batchLength } from './objective.js';

/** The networks, in the order of their updates. */
const NETWORKS = ['discriminator', 'generator'] as const;

/**
 * Two methods that take turns, each with its own optimizer and learning rate: one step of the discriminator, then one of
 * the generator against the discriminator as it is then. The common columns of metrics.csv are the discriminator's, those
 * of the generator begin with `generator_`; passes and times are sums.
 */
export class GanMethod implements Method {
  /** @param latentSize random numbers that an image is made from */
  constructor(
    private readonly methods: Readonly<Record<(typeof NETWORKS)[number], Method>>,
    private readonly latentSize: number,
  ) {}

  async step(context: StepContext): Promise<StepOutcome> {
    const { seed, step } = context;
    const shared: StepContext = {
      ...context,
      batch: this.withLatents(context.batch, seed, step),
      nextBatch: async () => this.withLatents(await context.nextBatch(), seed, step + 1),
    };
    const discriminator = await this.methods.discriminator.step(shared);
    const generator = await this.methods.generator.step(shared);
    const sum = (quantity: (outcome: StepOutcome) => number) => quantity(discriminator) + quantity(generator);
    return {
      ...discriminator,
      scores: {
        ...discriminator.scores,
        ...generator.scores,
        generator_loss: generator.loss,
        generator_lr: generator.effectiveLearningRate,
        generator_grad_norm: generator.gradNorm,
        generator_gg: generator.probe?.gg,
        generator_ghg: generator.probe?.ghg,
        generator_lr_star: generator.probe?.lrStar,
      },
      forwardPasses: sum(({ forwardPasses }) => forwardPasses),
      backwardPasses: sum(({ backwardPasses }) => backwardPasses),
      trainMs: sum(({ trainMs }) => trainMs),
      probeMs: sum(({ probeMs }) => probeMs),
      dataMs: sum(({ dataMs }) => dataMs),
    };
  }

  /** The batch with `latent` [B, L] from N(0, 1), a pure function of seed and step. */
  private withLatents(batch: HostBatch, seed: number, step: number): HostBatch {
    const count = batchLength(batch);
    const data = normals(randomGenerator(seed, `latents of step ${step}`), count * this.latentSize, 1);
    return { ...batch, latent: { shape: [count, this.latentSize], data } };
  }

  state(): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    const scalars: Record<string, number> = {};
    for (const network of NETWORKS) {
      const state = this.methods[network].state();
      Object.assign(tensors, withPrefix(network, state.tensors));
      Object.assign(scalars, withPrefix(network, state.scalars));
    }
    return { tensors, scalars };
  }

  restore({ tensors, scalars }: OptimizerState): void {
    for (const network of NETWORKS) {
      this.methods[network].restore({
        tensors: withoutPrefix(network, tensors),
        scalars: withoutPrefix(network, scalars),
      });
    }
  }

  /** In the model's order. */
  averagedParameters(): Tensor[] | undefined {
    const { generator, discriminator } = this.methods;
    const first = generator.averagedParameters();
    const second = discriminator.averagedParameters();
    return first && second && [...first, ...second];
  }

  dispose(): void {
    for (const network of NETWORKS) this.methods[network].dispose();
  }
}

function withPrefix<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}

function withoutPrefix<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(`${prefix}/`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length + 1), value]));
}

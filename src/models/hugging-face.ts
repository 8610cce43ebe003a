import type { Parameter } from '../engine/parameters.js';
import type { WeightSource } from './weights.js';

interface NameRules {
  /** What a task's model puts before the names of the bare one, e.g. `bert.`. */
  readonly prefix: string;
  /** Tensors of checkpoints that may be left out where the model does not have them. */
  readonly optional: RegExp;
  /** Own names to names that stand for them where they are absent. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/**
 * Checkpoints of one architecture name their tensors in several ways: with and without the task's prefix, LayerNorm's
 * parameters as `gamma` and `beta` (TensorFlow's first BERTs), with buffers and heads of other tasks.
 *
 * @returns a function that gives a checkpoint's tensors the names of `parameters`
 */
export function huggingFaceNames(
  parameters: readonly Parameter[],
  { prefix, optional, aliases = {} }: NameRules,
): (weights: WeightSource) => WeightSource {
  const own = new Set(parameters.map(({ name }) => name));
  const ownName = (name: string): string | undefined => {
    const modern = name
      .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
      .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
    const bare = modern.startsWith(prefix) ? modern.slice(prefix.length) : modern;
    const found = [modern, prefix + modern, bare].find((candidate) => own.has(candidate));
    return found ?? (optional.test(name) ? undefined : name);
  };
  return (weights) => {
    const renamed = new Map<string, Pick<ReturnType<WeightSource['get']> & object, 'shape' | 'read'>>();
    for (const [name, entry] of weights) {
      const target = ownName(name);
      if (target !== undefined) renamed.set(target, entry);
    }
    for (const [name, alias] of Object.entries(aliases)) {
      const entry = weights.get(alias);
      if (entry && !renamed.has(name)) renamed.set(name, entry);
    }
    return renamed;
  };
}

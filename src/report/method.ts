import type { RunConfig } from './runs.js';

const optimizerLabels: Readonly<Record<string, string>> = {
  sgd: 'SGD',
  signsgd: 'SignSGD',
  adagrad: 'AdaGrad',
  rmsprop: 'RMSProp',
  adam: 'Adam',
  adamw: 'AdamW',
};

const schedulerLabels: Readonly<Record<string, string>> = {
  gen: 'GeN',
  prodigy: 'Prodigy',
  'd-adapt': 'D-Adapt',
  dog: 'DoG',
  dowg: 'DoWG',
};

/** Schedulers in the order of the paper's Table 2; any other comes between cosine and Prodigy. */
const order = ['gen', 'constant', 'linear', 'cosine', undefined, 'prodigy', 'd-adapt', 'dog', 'dowg'];

export function optimizerLabel(config: RunConfig): string {
  return optimizerLabels[config.optimizer.name] ?? config.optimizer.name;
}

/** GeN's preset where it is not the default one. */
function variant(config: RunConfig): string | undefined {
  const { name, preset } = config.scheduler;
  return name === 'gen' && typeof preset === 'string' && preset !== 'authors' ? preset : undefined;
}

/** The scheduler's name as people write it, e.g. `GeN`, `GeN (paper)`, `constant`, `D-Adapt`. */
export function schedulerLabel(config: RunConfig): string {
  const label = schedulerLabels[config.scheduler.name] ?? config.scheduler.name;
  const preset = variant(config);
  return preset === undefined ? label : `${label} (${preset})`;
}

/** Scheduler and base optimizer in the paper's way: `GeN-SGD`, `SGD (constant)`, `Prodigy`, `D-Adapt SGD`. */
export function methodLabel(config: RunConfig): string {
  const optimizer = optimizerLabel(config);
  const preset = variant(config);
  switch (config.scheduler.name) {
    case 'gen':
      return `GeN-${optimizer}${preset === undefined ? '' : ` (${preset})`}`;
    case 'prodigy':
      return 'Prodigy';
    case 'd-adapt':
    case 'dog':
    case 'dowg':
      return `${schedulerLabel(config)} ${optimizer}`;
    default:
      return `${optimizer} (${config.scheduler.name})`;
  }
}

/** Sorts configs as the paper's Table 2 does: GeN first, its default preset before the others. */
export function compareMethods(a: RunConfig, b: RunConfig): number {
  const rank = (config: RunConfig) => {
    const index = order.indexOf(config.scheduler.name);
    return 2 * (index === -1 ? order.indexOf(undefined) : index) + (variant(config) === undefined ? 0 : 1);
  };
  const name = (config: RunConfig) => `${config.optimizer.name} ${schedulerLabel(config)}`;
  return rank(a) - rank(b) || (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config/schema.js';
import { UsageError } from '../errors.js';
import type { Scale } from '../report/scale-model.js';
import { positiveInteger } from './options.js';

interface ExplainFlags {
  scale?: Scale;
  devices: number;
  bandwidth: number;
  runs?: string[];
  out?: string;
}

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('what a config would run')
    .description(
      'Shows what a config would run: every setting, steps, learning rates, memory and cost. Trains nothing.\n' +
        'With --scale: how fast GeN would be beside its base optimizer on several devices, over Φ.',
    )
    .argument('<config.yaml>')
    .argument('[key=value...]', 'overrides, e.g. scheduler.name=cosine')
    .addOption(
      new Option('--scale <way>', 'the cost model of training on several devices').choices([
        'ddp',
        'zero3',
        'fsdp',
      ]),
    )
    .option('--devices <n>', 'how many devices', positiveInteger, 8)
    .option('--bandwidth <GB/s>', 'what each device sends, one way', gigabytes, 25)
    .option('--runs <dir...>', 'GeN runs of this config to take times from')
    .option('--out <file>', 'draws the cost model too, .svg or .png')
    .action(async (file: string, overrides: string[], flags: ExplainFlags) => {
      const { loadConfigs } = await import('./load-configs.js');
      for (const config of loadConfigs(file, overrides)) await explainConfig(config, flags);
    });
}

async function explainConfig(config: Config, flags: ExplainFlags): Promise<void> {
  const { scale, out } = flags;
  if (!scale) {
    if (flags.runs || out) throw new UsageError('--runs and --out go with --scale ddp, zero3 or fsdp');
    const { explain } = await import('../config/explain.js');
    process.stdout.write(explain(config));
    return;
  }
  const { scaleMarkdown, scaleTable } = await import('../report/scale.js');
  const table = scaleTable(config, { ...flags, scale });
  process.stdout.write(scaleMarkdown(table));
  if (out === undefined) return;
  const { scaleFigure } = await import('../report/figure-scale.js');
  scaleFigure(table, out);
  process.stdout.write(`${out}\n`);
}

function gigabytes(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number > 0.');
  return value;
}

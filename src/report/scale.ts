import { parameterCounts } from '../config/parameters.js';
import { costPerProbe } from '../config/probe-cost.js';
import type { Config } from '../config/schema.js';
import { UsageError } from '../errors.js';
import { measureTimes } from './scale-measured.js';
import {
  bytesSent,
  type Communication,
  noCommunication,
  paperProbe,
  relativeSpeed,
  type Scale,
  type StepTimes,
} from './scale-model.js';

export interface ScaleOptions {
  readonly scale: Scale;
  readonly devices: number;
  /** Of each device, one way, in GB/s. */
  readonly bandwidth: number;
  /** Directories with runs to take F and B from. */
  readonly runs?: readonly string[];
}

/** A line of the model over Φ. */
interface Prediction {
  readonly label: string;
  /** In the order of `ScaleTable.phis`. */
  readonly speeds: readonly number[];
}

/** The cost model of one config. */
export interface ScaleTable {
  readonly title: string;
  readonly phis: readonly number[];
  readonly predictions: readonly Prediction[];
  /** On one device; undefined where there are no runs of that Φ. Empty without runs. */
  readonly measured: readonly (number | undefined)[];
  /** What the numbers stand on, a sentence each. */
  readonly notes: readonly string[];
}

const PHIS = [1, 2, 4, 8, 16, 32];
/** Without a measured F there are no seconds to set communication against: some shares of F + B instead. */
const COMMUNICATION_SHARES = [0.5, 1, 2];

/**
 * The relative speed of GeN over Φ that the cost model predicts, with F and B as measured in runs or, without runs, in
 * the paper's ratios.
 *
 * @throws UsageError where the model's size is known only once the data is there; MissingError without fitting runs
 */
export function scaleTable(config: Config, options: ScaleOptions): ScaleTable {
  const parameters = parameterCounts(config);
  if (!parameters) {
    throw new UsageError(
      `${config.name}: the size of ${config.model.name} is known only with its data, so what it would communicate is not`,
    );
  }
  const { scale, devices, bandwidth } = options;
  const probe = costPerProbe(config) ?? paperProbe;
  const bytes = bytesSent(scale, devices, parameters);
  const group = `${devices} devices (${scale})`;
  const shared = [
    `n = ${Number(probe.forward.toFixed(2))} forward passes a probe${config.scheduler.name === 'gen' ? '' : ' (Algorithm 1: the config has no GeN)'}.`,
    `A step sends ${megabytes(bytes.step)} a device, a forward pass alone ${megabytes(bytes.forward)} (${group}, float32).`,
  ];
  const overPhi = (times: StepTimes, communication: Communication, phis: readonly number[]) =>
    phis.map((phi) => relativeSpeed(times, communication, probe, phi));
  const title = `${config.name}: relative speed of GeN, (F + B + C) / (F + B + C + n/Φ · (F + C_f))`;

  if (options.runs) {
    const { model, dataset, train } = config;
    const work = { model: model.name, dataset: dataset?.name, batchSize: train.batch_size };
    const { times, speeds, runs } = measureTimes(options.runs, work);
    const points = speeds.filter(({ probePasses }) => Math.abs(probePasses - probe.forward) < 0.01);
    const phis = [...new Set([...PHIS, ...points.map(({ phi }) => phi)])].sort((a, b) => a - b);
    const toMs = (sent: number) => sent / bandwidth / 1e6;
    const communication = { step: toMs(bytes.step), forward: toMs(bytes.forward) };
    return {
      title,
      phis,
      predictions: [
        { label: '1 device', speeds: overPhi(times, noCommunication, phis) },
        { label: group, speeds: overPhi(times, communication, phis) },
      ],
      measured: phis.map((phi) => points.find((point) => point.phi === phi)?.speed),
      notes: [
        `F ${ms(times.forward)}, B ${ms(times.backward)}, data ${ms(times.other)} a step: medians of ${runs} run${runs === 1 ? '' : 's'}.`,
        ...shared,
        `C = ${ms(communication.step)}, C_f = ${ms(communication.forward)} at ${bandwidth} GB/s, nothing overlapped; every device takes a batch as the run's.`,
      ],
    };
  }

  // the paper: B ≈ 2F in full training, B ≈ F where most weights are frozen
  const isFull = parameters.trainable > parameters.total / 2;
  const times = { forward: 1, backward: isFull ? 2 : 1, other: 0 };
  const work = times.forward + times.backward;
  return {
    title,
    phis: PHIS,
    predictions: [
      { label: 'no communication', speeds: overPhi(times, noCommunication, PHIS) },
      ...COMMUNICATION_SHARES.map((share) => {
        const step = share * work;
        const communication = { step, forward: bytes.step > 0 ? (step * bytes.forward) / bytes.step : 0 };
        return {
          label: `${scale}, C = ${share === 1 ? '' : `${share} `}(F + B)`,
          speeds: overPhi(times, communication, PHIS),
        };
      }),
    ],
    measured: [],
    notes: [
      `F : B = 1 : ${times.backward}, the paper's ratio for ${isFull ? 'full' : 'parameter-efficient'} training; give runs of this config to measure it: --runs <dir>.`,
      ...shared,
    ],
  };
}

/** The table as Markdown. */
export function scaleMarkdown({ title, phis, predictions, measured, notes }: ScaleTable): string {
  const hasPoints = measured.length > 0;
  const head = ['Φ', ...predictions.map(({ label }) => label), ...(hasPoints ? ['measured, 1 device'] : [])];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = phis.map((phi, i) => [
    String(phi),
    ...predictions.map(({ speeds }) => percent(speeds[i])),
    ...(hasPoints ? [percent(measured[i])] : []),
  ]);
  return [`${title}\n`, line(head), line(head.map(() => '--:')), ...rows.map(line), '', ...notes, ''].join(
    '\n',
  );
}

const percent = (speed: number | undefined) => (speed === undefined ? '' : `${(100 * speed).toFixed(1)} %`);
const ms = (value: number) => `${Number(value.toPrecision(3))} ms`;
const megabytes = (bytes: number) => `${Number((bytes / 1e6).toPrecision(3))} MB`;

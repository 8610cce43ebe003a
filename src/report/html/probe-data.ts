/** What the page's probe browser shows, read from metrics.csv. */
import type { CsvTable } from '../../run/csv-read.js';
import { readRunCsv } from '../curves.js';
import type { Run } from '../runs.js';

/** Probes of one run that a page holds. */
const MAX_PROBES = 300;

/**
 * One probe: step, η before, η after, loss at w, loss at w − ηg and at w + ηg less that at w, Gg, its standard error,
 * gHg, its standard error, η*, R², status. null: does not apply or is not finite.
 */
type ProbeRow = readonly [number, ...(number | null)[], string];

export interface RunProbes {
  /** All probes of the run, of which `rows` are evenly chosen. */
  readonly total: number;
  readonly rows: readonly ProbeRow[];
}

const rounded = (value: number, digits: number) =>
  Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;

/** The η that the probe's points are multiples of. */
function rateBefore(table: Columns, i: number): number {
  const before = i > 0 ? table.effectiveLr[i - 1]! : Number.NaN;
  const span = table.plus[i]! - table.minus[i]!;
  // in the first step, and after the search for η₀, only the fit tells: Gg = (L₊ − L₋) / 2η
  return table.status[i] === 'search' || Number.isNaN(before) ? span / (2 * table.gg[i]!) : before;
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(table: CsvTable) {
  return {
    step: table.numbers('step'),
    effectiveLr: table.numbers('effective_lr'),
    minus: table.numbers('loss_minus'),
    zero: table.numbers('loss_zero'),
    plus: table.numbers('loss_plus'),
    gg: table.numbers('gg'),
    ggSe: table.numbers('gg_se'),
    ghg: table.numbers('ghg'),
    ghgSe: table.numbers('ghg_se'),
    lrStar: table.numbers('lr_star'),
    r2: table.numbers('fit_r2'),
    status: table.strings('probe_status'),
  };
}

/** The probes of a run; undefined where it has none. */
export function runProbes(run: Run): RunProbes | undefined {
  const table = readRunCsv(run, 'metrics.csv');
  if (!table) return undefined;
  const columns = columnsOf(table);
  const probed = [...columns.status.keys()].filter((i) => columns.status[i] !== '');
  if (probed.length === 0) return undefined;
  const stride = Math.ceil(probed.length / MAX_PROBES);
  const rows = probed
    .filter((_, k) => k % stride === 0)
    .map((i): ProbeRow => {
      const at = (values: Float64Array) => values[i] as number;
      const { zero, minus, plus } = columns;
      return [
        at(columns.step),
        rounded(rateBefore(columns, i), 6),
        rounded(at(columns.effectiveLr), 6),
        rounded(at(zero), 7),
        // differences, which are small against the losses, keep their digits
        rounded(at(minus) - at(zero), 5),
        rounded(at(plus) - at(zero), 5),
        rounded(at(columns.gg), 6),
        rounded(at(columns.ggSe), 3),
        rounded(at(columns.ghg), 6),
        rounded(at(columns.ghgSe), 3),
        rounded(at(columns.lrStar), 6),
        rounded(at(columns.r2), 6),
        columns.status[i] as string,
      ];
    });
  return { total: probed.length, rows };
}

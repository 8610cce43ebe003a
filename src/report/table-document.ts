import type { Statistic } from './statistics.js';

/** A cell of a table: what it says and where that comes from. */
export type Cell =
  /** Measured here; `deviations` from the paper's set-up, a short text each. */
  | {
      readonly source: 'measured';
      readonly value: Statistic;
      readonly diverged: number;
      readonly deviations: readonly string[];
    }
  /** `std` where the paper prints one. */
  | { readonly source: 'paper'; readonly value: number; readonly std?: number }
  /** Runs there are, but none that ended well. */
  | { readonly source: 'diverged' | 'unfinished' }
  /**
   * `needs Java`: everything of the run but this was measured; `no objects`: the test set has none of this size;
   * `not printed`: the paper has no such number.
   */
  | { readonly source: 'not run' | 'needs Java' | 'no objects' | 'not printed' };

export interface TableRow {
  /** Block the row belongs to, e.g. `ResNet50`. */
  readonly group: string;
  readonly label: string;
  /** `here` or `paper`; undefined where the table has nothing but measurements. */
  readonly from: 'here' | 'paper' | undefined;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
}

/** A table before it is written in any format. Values of cells are in the unit the caption names. */
export interface TableDocument {
  readonly number: number;
  readonly caption: string;
  readonly tier: Tier;
  /** What groups, columns and values are, as column names of a CSV, e.g. `model`, `dataset`, `accuracy_percent`. */
  readonly heads: { readonly group: string; readonly column: string; readonly value: string };
  /** Digits of values after the point, the same in all columns or one number each. */
  readonly digits: number | readonly number[];
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  readonly notes: readonly string[];
}

/**
 * `full`: the paper's own experiment (its model and data set, pretrained weights, all the data, its image size).
 * `mini`: everything else, runnable on a small machine; never shown among the paper's numbers.
 */
export type Tier = 'full' | 'mini';

/** What reports must know of a metric to show and rank it; its computation is a pure function in the same file. */
export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  /** Which direction is an improvement; decides the best evaluation of a run and the best method of a table. */
  readonly better: 'higher' | 'lower';
  /** The value is a fraction of 1 and is shown as a percentage; files always hold the fraction. */
  readonly percent: boolean;
}

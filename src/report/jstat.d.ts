/** The few functions used of jstat, which comes without types. */
declare module 'jstat' {
  interface JStat {
    mean(values: readonly number[]): number;
    /** Standard deviation; `sample`: with n − 1. */
    stdev(values: readonly number[], sample?: boolean): number;
    readonly studentt: {
      /** Quantile of Student's t distribution. */
      inv(probability: number, degreesOfFreedom: number): number;
    };
  }
  const jstat: JStat;
  export default jstat;
}

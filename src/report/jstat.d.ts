/** The few functions used of jstat, which comes without types. */
declare module 'jstat' {
  interface JStat {
    median(values: readonly number[]): number;
    readonly studentt: {
      /** Quantile of Student's t distribution. */
      inv(probability: number, degreesOfFreedom: number): number;
    };
  }
  const jstat: JStat;
  export default jstat;
}

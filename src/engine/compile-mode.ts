interface CompileMode {
  /** false: always eager (`--no-compile`). */
  enabled: boolean;
  /** Told why a function runs eagerly, and what was recorded (`--verbose`). */
  report: (message: string) => void;
  /**
   * What was decided for each function and form of its inputs, once it has been compared with eager runs. A resumed run
   * is given those of its first part: where an eager run is compared anew, at weights near a minimum say, it may be
   * found too different, and an eager run's numbers differ in their last bits.
   */
  decisions: Map<string, Decision>;
}

/** How a function runs: as a graph of the whole recorded batch, as one derived from few examples, or op by op. */
export type Decision = 'recorded' | 'derived' | 'eager';

export const compileMode: CompileMode = { enabled: true, report: () => {}, decisions: new Map() };

const said = new WeakMap<CompileMode['report'], Set<string>>();

/** Reports that a fast path does not apply, and why; a message that was reported before is not repeated. */
export function noteFallback(message: string): void {
  const { report } = compileMode;
  const messages = said.get(report) ?? new Set();
  said.set(report, messages);
  if (messages.has(message)) return;
  messages.add(message);
  report(message);
}

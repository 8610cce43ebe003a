import { formatProblem, type Problem } from '../config/problems.js';

/** Writes the warnings among `problems` to stderr, each text once. */
export function printWarnings(problems: readonly Problem[]): void {
  const warnings = problems.filter((problem) => problem.severity === 'warning').map(formatProblem);
  for (const warning of new Set(warnings)) process.stderr.write(`${warning}\n`);
}

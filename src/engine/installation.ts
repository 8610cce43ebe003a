import { inspect, type Part } from '../../scripts/setup/inspect.mjs';

export type { Part } from '../../scripts/setup/inspect.mjs';

/** What TensorFlow's installation should be and the state of its parts. */
export interface Installation {
  /** The device that this machine's engine is for. */
  readonly device: 'cpu' | 'cuda';
  readonly parts: readonly Part[];
}

/**
 * Looks at everything that set-up puts in place: packages, TensorFlow's library, the addon, the build, and the tools
 * it needs. TensorFlow is not loaded. The checks are set-up's own, so that the two never disagree.
 */
export function inspectInstallation(): Promise<Installation> {
  return inspect();
}

/** One part of an installation. */
export interface Part {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'damaged';
  /** False for what only a new set-up would need. */
  readonly needed: boolean;
  readonly detail: string;
  /** How to mend it; absent where it is ok. */
  readonly fix?: string;
}

/** `root` is the folder of the clone; by default the one that this file is in. */
export function inspect(root?: string): Promise<{ device: 'cpu' | 'cuda'; parts: Part[] }>;

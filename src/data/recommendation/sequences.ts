/** Ratings as they are, a row each. */
export interface Interactions {
  readonly users: Int32Array;
  readonly items: Int32Array;
  /** Seconds. */
  readonly times: Float64Array;
}

/** What each user took, in order of time. */
export interface Sequences {
  /** Users in the order of their ids; items 1 to `numItems`, in the order of their ids. */
  readonly users: readonly Int32Array[];
  readonly numItems: number;
}

/**
 * The preprocessing of BERT4Rec-VAE-Pytorch for MovieLens-1M: every rating counts, users with fewer than `minLength`
 * are left out, items are not. Ratings of the same second keep the file's order.
 */
export function sequencesOf({ users, items, times }: Interactions, minLength: number): Sequences {
  const rowsByUser = new Map<number, number[]>();
  users.forEach((user, row) => {
    const rows = rowsByUser.get(user);
    if (rows) rows.push(row);
    else rowsByUser.set(user, [row]);
  });
  const kept = [...rowsByUser]
    .filter(([, rows]) => rows.length >= minLength)
    .sort(([a], [b]) => a - b)
    .map(([, rows]) => rows);
  const itemIds = [...new Set(kept.flatMap((rows) => rows.map((row) => items[row]!)))].sort((a, b) => a - b);
  const tokens = new Map(itemIds.map((id, i) => [id, i + 1]));
  const inOrder = (rows: readonly number[]) => rows.toSorted((a, b) => times[a]! - times[b]!);
  return {
    users: kept.map((rows) => Int32Array.from(inOrder(rows), (row) => tokens.get(items[row]!)!)),
    numItems: itemIds.length,
  };
}

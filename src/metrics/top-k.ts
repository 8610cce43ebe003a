/** Lengths of the recommended lists that are scored, as in the paper's Table 7. */
export const TOP_K = [1, 5, 10, 20] as const;

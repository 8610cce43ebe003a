import type { ParabolaWithErrors } from './fit.js';
import type { GenOptions } from './options.js';

/** What became of a probe; everything but `ok` left η as it was (authors-exact halves it after `not-finite`). */
export type ProbeStatus =
  | 'ok'
  | 'not-finite'
  | 'not-convex'
  | 'no-descent'
  | 'low-r2'
  | 'low-z'
  | 'zero-step';

/**
 * Whether a fitted parabola is trusted.
 *
 * Algorithm 1 asks only for gHg > 0: a negative slope gives a negative η, which still descends along the line. With
 * `clip` a negative slope is rejected too, as in the authors' code: the clip keeps η positive, and no positive η would
 * descend.
 */
export function judge(parabola: ParabolaWithErrors, options: GenOptions): ProbeStatus {
  const { gg, ghg, lrStar, r2, ghgSe } = parabola;
  if (![gg, ghg].every(Number.isFinite)) return 'not-finite';
  if (!(ghg > 0) || !Number.isFinite(lrStar)) return 'not-convex';
  if (options.clip !== null && !(gg > 0)) return 'no-descent';
  if (options.min_r2 !== null && !(r2 > options.min_r2)) return 'low-r2';
  if (options.min_z !== null && !(ghg > options.min_z * (ghgSe ?? Number.POSITIVE_INFINITY))) return 'low-z';
  return 'ok';
}

/**
 * Algorithm 1, line 7, with the authors' clip and horizon factor: η ← γ·η + (1 − γ)·d·clip(η*).
 *
 * @param progress (step − 1) / total steps, for `decay`
 */
export function nextRate(rate: number, lrStar: number, options: GenOptions, progress: number): number {
  const { gamma, clip } = options;
  const bounded = clip === null ? lrStar : Math.max(Math.min(lrStar, rate * clip), rate / clip);
  return gamma * rate + (1 - gamma) * decayFactor(options.decay, progress) * bounded;
}

function decayFactor(decay: GenOptions['decay'], progress: number): number {
  switch (decay) {
    case 'none':
      return 1;
    case 'linear':
      return 1 - progress;
    case 'cosine':
      return (1 + Math.cos(Math.PI * progress)) / 2;
  }
}

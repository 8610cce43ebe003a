import { setTimeout } from 'node:timers/promises';
import { median } from './median.mjs';

/** Between turns: threads of the last one go on spinning for a while, and would slow the next. */
const PAUSE_MS = 10;

/** Has two sides work in turn, so that a change of the machine's speed meets both; each side's answers. */
export async function takeTurns(ours, peer, pairs) {
  const a = [];
  const b = [];
  for (let i = 0; i < pairs; i++) {
    a.push(await ours.call());
    await setTimeout(PAUSE_MS);
    b.push(await peer.call());
    await setTimeout(PAUSE_MS);
  }
  return { a, b };
}

/** A row of the results: medians of both sides and of the ratio ours/peer, taken pair by pair. */
export function ratioRow(work, a, b, goal) {
  const ratios = a.map((value, i) => value / b[i]).sort((x, y) => x - y);
  return {
    work,
    ours_ms: median(a),
    peer_ms: median(b),
    ratio: median(ratios),
    ratio_low: ratios[0],
    ratio_high: ratios.at(-1),
    goal,
  };
}

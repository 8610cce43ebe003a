import Table from 'cli-table3';
import { NO_PART, type OpTime, type Profile } from '../engine/profile.js';

/** Kinds of ops shown of a part; the others together make one line. */
const SHOWN = 20;

/**
 * A table of op times for every part of a step (or batch): a part is a compiled function, or the optimizer's update.
 *
 * @param unit what the profiles are of, e.g. `step`: counts and times are means over them
 * @param untracedMs mean time of as many that were not traced
 */
export function profileText(
  profiles: readonly Profile[],
  unit: string,
  untracedMs: number | undefined,
): string {
  const count = profiles.length;
  const profile = {
    ops: profiles.flatMap(({ ops }) => ops),
    parts: profiles.flatMap(({ parts }) => parts),
  };
  const tracedMs = sumMs(profiles.map(({ whole }) => whole)) / count;
  const untraced = untracedMs === undefined ? '' : `; untraced, the ${count} after, ${formatMs(untracedMs)}`;
  const means = { unit, count, tracedMs };
  const sections = partsOf(profile).map((part) => partText(profile, part, means));
  return [
    `${formatMs(tracedMs)} a ${unit} while traced${untraced}`,
    `all ops\n${opTable(profile.ops, count)}`,
    ...sections,
    '',
  ].join('\n\n');
}

type Times = Pick<Profile, 'ops' | 'parts'>;

/** Names, longest first; last what belongs to none. */
function partsOf({ parts }: Times): string[] {
  const names = [...new Set(parts.map(({ name }) => name))];
  const timed = names.map((name) => ({ name, ms: sumMs(parts.filter((part) => part.name === name)) }));
  return [...timed.sort((a, b) => b.ms - a.ms).map(({ name }) => name), NO_PART];
}

function partText(
  { ops, parts }: Times,
  part: string,
  { unit, count, tracedMs }: { readonly unit: string; readonly count: number; readonly tracedMs: number },
): string {
  const own = ops.filter((op) => op.part === part);
  const spans = parts.filter(({ name }) => name === part);
  const isRest = part === NO_PART;
  const ms = isRest ? tracedMs - sumMs(parts) / count : sumMs(spans) / count;
  const name = isRest ? 'outside of these' : `${part}, ${formatCount(spans.length / count)} a ${unit}`;
  const head = `${name}: ${formatMs(ms)} (${percent(ms / tracedMs)}); ops together ${formatMs(sumMs(own) / count)}`;
  return own.length === 0 ? head : `${head}\n${opTable(own, count)}`;
}

/** Counts and times per unit by kind of op. */
function opTable(ops: readonly OpTime[], count: number): string {
  const opMs = sumMs(ops);
  const rows = kindsOf(ops);
  const others = rows.slice(SHOWN);
  const shown = others.length > 1 ? [...rows.slice(0, SHOWN), together(others)] : rows;
  const table = new Table({
    head: ['op', 'count', 'ms', 'share'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
    chars: Object.fromEntries(BORDERS.map((border) => [border, ''])),
  });
  for (const { name, ...total } of shown) {
    const cells = [formatCount(total.count / count), (total.ms / count).toFixed(2), percent(total.ms / opMs)];
    table.push([name, ...cells]);
  }
  return table.toString();
}

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
] as const;

interface Kind {
  readonly name: string;
  readonly count: number;
  readonly ms: number;
}

/** The ops by name, the dearest first. */
function kindsOf(ops: readonly OpTime[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const op of ops) {
    const name = op.inGraph ? op.name : `${op.name} (no graph)`;
    const { count, ms } = kinds.get(name) ?? { count: 0, ms: 0 };
    kinds.set(name, { name, count: count + 1, ms: ms + op.durationUs / 1e3 });
  }
  return [...kinds.values()].sort((a, b) => b.ms - a.ms);
}

function together(kinds: readonly Kind[]): Kind {
  const total = (key: 'count' | 'ms') => kinds.reduce((sum, kind) => sum + kind[key], 0);
  return { name: `${kinds.length} others`, count: total('count'), ms: total('ms') };
}

function sumMs(spans: readonly { readonly durationUs: number }[]): number {
  return spans.reduce((sum, { durationUs }) => sum + durationUs, 0) / 1e3;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const formatMs = (ms: number) => `${ms.toFixed(ms < 100 ? 2 : 0)} ms`;

const formatCount = (count: number) => String(Number(count.toFixed(2)));

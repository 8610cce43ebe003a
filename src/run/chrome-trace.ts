import type { Profile, Span } from '../engine/profile.js';

/** An entry of the Trace Event Format, which chrome://tracing and Perfetto show; times in µs. */
interface TraceEvent {
  readonly ph: 'X' | 'M';
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly [key: string]: unknown;
}

const JAVASCRIPT = 0;

/** Profiles as a Chrome trace: JavaScript's thread in one row, the ops of graphs in as many as ran at once. */
export function chromeTrace(profiles: readonly Profile[]): object {
  const rows: Span[][] = [];
  const ops = profiles.flatMap((profile) => profile.ops);
  const inGraph = ops.filter((op) => op.inGraph).sort((a, b) => a.startUs - b.startUs);
  for (const op of inGraph) rowFor(op, rows).push(op);
  const traceEvents = [
    label('process_name', JAVASCRIPT, 'gen-bench'),
    label('thread_name', JAVASCRIPT, 'JavaScript'),
    ...rows.map((_, row) => label('thread_name', row + 1, `ops in graphs, ${row + 1}`)),
    ...profiles.flatMap(({ whole, parts, graphs }) => [
      slice(whole, JAVASCRIPT, 'whole'),
      ...parts.map((span) => slice(span, JAVASCRIPT, 'part')),
      ...graphs.map((span) => slice({ ...span, name: `graph: ${span.name}` }, JAVASCRIPT, 'graph')),
    ]),
    ...ops.filter((op) => !op.inGraph).map((op) => slice(op, JAVASCRIPT, 'op')),
    ...rows.flatMap((row, i) => row.map((op) => slice(op, i + 1, 'op'))),
  ];
  return { traceEvents, displayTimeUnit: 'ms' };
}

/** The first row that is free when the op starts. */
function rowFor(op: Span, rows: Span[][]): Span[] {
  const free = rows.find((row) => {
    const last = row.at(-1)!;
    return last.startUs + last.durationUs <= op.startUs;
  });
  if (free) return free;
  rows.push([]);
  return rows.at(-1)!;
}

function slice({ name, startUs, durationUs }: Span, tid: number, category: string): TraceEvent {
  return { ph: 'X', name, cat: category, ts: startUs, dur: durationUs, pid: 0, tid };
}

function label(kind: 'process_name' | 'thread_name', tid: number, name: string): TraceEvent {
  return { ph: 'M', name: kind, pid: 0, tid, args: { name } };
}

import type { Tokenizer } from './types.js';

/** Ids with special tokens, as the model reads them. */
export interface FramedText {
  readonly ids: Int32Array;
  /** Index in `ids` from which on segment ids are 1; the length where there is no second text. */
  readonly secondStart: number;
  /** Whether something was cut off. */
  readonly truncated: boolean;
}

/**
 * Puts special tokens around one text or a pair, cut to `maxLength` tokens in all as Hugging Face's
 * `truncation='longest_first'` does: the longer text gives way first, both keep half where both are long.
 */
export function frameText(
  { frame }: Pick<Tokenizer, 'frame'>,
  first: readonly number[],
  second: readonly number[] | undefined,
  maxLength: number,
): FramedText {
  const { start, middle, end } = frame;
  const special = start.length + end.length + (second === undefined ? 0 : middle.length);
  const room = Math.max(0, maxLength - special);
  const [keepFirst, keepSecond] = shares(first.length, second?.length ?? 0, room);
  const head = [...start, ...first.slice(0, keepFirst), ...(second === undefined ? end : middle)];
  const tail = second === undefined ? [] : [...second.slice(0, keepSecond), ...end];
  return {
    ids: Int32Array.of(...head, ...tail),
    secondStart: head.length,
    truncated: keepFirst < first.length || keepSecond < (second?.length ?? 0),
  };
}

/** Tokens that each of two texts may keep. */
function shares(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second, Math.floor(room / 2));
  const longer = room - shorter;
  return first <= second ? [shorter, longer] : [longer, shorter];
}

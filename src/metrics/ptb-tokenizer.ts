/**
 * English tokenisation as in the Penn Treebank (https://www.cis.upenn.edu/~bies/manuals/tokenize.pdf), lower-cased: what
 * MS-COCO's caption scorer, and with it the E2E challenge's, feeds to METEOR, ROUGE-L and CIDEr. Made to agree with
 * Stanford's PTBTokenizer 3.4.1 on plain sentences.
 */

/** A token at a place in the text. */
interface Rule {
  readonly pattern: RegExp;
  /** What the token is written as; its own text unless given. */
  readonly as?: string | ((text: string) => string);
}

const APOSTROPHE = "['’]";
const LETTER = '[\\p{L}\\p{M}]';
const WORD = `[\\p{L}\\p{M}\\p{N}]`;
/** Followed by no more of a word. */
const END = `(?!${WORD})`;

const rule = (pattern: string, as?: Rule['as']): Rule => ({
  pattern: new RegExp(pattern, 'iuy'),
  ...(as === undefined ? {} : { as }),
});
const straight = (text: string) => text.replaceAll('’', "'");

const ABBREVIATIONS =
  'mr|mrs|ms|dr|drs|st|jr|sr|prof|gen|col|capt|lt|sgt|rev|hon|gov|pres|sen|sens|rep|reps|vs|etc|inc|ltd|co|corp|bros|' +
  'ave|blvd|dept|est|mt|ft|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|mon|tue|tues|wed|thu|thurs|fri|al|ed|eds|fig|op|pp|vol|ca|cf';

/** Parts of words that stand apart, as in is n't, it 's, gon na; the first match is taken. */
const PARTS: readonly Rule[] = [
  rule(`${WORD}*${LETTER}(?=n${APOSTROPHE}t${END})`),
  rule(`n${APOSTROPHE}t${END}`, straight),
  rule(`${APOSTROPHE}(?:s|m|d|re|ve|ll)${END}`, straight),
  rule(`can(?=not${END})`),
  rule(`(?:gon|wan)(?=na${END})|got(?=ta${END})|gim(?=me${END})|lem(?=me${END})`),
  rule(`${APOSTROPHE}t(?=(?:is|was)${END})`, straight),
];

/** Everything else; the longest match is taken, of equal ones the first rule's. */
const RULES: readonly Rule[] = [
  // addresses
  rule('(?:https?://|www\\.)[^\\s<>"|(){}]+[^\\s<>"|(){}.,;:!?\'`-]'),
  rule('[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+'),
  rule(`[@#]${LETTER}[\\w]*`),
  // words, with what hyphens, apostrophes, full stops or slashes hold together
  rule(`${WORD}+(?:[-_]${WORD}+)*`),
  rule(`(?:o|d|l)${APOSTROPHE}${LETTER}+(?:-${WORD}+)*`, straight),
  rule('\\p{L}(?:\\.\\p{L})+\\.'),
  rule('\\p{L}\\.(?!\\s*$)'),
  rule(`${LETTER}+\\.(?=,)`), // an abbreviation, since the sentence goes on
  rule('nos?\\.(?=\\s*\\d)'),
  rule(`${WORD}+(?:/${WORD}+)+`),
  rule(`${APOSTROPHE}\\d\\ds?${END}`, straight),
  rule(`${APOSTROPHE}(?:n${APOSTROPHE}|n${END}|em${END}|cause${END})|ol${APOSTROPHE}`, straight),
  rule('[\\w.-]+\\.(?:com|net|org|edu|gov)(?![\\w])'),
  rule(`(?:${ABBREVIATIONS})\\.`),
  rule('\\p{L}&\\p{L}'),
  // numbers
  rule(`(?:(?<!${WORD})[-+])?\\d+(?:[.,:/]\\d+)*(?:-\\d+(?:[.,]\\d+)*)?${END}`),
  // signs
  rule('\\.{3,}|…', '...'),
  rule('-{2,}|[–—―]', '--'),
  rule('[?!]+'),
  rule('\\*+'),
  rule("[\"“”„«»]|''|``", '"'),
  rule("['‘’`‹›]", "'"),
  rule('\\(', '-lrb-'),
  rule('\\)', '-rrb-'),
  rule('\\[', '-lsb-'),
  rule('\\]', '-rsb-'),
  rule('\\{', '-lcb-'),
  rule('\\}', '-rcb-'),
  rule('£', '#'),
  rule('€', '$'),
  rule('.'),
];

/** The scorer leaves these out. Brackets stay, since it compares their upper-case names with lower-case tokens. */
const DROPPED = new Set(['"', "'", '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Tokens of one sentence, without punctuation. */
export function ptbTokens(text: string): string[] {
  return allTokens(text).filter((token) => !DROPPED.has(token));
}

function allTokens(sentence: string): string[] {
  const tokens: string[] = [];
  let place = 0;
  const text = sentence.replaceAll('&amp;', '&');
  while (place < text.length) {
    if (/\s/.test(text[place]!)) {
      place++;
      continue;
    }
    const { match, as } = tokenAt(text, place);
    tokens.push((as === undefined ? match : typeof as === 'string' ? as : as(match)).toLowerCase());
    place += match.length;
  }
  return tokens;
}

function tokenAt(text: string, place: number): { match: string; as: Rule['as'] } {
  const matchOf = ({ pattern }: Rule) => {
    pattern.lastIndex = place;
    return pattern.exec(text)?.[0] ?? '';
  };
  for (const part of PARTS) {
    const match = matchOf(part);
    if (match !== '') return { match, as: part.as };
  }
  let longest = { match: '', as: undefined as Rule['as'] };
  for (const candidate of RULES) {
    const match = matchOf(candidate);
    if (match.length > longest.match.length) longest = { match, as: candidate.as };
  }
  return longest;
}

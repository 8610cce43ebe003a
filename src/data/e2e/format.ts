/**
 * The text form in which LoRA's code base (Hu et al. 2021, arXiv:2106.09685, examples/NLG) gives the E2E challenge to
 * GPT-2: `name : The Vaults | Type : pub | …`, and sentences with punctuation set apart.
 */

/** Slots that have another name in the text form. */
const SLOT_NAMES: Readonly<Record<string, string>> = {
  eatType: 'Type',
  priceRange: 'price',
  familyFriendly: 'family friendly',
};

/**
 * `name[The Vaults], eatType[pub]` as `name : The Vaults | Type : pub`.
 *
 * @returns undefined where the text is no list of slots with their values
 */
export function linearise(meaning: string): string | undefined {
  const slots = [...meaning.matchAll(/(?:^|,\s*)([\w ]+)\[([^[\]]*)\]/g)];
  const length = slots.reduce((sum, [text]) => sum + text.length, 0);
  if (slots.length === 0 || length !== meaning.trimEnd().length) return undefined;
  return slots
    .map(([, name, value]) => `${SLOT_NAMES[name!] ?? name} : ${separatePunctuation(value!)}`)
    .join(' | ');
}

/**
 * A sentence with its punctuation set apart by spaces, as in the code base's files: 99.2 % of the development and test
 * sets' sentences are the same to the letter.
 */
export function separatePunctuation(sentence: string): string {
  return sentence
    .replace(/(\p{L})(n't)(?!\p{L})/gu, '$1 $2')
    .replace(/(?<=[\p{L}\p{N}])('s|'re|'ve|'ll|'d|'m)(?![\p{L}\p{N}])/giu, ' $1')
    .replace(/(?<=\p{L})([-/])(?=\p{L})|(?<=\p{N})-(?=\p{N})/gu, ' $& ')
    .replace(/(?<!\d-?)£/g, ' £ ')
    .replace(/(\S)([.,!?;:)\]"”]+)(?=\s|$)/gu, (_, before: string, signs: string) => {
      return `${before} ${signs.startsWith('..') ? signs : [...signs].join(' ')}`;
    })
    .replace(/([,;:!?])(?=[\p{L}\p{N}])/gu, ' $1 ')
    .replace(/(^|\s)([([“"'])(?=\S)(?<!'(?=(?:s|re|ve|ll|d|m)(?!\p{L})))/giu, '$1$2 ')
    .replace(/(?<=\p{L}|\d)'(?=\s|$)/gu, " '")
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

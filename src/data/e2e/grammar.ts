/**
 * A synthetic stand-in for the E2E challenge, whose data no package carries: a grammar over the challenge's own slots
 * makes meanings and sentences for them. The sentences say exactly what the meaning does, in few words and patterns, so
 * that a small model learns them in minutes; scores on it compare with each other only.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type RandomGenerator, randomGenerator } from '../../random.js';

const VALUES = {
  name: [
    'Blue Spice',
    'Clowns',
    'Cocum',
    'Cotto',
    'Giraffe',
    'Green Man',
    'Loch Fyne',
    'Strada',
    'The Cricketers',
    'The Eagle',
    'The Mill',
    'The Phoenix',
    'The Punter',
    'The Vaults',
    'Zizzi',
  ],
  eatType: ['coffee shop', 'pub', 'restaurant'],
  food: ['Chinese', 'English', 'French', 'Indian', 'Italian', 'Japanese'],
  priceRange: ['cheap', 'moderate', 'high', 'less than £20', '£20-25', 'more than £30'],
  'customer rating': ['low', 'average', 'high', '1 out of 5', '3 out of 5', '5 out of 5'],
  area: ['city centre', 'riverside'],
  familyFriendly: ['yes', 'no'],
  near: [
    'All Bar One',
    'Burger King',
    'Café Rouge',
    'Café Sicilia',
    'Crowne Plaza Hotel',
    'Raja Indian Cuisine',
    'The Bakers',
  ],
} as const;

type Slot = keyof typeof VALUES;
type Meaning = Readonly<Partial<Record<Slot, string>>> & { readonly name: string; readonly eatType: string };

/** Slots that a meaning may leave out, each once in `OMITTED` times. */
const OPTIONAL = ['food', 'priceRange', 'customer rating', 'area', 'familyFriendly', 'near'] as const;
const OMITTED = 3;
/** Fewest slots beside name and type. */
const FEWEST = 2;

/** A meaning in the challenge's notation, with different sentences for it. */
export interface GrammarExample {
  readonly meaning: string;
  readonly sentences: readonly string[];
}

/**
 * `count` different meanings with up to `sentences` sentences each, always the same for the same `purpose`.
 *
 * @param others meanings that must not occur
 */
export function grammarExamples(
  purpose: string,
  { count, sentences }: { readonly count: number; readonly sentences: number },
  others: ReadonlySet<string> = new Set(),
): GrammarExample[] {
  const random = randomGenerator(0, `e2e-grammar ${purpose}`);
  const examples = new Map<string, GrammarExample>();
  while (examples.size < count) {
    const slots = drawMeaning(random);
    const meaning = notation(slots);
    if (others.has(meaning) || examples.has(meaning)) continue;
    const texts = new Set<string>();
    for (let i = 0; i < 4 * sentences && texts.size < sentences; i++) texts.add(drawText(slots, random));
    examples.set(meaning, { meaning, sentences: [...texts] });
  }
  return [...examples.values()];
}

function pick<T>(random: RandomGenerator, values: readonly T[]): T {
  return values[uniformInt(random, 0, values.length - 1)]!;
}

function drawMeaning(random: RandomGenerator): Meaning {
  for (;;) {
    const chosen = OPTIONAL.filter(() => uniformInt(random, 0, OMITTED - 1) > 0);
    const draw = (slot: Slot) => [slot, pick<string>(random, VALUES[slot])] as const;
    const meaning = Object.fromEntries(['name' as const, 'eatType' as const, ...chosen].map(draw));
    if (chosen.length >= FEWEST) return meaning as unknown as Meaning;
  }
}

function notation(meaning: Meaning): string {
  return Object.entries(meaning)
    .map(([slot, value]) => `${slot}[${value}]`)
    .join(', ');
}

/** What may be said of a slot, as a part of the first sentence or as a sentence of its own. */
interface Phrases {
  /** Before the noun: `cheap`, `Italian`. */
  readonly before?: string;
  /** Behind the noun. */
  readonly behind?: readonly string[];
  /** Whole sentences; `It` stands for the name. */
  readonly apart: readonly string[];
}

function phrasesOf(slot: (typeof OPTIONAL)[number], value: string): Phrases {
  switch (slot) {
    case 'food':
      return {
        before: value,
        behind: [`serving ${value} food`, `that serves ${value} food`],
        apart: [`It serves ${value} food.`, `${value} food is served there.`],
      };
    case 'priceRange':
      return pricePhrases(value);
    case 'customer rating':
      return {
        behind: [`with a customer rating of ${value}`],
        apart: [`Customers rate it ${value}.`, `Its customer rating is ${value}.`],
      };
    case 'area': {
      const place = value === 'riverside' ? 'by the riverside' : 'in the city centre';
      return { behind: [place], apart: [`It is ${place}.`, `You can find it ${place}.`] };
    }
    case 'familyFriendly':
      return value === 'yes'
        ? { before: 'family-friendly', apart: ['It is family-friendly.', 'Families are welcome.'] }
        : { apart: ["It isn't family-friendly.", 'It is not for families.'] };
    case 'near':
      return { behind: [`near ${value}`, `close to ${value}`], apart: [`It is near ${value}.`] };
  }
}

function pricePhrases(value: string): Phrases {
  if (value === 'cheap') return { before: 'cheap', apart: ['It is cheap.', 'Prices are low.'] };
  if (/^[a-z]+$/.test(value)) {
    return {
      before: value === 'high' ? 'high-priced' : 'moderately priced',
      apart: [`Prices are ${value}.`, `It has a ${value} price range.`],
    };
  }
  return {
    behind: [`with prices of ${value}`],
    apart: [`Prices are ${value}.`, `A meal costs ${value}.`],
  };
}

/** One sentence about the name, the slots in random order as parts of it or in sentences behind. */
function drawText(meaning: Meaning, random: RandomGenerator): string {
  const before: string[] = [];
  const behind: string[] = [];
  const apart: string[] = [];
  const given = OPTIONAL.filter((slot) => meaning[slot] !== undefined);
  for (const slot of shuffled(given, random)) {
    const phrases = phrasesOf(slot, meaning[slot]!);
    const places = [
      ...(phrases.before ? [() => before.push(phrases.before!)] : []),
      ...(phrases.behind && behind.length < 2 ? [() => behind.push(pick(random, phrases.behind!))] : []),
      ...(apart.length < 2 ? [() => apart.push(pick(random, phrases.apart))] : []),
    ];
    (places.length > 0 ? pick(random, places) : () => apart.push(pick(random, phrases.apart)))();
  }
  const noun = [...before, meaning.eatType].join(' ');
  const article = /^[aeiou]/i.test(noun) ? 'an' : 'a';
  const opening = pick(random, [
    `${meaning.name} is ${article} ${noun}`,
    `There is ${article} ${noun} called ${meaning.name}`,
  ]);
  return [`${[opening, ...behind].join(' ')}.`, ...apart].join(' ');
}

function shuffled<T>(values: readonly T[], random: RandomGenerator): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

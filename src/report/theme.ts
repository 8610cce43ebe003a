import type { Method } from './aggregate.js';

/** Inter is what PNGs are drawn with; an SVG falls back to what its viewer has. */
export const FONT_FAMILY =
  'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

export const INK = '#1f2328';
export const PAPER = '#ffffff';

/** Colours that stay apart for colour-blind readers (after Okabe and Ito), by scheduler. */
const schedulerColors: Readonly<Record<string, string>> = {
  gen: '#D55E00',
  constant: '#767676',
  linear: '#0072B2',
  cosine: '#882255',
  prodigy: '#009E73',
  'd-adapt': '#CC79A7',
  dog: '#56B4E9',
  dowg: '#E69F00',
};
const otherColors = ['#7B61C9', '#8C6D31', '#17A2A2', '#A04040', '#5B8C2A'];

/** The same method keeps its colour in every figure; further ones of the same scheduler differ in their dashes. */
const dashes = ['', '7 3', '2 2', '8 3 2 3', '12 3'];

/** Steps of one scale (after plasma, by Smith and van der Walt), its lightness falling for every kind of eye. */
const ordinalColors = [
  '#0D0887',
  '#41049D',
  '#6A00A8',
  '#8F0DA4',
  '#B12A90',
  '#CC4778',
  '#D8576B',
  '#E16462',
];

/** What dark viewers show instead: the same hues, light enough on black. */
const darkColors: Readonly<Record<string, string>> = {
  '#D55E00': '#FF8A3D',
  '#767676': '#A0A0A0',
  '#0072B2': '#4FA8E0',
  '#56B4E9': '#8ED1F7',
  '#009E73': '#3CCBA0',
  '#CC79A7': '#E8A3CB',
  '#E69F00': '#FFC04D',
  '#882255': '#D0709F',
  '#7B61C9': '#B3A1F0',
  '#8C6D31': '#CBAE72',
  '#17A2A2': '#5FD0D0',
  '#A04040': '#E08585',
  '#5B8C2A': '#9CCB6B',
  '#0D0887': '#C33D80',
  '#41049D': '#CC4778',
  '#6A00A8': '#E16462',
  '#8F0DA4': '#ED7953',
  '#B12A90': '#F58C46',
  '#CC4778': '#FCA636',
  '#D8576B': '#FDC328',
  '#E16462': '#F0F921',
};

/** How the line of a method looks. */
export interface LineStyle {
  readonly color: string;
  /** SVG dash array; empty: solid. */
  readonly dash: string;
  readonly width: number;
}

/** A style for each method: colour by scheduler, dashes within a scheduler, GeN heavier. */
export function lineStyles(methods: readonly Method[]): Map<Method, LineStyle> {
  const seen = new Map<string, number>();
  const others: string[] = [];
  const styles = new Map<Method, LineStyle>();
  for (const method of methods) {
    const name = method.config.scheduler.name;
    const index = seen.get(name) ?? 0;
    seen.set(name, index + 1);
    if (!(name in schedulerColors) && !others.includes(name)) others.push(name);
    const color = schedulerColors[name] ?? otherColors[others.indexOf(name) % otherColors.length] ?? INK;
    styles.set(method, {
      color,
      dash: dashes[index % dashes.length] ?? '',
      width: name === 'gen' ? 2.4 : 1.6,
    });
  }
  return styles;
}

/** Styles of values in their order, from dark to light, every other one dashed. */
export function ordinalStyles(count: number): LineStyle[] {
  const last = ordinalColors.length - 1;
  return Array.from({ length: count }, (_, i) => ({
    color: ordinalColors[count > 1 ? Math.round((i * last) / (count - 1)) : 0] ?? INK,
    dash: i % 2 === 0 ? '' : '7 3',
    width: 2,
  }));
}

/** Colours by base optimizer, for figures in which each stands beside its GeN variant. */
const optimizerColors: Readonly<Record<string, string>> = {
  sgd: '#D55E00',
  signsgd: '#767676',
  adagrad: '#E69F00',
  rmsprop: '#CC79A7',
  adam: '#0072B2',
  adamw: '#009E73',
};

/** GeN solid, the base optimizer alone dashed, both in the base optimizer's colour. */
export function pairStyle({ config }: Method): LineStyle {
  const color = optimizerColors[config.optimizer.name] ?? INK;
  return config.scheduler.name === 'gen'
    ? { color, dash: '', width: 2.2 }
    : { color, dash: '5 3', width: 1.6 };
}

/** Dark-mode rules; viewers without them, the PNG renderer and paper keep the light colours. */
export function darkModeCss(): string {
  const swaps = Object.entries(darkColors).map(
    ([light, dark]) => `[stroke="${light}"]{stroke:${dark}}[fill="${light}"]{fill:${dark}}`,
  );
  return [
    '@media screen and (prefers-color-scheme: dark){',
    `svg{color:#e6edf3}.paper{fill:#0d1117}[stroke="${PAPER}"]{stroke:#0d1117}`,
    ...swaps,
    '}',
  ].join('');
}

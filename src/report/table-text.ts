import { stringify } from 'csv-stringify/sync';
import { formatStatistic } from './format.js';
import type { Cell, TableDocument } from './table-document.js';

const seeds = (n: number) => `${n} seed${n === 1 ? '' : 's'}`;

/** Numbers the distinct deviation texts of a table: its footnotes. */
function footnotesOf({ rows }: TableDocument): string[] {
  const texts = rows.flatMap(({ cells }) =>
    cells.flatMap((cell) => (cell.source === 'measured' ? cell.deviations : [])),
  );
  return [...new Set(texts)];
}

const letter = (index: number) => String.fromCharCode('a'.charCodeAt(0) + index);

interface Style {
  readonly plusMinus: string;
  /** Marks of the footnotes a cell has, e.g. `a,b`. */
  readonly marks: (letters: string) => string;
}

interface CellStyle extends Style {
  /** After the point. */
  readonly digits: number;
}

/** Cells of a row as text. */
function cellTexts(
  { digits }: TableDocument,
  cells: readonly Cell[],
  footnotes: readonly string[],
  style: Style,
) {
  return cells.map((cell, i) =>
    cellText(cell, footnotes, { ...style, digits: typeof digits === 'number' ? digits : digits[i]! }),
  );
}

function cellText(cell: Cell, footnotes: readonly string[], style: CellStyle): string {
  switch (cell.source) {
    case 'measured': {
      const number = formatStatistic(cell.value, { scale: 1, digits: () => style.digits }).replace(
        '±',
        style.plusMinus,
      );
      const letters = cell.deviations.map((text) => letter(footnotes.indexOf(text))).join(',');
      const diverged = cell.diverged > 0 ? `, ${cell.diverged} diverged` : '';
      return `${number} (${seeds(cell.value.n)}${diverged})${letters && style.marks(letters)}`;
    }
    case 'paper':
      return [cell.value, cell.std]
        .flatMap((value) => (value === undefined ? [] : [value.toFixed(style.digits)]))
        .join(` ${style.plusMinus} `);
    default:
      return cell.source;
  }
}

/** GitHub-flavoured Markdown. */
export function tableMarkdown(table: TableDocument): string {
  const withSource = table.rows.some(({ from }) => from !== undefined);
  const footnotes = footnotesOf(table);
  const style: Style = {
    plusMinus: '±',
    marks: (letters) => ` <sup>${letters}</sup>`,
  };
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const head = [table.heads.group, 'method', ...(withSource ? ['from'] : []), ...table.columns];
  const fixedColumns = head.length - table.columns.length;
  return [
    `${table.caption}\n`,
    line(head),
    line(head.map((_, i) => (i < fixedColumns ? ':--' : '--:'))),
    ...table.rows.map(({ group, label, from, cells }) =>
      line([
        ...[group, label, ...(withSource ? [from ?? ''] : [])],
        ...cellTexts(table, cells, footnotes, style),
      ]),
    ),
    ...(footnotes.length > 0 ? ['', ...footnotes.map((text, i) => `${letter(i)}: ${text}  `)] : []),
    ...(table.notes.length > 0 ? ['', ...table.notes] : []),
    '',
  ].join('\n');
}

/** One line a cell, in full precision: `source` says whether a value was measured or is the paper's. */
export function tableCsv(table: TableDocument): string {
  const { heads } = table;
  const lines = table.rows.flatMap(({ group, label, cells }) =>
    cells.map((cell, i) => ({
      table: table.number,
      tier: table.tier,
      [heads.group]: group,
      method: label,
      [heads.column]: table.columns[i],
      source: cell.source,
      [heads.value]:
        cell.source === 'measured' ? cell.value.mean : cell.source === 'paper' ? cell.value : undefined,
      std: cell.source === 'measured' ? cell.value.std : cell.source === 'paper' ? cell.std : undefined,
      seeds: cell.source === 'measured' ? cell.value.n : undefined,
      diverged: cell.source === 'measured' ? cell.diverged : undefined,
      deviations: cell.source === 'measured' ? cell.deviations.join('; ') : undefined,
    })),
  );
  return stringify(lines, { header: true });
}

const latexEscapes: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  Φ: '$\\Phi$',
  '−': '$-$',
};

const latexText = (text: string) =>
  text
    .replace(/[\\~^Φ−]/g, (found) => latexEscapes[found] ?? found)
    .replace(/[&%$#_]/g, (found) => `\\${found}`);

/** A LaTeX table for the booktabs package. */
export function tableLatex(table: TableDocument): string {
  const withSource = table.rows.some(({ from }) => from !== undefined);
  const footnotes = footnotesOf(table);
  const style: Style = {
    plusMinus: '$\\pm$',
    marks: (letters) => `\\textsuperscript{${letters}}`,
  };
  const fixedColumns = withSource ? 3 : 2;
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  let group: string | undefined;
  const body = table.rows.flatMap((row) => {
    const first = row.group !== group;
    const rule = first && group !== undefined ? ['\\midrule'] : [];
    group = row.group;
    const heads = [first ? row.group : '', row.label, ...(withSource ? [row.from ?? ''] : [])].map(latexText);
    return [...rule, line([...heads, ...cellTexts(table, row.cells, footnotes, style)])];
  });
  const notes = [...footnotes.map((text, i) => `${letter(i)}: ${text}.`), ...table.notes].map(latexText);
  return [
    '\\begin{table}',
    '\\centering',
    `\\caption{${latexText([table.caption, ...notes].join(' '))}}`,
    `\\begin{tabular}{${'l'.repeat(fixedColumns)}${'r'.repeat(table.columns.length)}}`,
    '\\toprule',
    line([
      ...[table.heads.group, 'method', ...(withSource ? ['from'] : [])],
      ...table.columns.map(latexText),
    ]),
    '\\midrule',
    ...body,
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

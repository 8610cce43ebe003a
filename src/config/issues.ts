/** zod's issues in the words of a config: what was found, what was expected, and the nearest thing that exists. */
import type { z } from 'zod';
import { suggestPath } from './overrides.js';
import { abbreviate, type Problem } from './problems.js';
import { type ConfigSchema, knownPaths } from './schema.js';
import { didYouMean, nearest } from './suggest.js';
import { type ConfigMap, keyOriginAt, nodeAt, originAt, type Path, toPlain } from './tree.js';

type Issue = z.core.$ZodIssue;

/** Longest list of names that a message spells out. */
const maxListed = 30;

export function translateIssues(issues: readonly Issue[], root: ConfigMap, schema: ConfigSchema): Problem[] {
  return issues.flatMap((issue) => translate(issue, root, schema));
}

function translate(issue: Issue, root: ConfigMap, schema: ConfigSchema): Problem[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      origin: keyOriginAt(root, [...path, key]),
      key: [...path, key].join('.'),
      message: unknownKey(key, path, schema),
      severity: 'error',
    }));
  }
  const absent = nodeAt(root, path) === undefined;
  return [
    {
      origin: originAt(root, path),
      key: path.join('.'),
      message: absent ? missing(issue, path) : wrong(issue, path, root),
      severity: 'error',
    },
  ];
}

function unknownKey(key: string, path: Path, { schema, sections }: ConfigSchema): string {
  const section = path.length === 0 ? schema : path.length === 1 ? sections[String(path[0])] : undefined;
  const siblings = section ? Object.keys(section.shape) : [];
  const sibling = nearest(key, siblings);
  const advice =
    sibling === undefined
      ? suggestPath([...path.map(String), key], knownPaths({ schema, sections }))
      : ` (did you mean «${sibling}»?)`;
  return `unknown key${advice}; keys here: ${list(siblings)}`;
}

function missing(issue: Issue, path: Path): string {
  const [section, key] = path;
  if (key === undefined) {
    return section === 'name' || section === 'task'
      ? `missing; expected ${expectation(issue)}`
      : 'missing section';
  }
  return `missing; expected ${expectation(issue)}`;
}

function wrong(issue: Issue, path: Path, root: ConfigMap): string {
  const node = nodeAt(root, path);
  const value = node ? toPlain(node) : undefined;
  if (issue.code === 'custom') return `${issue.message}; found ${describe(value)}`;
  if (path.at(-1) === 'name' && path.length === 2 && issue.code === 'invalid_value') {
    return unknownName(String(path[0]), value, issue.values.map(String));
  }
  if (issue.code === 'invalid_value' && isWritten(issue.message)) return issue.message;
  if (issue.code === 'invalid_format' && isWritten(issue.message)) {
    return `${issue.message}; found ${describe(value)}`;
  }
  const words = wordsOf(issue);
  const guess = typeof value === 'string' ? didYouMean(value, words) : '';
  return `expected ${expectation(issue)}, found ${describe(value)}${guess || hint(issue, value)}`;
}

/** zod writes «Invalid …» where the schema gives no message of its own. */
const isWritten = (message: string) => !message.startsWith('Invalid ');

function unknownName(section: string, value: unknown, names: readonly string[]): string {
  if (typeof value !== 'string') return `expected the name of a ${section}, found ${describe(value)}`;
  const guess = didYouMean(value, names);
  return `unknown ${section} «${abbreviate(value, 40)}»${guess}; known: ${list(names)}`;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, maxListed).join(', ');
  return names.length > maxListed ? `${shown}, … (${names.length} in all)` : shown;
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a finite number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping (key: value)',
  null: 'null',
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? format(issue.values[0]) : `one of ${list(issue.values.map(format))}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? '>' : '≥', 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? '<' : '≤', 'at most', issue.maximum);
    case 'invalid_union':
      return unionExpectation(issue);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `text of the form ${issue.pattern ?? issue.format}`;
    default:
      return issue.message;
  }
}

const format = (value: unknown) => (value === null ? 'null' : String(value));

function bound(origin: string, sign: string, words: string, limit: number | bigint): string {
  if (origin === 'array') return `a list of ${words} ${limit} values`;
  if (origin === 'string') return `text of ${words} ${limit} characters`;
  return `a ${origin === 'int' ? 'whole ' : ''}number ${sign} ${limit}`;
}

/** One alternative's complaint each. */
function unionExpectation(issue: z.core.$ZodIssueInvalidUnion): string {
  const parts = issue.errors.flatMap((branch) => (branch[0] ? [expectation(branch[0])] : []));
  return [...new Set(parts)].join(' or ');
}

/** Words that a text could have been meant as. */
function wordsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => branch.flatMap(wordsOf));
  return [];
}

function describe(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `text "${abbreviate(value, 40)}"`;
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `the list ${abbreviate(JSON.stringify(value), 40)}`;
  if (typeof value === 'object') return 'a mapping';
  return String(value);
}

function hint(issue: Issue, value: unknown): string {
  if (typeof value !== 'string') return '';
  const expected = expectation(issue);
  if (/number/.test(expected) && value.trim() !== '' && Number.isFinite(Number(value))) {
    return ' (a number without quotes)';
  }
  if (/number/.test(expected) && /^[\d_,. ]+$/.test(value)) {
    return ' (digits without separators; the decimal point is a point)';
  }
  if (expected === 'true or false' && /^(yes|no|on|off)$/i.test(value))
    return ' (YAML 1.2 knows only true and false)';
  return '';
}

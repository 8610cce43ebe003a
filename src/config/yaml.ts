/** YAML 1.2 (core schema) to a tree of located values. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Origin, Problem } from './problems.js';
import type { ConfigNode, MapEntry, Scalar } from './tree.js';

/** Largest config in bytes: a hundred times the largest sensible one. */
const maxBytes = 250_000;
/** Deepest nesting and most values, aliases expanded: stops files that are small and grow without end. */
const maxDepth = 32;
const maxNodes = 20_000;
const maxSyntaxProblems = 5;
const TOO_DEEP = `nested too deeply; a config has at most ${maxDepth} levels`;

export interface ParsedYaml {
  /** Undefined when the text is not YAML, or empty. */
  readonly root: ConfigNode | undefined;
  readonly problems: readonly Problem[];
}

class Limit extends Error {}

type Locate = (node: Pick<Node, 'range'> | null | undefined) => Origin;

/** Decodes a file's bytes, refusing what is too large or not UTF-8. */
export function decodeConfig(bytes: Uint8Array, file: string): { text: string } | { problem: Problem } {
  const problem = (message: string, line = 1, column = 1): { problem: Problem } => ({
    problem: { origin: { file, line, column }, key: '', message, severity: 'error' },
  });
  if (bytes.length > maxBytes) {
    return problem(`file of ${bytes.length} bytes; a config may have at most ${maxBytes}`);
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const before = new TextDecoder().decode(bytes).split('\uFFFD', 1)[0] ?? '';
    const lines = before.split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    return problem('not UTF-8 text; save the file in UTF-8', lines.length, column);
  }
}

/** Parses `text`; problems carry positions in `file`. */
export function parseYaml(text: string, file: string): ParsedYaml {
  const lineCounter = new LineCounter();
  const problems: Problem[] = [];
  const originOf = (offset: number): Origin => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (origin: Origin, message: string, key = '') => {
    problems.push({ origin, key, message, severity: 'error' });
  };

  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(originOf(0), TOO_DEEP);
    return { root: undefined, problems };
  }
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.some(({ message }) => message.includes('call stack'))) {
    report(originOf(0), TOO_DEEP);
  } else {
    // the parser stumbles on after a mistake: what it finds later is mostly the same one
    for (const problem of syntax.slice(0, maxSyntaxProblems)) {
      report(originOf(problem.pos[0]), explainYamlError(problem.code, problem.message));
    }
  }
  if (problems.length > 0) return { root: undefined, problems };

  const locate: Locate = (node) => originOf(node?.range?.[0] ?? 0);
  if (!document.contents || (isScalar(document.contents) && document.contents.source === '')) {
    report(originOf(0), 'the file is empty');
    return { root: undefined, problems };
  }
  try {
    const root = new Converter(document, locate, report).convert(document.contents as Node, []);
    return { root, problems };
  } catch (error) {
    if (!(error instanceof Limit)) throw error;
    report(originOf(0), error.message);
    return { root: undefined, problems };
  }
}

/**
 * What every alias stands for: the last anchor of its name before it. In one pass, as the library's own `resolve`
 * walks the whole document for each.
 */
function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

class Converter {
  private nodes = 0;
  private readonly targets: ReadonlyMap<Alias, Node>;

  constructor(
    document: Document.Parsed,
    private readonly locate: Locate,
    private readonly report: (origin: Origin, message: string, key?: string) => void,
  ) {
    this.targets = aliasTargets(document);
  }

  convert(node: Node | null, path: readonly string[], fallback?: Origin): ConfigNode {
    if (path.length > maxDepth) throw new Limit(TOO_DEEP);
    if (++this.nodes > maxNodes) throw new Limit(`more than ${maxNodes} values, aliases expanded`);
    const origin = node ? this.locate(node) : (fallback as Origin);
    if (isAlias(node)) {
      const target = this.targets.get(node);
      if (target) return this.convert(target, [...path, ''], origin);
      this.report(
        origin,
        `*${node.source} refers to nothing; there is no &${node.source} before it`,
        path.join('.'),
      );
    }
    if (isMap(node)) return this.convertMap(node.items as Pair<Node, Node | null>[], origin, path);
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.convert(item as Node, [...path, String(index)], origin),
      );
      return { kind: 'list', origin, items };
    }
    const value = isScalar(node) ? node.value : null;
    return { kind: 'scalar', origin, value: (typeof value === 'bigint' ? Number(value) : value) as Scalar };
  }

  private convertMap(items: Pair<Node, Node | null>[], origin: Origin, path: readonly string[]): ConfigNode {
    const entries = new Map<string, MapEntry>();
    for (const { key, value } of items) {
      const keyOrigin = this.locate(key);
      if (!isScalar(key)) {
        this.report(keyOrigin, 'a key must be a plain name', path.join('.'));
        continue;
      }
      const name = String(key.value);
      const here = [...path, name];
      const earlier = entries.get(name);
      if (earlier) {
        const line = 'line' in earlier.keyOrigin ? ` (first on line ${earlier.keyOrigin.line})` : '';
        this.report(keyOrigin, `key given twice${line}; keep one`, here.join('.'));
        continue;
      }
      entries.set(name, { keyOrigin, node: this.convert(value, here, keyOrigin) });
    }
    return { kind: 'map', origin, entries };
  }
}

/** The parser's message, in words for people who do not know YAML's grammar where that helps. */
function explainYamlError(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'tab in the indentation; YAML is indented with spaces';
    case 'MULTIPLE_DOCS':
      return 'more than one document (---); a file holds one config';
    case 'TAG_RESOLVE_FAILED':
      return `${message}; configs are plain values without tags`;
    default:
      return `not valid YAML: ${message}`;
  }
}

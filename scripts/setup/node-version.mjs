// Plain ES2015, so that a Node far too old still gets as far as saying so.

/** The Node versions that every dependency accepts; the same as `engines.node` in package.json. */
export const NODE_RANGE = '^20.19.0 || >=22.12.0 <25';

/**
 * Whether a version lies in a range written as package.json writes it.
 *
 * @param {string} version for example `20.19.1`
 * @param {string} range alternatives split by `||`, each made of `^a.b.c`, `>=a.b.c` and `<a`
 */
export function satisfies(version, range) {
  return range.split('||').some((alternative) =>
    alternative
      .trim()
      .split(/\s+/)
      .every((comparator) => satisfiesOne(version, comparator)),
  );
}

function satisfiesOne(version, comparator) {
  const match = /^(\^|>=|<)(\d+(?:\.\d+){0,2})$/.exec(comparator);
  if (!match) throw new Error(`unknown version comparator ${comparator}`);
  const order = compare(version, match[2]);
  if (match[1] === '<') return order < 0;
  return order >= 0 && (match[1] === '>=' || numbers(version)[0] === numbers(match[2])[0]);
}

function compare(a, b) {
  const [left, right] = [numbers(a), numbers(b)];
  const index = [0, 1, 2].find((i) => left[i] !== right[i]);
  return index === undefined ? 0 : left[index] - right[index];
}

/** `'22.1.0-nightly'` to `[22, 1, 0]`. */
function numbers(version) {
  const parts = version.replace(/[-+].*$/, '').split('.');
  return [0, 1, 2].map((i) => Number(parts[i] || 0));
}

/** One line for a Node outside the range, undefined for one inside it. */
export function nodeProblem(version) {
  if (satisfies(version, NODE_RANGE)) return undefined;
  const advice = 'install one from https://nodejs.org or with `nvm install 22`, then run this again';
  return `Node ${version} is not supported: gen-bench needs Node 20 (20.19 or newer), 22 (22.12 or newer) or 24; ${advice}`;
}

import { parse } from 'yaml';

/** Lines of a plain block mapping as `stringifyConfig` writes it: `key:`, `key: value`, or an indented line. */
const plainLine = /^(?:[\w-]+:(?: .*)?| .*)$/;
/** Anchors, aliases and tags may reach from one section into another. */
const reaches = /(?:^|[\s[{,])[&*!]/;

/**
 * A reader of `config.yaml` files that parses equal sections once: the runs of a sweep have nearly all of them in
 * common, and parsing YAML is most of the time it takes to read ten thousand runs. The objects it returns share those
 * sections and must not be changed.
 *
 * @throws the YAML parser's error for text that is not YAML
 */
export function configTextReader(): (text: string) => unknown {
  const sections = new Map<string, unknown>();
  const section = (text: string) => {
    if (!sections.has(text)) sections.set(text, parse(text));
    return sections.get(text) as Record<string, unknown>;
  };
  return (text) => {
    const lines = text.trimEnd().split('\n');
    const isPlain = !reaches.test(text) && lines.every((line) => plainLine.test(line));
    if (!isPlain || text.startsWith(' ')) return parse(text);
    const parts = text.trimEnd().split(/\n(?! )/);
    const keys = new Set(parts.map((part) => part.slice(0, part.indexOf(':'))));
    if (keys.size < parts.length) return parse(text); // says that a key is there twice
    try {
      return Object.fromEntries(parts.flatMap((part) => Object.entries(section(part))));
    } catch {
      return parse(text); // says what is wrong, with the line in the whole text
    }
  };
}

import { expect, test } from 'vitest';
import { stamps } from './stamps.js';

test.each([
  [{}, ['animals', 'food', 'plants']],
  [{ one_class: true }, ['object']],
])('stamps with %j have the classes %j and the background', (options, names) => {
  const facts = stamps.facts(stamps.options.parse(options));
  expect(facts.classNames).toEqual(names);
  expect(facts.numClasses).toBe(names.length + 1);
});

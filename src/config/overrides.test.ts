import { describe, expect, it } from 'vitest';
import { parseConfig } from './load.js';
import { ConfigError } from './problems.js';

const text = `
name: beale
task: synthetic
model: { name: beale, start: [-2.0, -1.5] }
optimizer: { name: sgd, lr: 0.05, momentum: 0.9 }
scheduler: { name: gen, preset: paper, phi: 4 }
train: { steps: 100 }
`;
const parse = (...overrides: string[]) => parseConfig(text, 'a.yaml', overrides);

function problemsOf(...overrides: string[]): string {
  try {
    parse(...overrides);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('no problem was found');
}

describe('overrides', () => {
  it('set values of every YAML type by dotted path, the last one winning', () => {
    const config = parse(
      'scheduler.phi=2',
      'scheduler.phi=3',
      'optimizer.nesterov=true',
      'scheduler.clip=null',
      'model.start=[1, 2]',
      'train.precision=float32',
      'eval.every=10 steps',
      'name="b"',
    );
    expect(config.scheduler).toMatchObject({ phi: 3, clip: null });
    expect(config.optimizer).toMatchObject({ nesterov: true });
    expect(config.model).toMatchObject({ start: [1, 2] });
    expect(config.train.precision).toBe('float32');
    expect(config.eval.every).toBe(10);
    expect(config.name).toBe('b');
  });

  it('replace a whole section by a mapping', () => {
    expect(parse('scheduler={name: step, factor: 0.5}').scheduler).toEqual({
      name: 'step',
      factor: 0.5,
      milestones: [0.5, 0.75],
    });
  });

  it('of a name drop the file’s options of the old name that the new one lacks, and keep the others', () => {
    expect(parse('scheduler.name=cosine').scheduler).toEqual({ name: 'cosine', min_lr: 0 });
    expect(parse('optimizer.name=adam').optimizer).toMatchObject({ name: 'adam', lr: 0.05 });
    expect(parse('optimizer.name=adam').optimizer).not.toHaveProperty('momentum');
    expect(parse('model.name=rosenbrock').model).toMatchObject({ name: 'rosenbrock', start: [-2, -1.5] });
  });

  it('do not drop what was overridden, before or after', () => {
    expect(problemsOf('scheduler.phi=2', 'scheduler.name=cosine')).toContain('scheduler.phi: unknown key');
    expect(problemsOf('scheduler.name=cosine', 'scheduler.phi=2')).toContain(
      'override «scheduler.phi=2»: scheduler.phi: unknown key',
    );
  });

  it('do not hide a typing error of the file', () => {
    const broken = text.replace('phi: 4', 'phy: 4');
    expect(() => parseConfig(broken, 'a.yaml', ['scheduler.name=cosine'])).toThrow(
      /a\.yaml:6:.*scheduler\.phy/,
    );
  });

  it('of epochs drop steps', () => {
    const digits = `
name: d
task: classification
model: { name: resnet8 }
dataset: { name: mnist-digits }
optimizer: { name: sgd, lr: 0.1 }
scheduler: { name: warmup-cosine, warmup_ratio: 0.2 }
train: { epochs: 3, batch_size: 200 }
`;
    const config = parseConfig(digits, 'd.yaml', ['train.steps=5', 'scheduler.warmup_steps=2']);
    expect(config.train).toMatchObject({ steps: 5 });
    expect(config.train).not.toHaveProperty('epochs');
    expect(config.scheduler).toMatchObject({ warmup_steps: 2, warmup_ratio: null });
    expect(() => parseConfig(digits, 'd.yaml', ['train.steps=5', 'train.epochs=1'])).toThrow(/keep one of/);
  });

  it.each([
    ['scheduler.phi', 'expected key=value'],
    ['=3', 'the key before ='],
    ['a..b=3', 'the key before ='],
    ['.lr=3', 'the key before ='],
    ['optimizer.lr=', 'write optimizer.lr=null'],
    ['optimizer.lr= ', 'write optimizer.lr=null'],
    ['optimizer.lr=[1', 'not valid YAML'],
    ['optimizer.lr={a: 1, a: 2}', 'twice'],
    ['optimizer.lr=a: b', 'needs braces'],
    ['optimizer.lr=1\n2', 'one line'],
    ['optimizer.lr=*x', 'refers to nothing'],
    ['optimizer.lr=!!float x', 'tags'],
    ['optimizer.lrr=1', 'did you mean «lr»'],
    ['optimiser.lr=1', 'did you mean «optimizer»'],
    ['momentum=0.5', 'did you mean «optimizer.momentum»'],
    ['phi=5', 'did you mean «scheduler.phi»'],
    ['name.first=x', 'name is not a mapping'],
    ['model.start.0=1', 'model.start is a list; set it whole'],
    ['optimizer.lr=fast', 'expected a finite number, found text "fast"'],
    ['optimizer.lr=-1', 'expected a number ≥ 0, found -1'],
    ['optimizer.lr=.inf', 'expected a finite number'],
    ['scheduler.name=cosin', 'did you mean «cosine»'],
    ['optimizer.name=admw', 'did you mean «adamw»'],
    ['__proto__.x=1', 'unknown key'],
    ['constructor=1', 'unknown key'],
    ['optimizer.__proto__={lr: 1}', 'unknown key'],
    ['scheduler=cosine', 'expected a mapping'],
    ['scheduler=null', 'expected a mapping'],
  ])('%j is refused', (override, message) => {
    const problems = problemsOf(override);
    expect(problems).toContain(message);
    expect(problems).toContain('override «');
  });

  it('are all reported, with the file’s own problems', () => {
    const broken = text.replace('phi: 4', 'phi: 0');
    let message = '';
    try {
      parseConfig(broken, 'a.yaml', ['optimizer.lr=x', 'nonsense', 'train.sed=1']);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toHaveLength(4);
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.js';
import { stringifyConfig } from '../config/output.js';
import { disposeAll, readAll } from '../engine/parameters.js';
import { floatTensor, readFloats } from '../engine/raw.js';
import { loadEngine, tf } from '../engine/tf.js';
import { Scope } from '../models/layers/scope.js';
import { detectors, models } from '../models/registry.js';
import type { Model } from '../models/types.js';
import { saveCheckpoint } from '../run/checkpoint.js';
import type { Method } from '../run/method.js';
import { runMain } from './run-main.testing.js';

const root = mkdtempSync(join(tmpdir(), 'gen-bench-predict-'));
afterAll(() => rmSync(root, { recursive: true }));

const [height, width] = [48, 64];
const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7919) % 256);
const image = join(root, 'image.png');

const detection = `
name: tiny-detector
task: detection
model: { name: maskrcnn_small_fpn, width: 4, channels: 8, hidden: 16 }
dataset: { name: stamps, min_size: 64, max_size: 64 }
optimizer: { name: sgd }
scheduler: { name: constant }
train: { epochs: 1, batch_size: 2 }
`;
const classification = `
name: tiny-classifier
task: classification
model: { name: resnet8 }
dataset: { name: cifar10, image_size: 16 }
optimizer: { name: sgd }
scheduler: { name: constant }
train: { epochs: 1, batch_size: 2 }
`;

/** The directory of a run that never moved from the model's first weights. */
async function writeRun(name: string, text: string, model: Model): Promise<string> {
  const directory = join(root, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'config.yaml'), stringifyConfig(parseConfig(text)));
  const method = { state: () => ({ tensors: {}, scalars: {} }) } as unknown as Method;
  const state = { step: 0, configHash: '', firstLoss: 1, wallMs: 0, rows: { metrics: 0, evaluations: 0 } };
  await saveCheckpoint(directory, model, method, state);
  return directory;
}

let detector = '';
let classifier = '';
let logits: number[];

beforeAll(async () => {
  await loadEngine();
  await sharp(pixels, { raw: { height, width, channels: 3 } })
    .png()
    .toFile(image);
  const small = detectors.maskrcnn_small_fpn;
  const options = small.options.parse({ width: 4, channels: 8, hidden: 16 });
  const detecting = small.create(options, { seed: 7, numClasses: 4 });
  detector = await writeRun('detector', detection, detecting);
  detecting.dispose();
  const { resnet8 } = models;
  const model = resnet8.create(resnet8.options.parse({}), {
    ...{ seed: 7, numClasses: 10, imageShape: [16, 16, 3] },
  });
  classifier = await writeRun('classifier', classification, model);
  // the image at its side of 16 by another program: sharp's own resizing
  const resized = await sharp(image).resize(16, 16, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
  const all = [...model.parameters, ...model.statistics];
  const weights = readAll(all);
  const output = tf.tidy(() => {
    const input = floatTensor(
      Float32Array.from(resized, (byte) => (byte / 255 - 0.5) / 0.5),
      [1, 16, 16, 3],
    );
    return model.forward(new Scope(all, weights, { training: false }), { image: input });
  });
  logits = [...readFloats(output)];
  disposeAll([...weights, output]);
  model.dispose();
});

describe('predict', () => {
  it('lists and draws what a detector finds', async () => {
    const out = join(root, 'found.svg');
    const { exitCode, stdout } = await runMain('predict', detector, image, '--score', '0', '--out', out);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.pop()).toBe(out);
    expect(lines.length).toBeGreaterThan(0);
    const scores = lines.map((line) => {
      const [score, name, ...box] = line.split(/ +/);
      expect(['animals', 'food', 'plants']).toContain(name);
      const [left, top, right, bottom] = box.map(Number) as [number, number, number, number];
      expect(
        left >= 0 && left < right && right <= width && top >= 0 && top < bottom && bottom <= height,
      ).toBe(true);
      return Number(score);
    });
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const svg = readFileSync(out, 'utf8');
    expect(svg.match(/<rect [^>]*fill="none"/g)).toHaveLength(lines.length);
    expect(svg.match(/<image /g)).toHaveLength(2);
  });

  it('writes a PNG in which the image is there', async () => {
    const out = join(root, 'found.png');
    const { stdout } = await runMain('predict', detector, image, '--score', '1', '--out', out);
    expect(stdout).toBe(`nothing with a score of 1 or more\n${out}\n`);
    const { data, info } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(info.width / info.height).toBeCloseTo(width / height, 2);
    const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(data) - mean(pixels))).toBeLessThan(2);
  });

  it('prints the likeliest classes of an image', async () => {
    const { exitCode, stdout } = await runMain('predict', classifier, image);
    expect(exitCode).toBe(0);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    const expected = logits
      .map((logit, i) => ({ name: `class ${i}`, p: Math.exp(logit) / sum }))
      .sort((a, b) => b.p - a.p)
      .slice(0, 5);
    const found = stdout.trimEnd().split('\n');
    expect(found.map((line) => line.split('  ')[1])).toEqual(expected.map(({ name }) => name));
    found.forEach((line, i) => {
      expect(Math.abs(Number.parseFloat(line) - expected[i]!.p)).toBeLessThan(5e-3);
    });
  });

  it.each([
    [() => ['absent', image], 3, /absent: no such file or directory/],
    [() => [detector, 'absent.png'], 3, /absent\.png: no such file/],
    [() => [detector, join(detector, 'config.yaml')], 3, /cannot be decoded as an image/],
    [() => [join(detector, 'config.yaml'), image], 2, /random weights.*results\/tiny-detector\/seed-0/],
    [() => [classifier, image, '--out', 'x.png'], 2, /--out draws objects/],
    [() => [detector, image, '--score', '2'], 2, /expected a number from 0 to 1/],
  ])('case %# says what is wrong', async (argv, expected, message) => {
    const { exitCode, stderr } = await runMain('predict', ...argv());
    expect(exitCode).toBe(expected);
    expect(stderr).toMatch(message);
  });

  it('needs a checkpoint', async () => {
    rmSync(join(classifier, 'checkpoint'), { recursive: true });
    const { exitCode, stderr } = await runMain('predict', classifier, image);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('has no checkpoint');
  });
});

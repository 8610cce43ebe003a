// Our side of `npm run test:parity -- maskrcnn_resnet50_fpn`:
//   node detector.mjs '{"name", "settings", "batch", "out"}'
// Prints one line of JSON: errors of losses and gradients, and how the detections differ.
import { join } from 'node:path';
import { collate } from '../../dist/data/detection/collate.js';
import { disposeAll, readAll } from '../../dist/engine/parameters.js';
import { floatTensor, readFloats } from '../../dist/engine/raw.js';
import { loadEngine, tf } from '../../dist/engine/tf.js';
import { readSafetensors } from '../../dist/formats/safetensors.js';
import { Detector } from '../../dist/models/detection/detector.js';
import { LOSS_NAMES } from '../../dist/models/detection/losses.js';
import { standaloneDetector } from '../../dist/models/detector.js';
import { Scope } from '../../dist/models/layers/scope.js';
import { detectors } from '../../dist/models/registry.js';
import { loadWeights } from '../../dist/models/weights.js';
import { inPytorchLayout, relativeErrors, worst } from './errors.mjs';

/** Edges that differ by less are the same, in pixels. */
const SAME_BOX = 0.01;

const SIZES = { minSize: 800, maxSize: 1333, sizeDivisible: 32 };

const task = JSON.parse(process.argv[2]);
await loadEngine();
const { create, options } = detectors[task.name];
const model = create(options.parse({}), { seed: 0, numClasses: task.settings.classes });
await loadWeights(model, await readSafetensors(join(task.out, 'weights.safetensors')));
const exact = await readValues('results.safetensors');
const examples = await readExamples();

let strangers;
const found = trainingStep();
const library = standaloneDetector(model);
const detections = [];
for (const [i, example] of examples.entries()) detections.push(compareDetections(i, example));
library.dispose();
const expected = new Map([...exact].filter(([name]) => /^(loss|gradient)\./.test(name)));
process.stdout.write(
  `${JSON.stringify({ ours: worst(relativeErrors(found, expected)), strangers, detections, losses: LOSS_NAMES.map((name) => [name, found.get(`loss.${name}`)[0], expected.get(`loss.${name}`)[0]]) })}\n`,
);

/** Losses and gradients; the samplers take the first candidates. */
function trainingStep() {
  const result = new Map();
  const detector = new Detector(model);
  // One proposal more or less, by the last bit of an overlap, and the samples are others: both sides go on with the peer's.
  const propose = detector.proposals.bind(detector);
  detector.proposals = (...given) => {
    strangers = countStrangers(propose(...given));
    return examples.map((_, i) => exact.get(`proposals.${i}`));
  };
  const weights = readAll(model.parameters);
  const first = (candidates, count) => candidates.subarray(0, count);
  const picks = detector.picks(weights, collate(examples, SIZES), true, first);
  detector.dispose();
  const trained = model.parameters.filter(({ trainable }) => trainable);
  tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries(picks).map(([name, { shape, data }]) => [
        name,
        data instanceof Int32Array ? tf.tensor(data, [...shape], 'int32') : floatTensor(data, [...shape]),
      ]),
    );
    const values = new Map(model.parameters.map((parameter, i) => [parameter, weights[i]]));
    let losses;
    const total = (...moved) => {
      trained.forEach((parameter, i) => {
        values.set(parameter, moved[i]);
      });
      losses = model.losses(new Scope(model.parameters, [...values.values()], { training: true }), inputs);
      for (const name of LOSS_NAMES) tf.keep(losses[name]);
      return tf.addN(LOSS_NAMES.map((name) => losses[name])).mean();
    };
    const { grads } = tf.valueAndGrads(total)(trained.map((parameter) => values.get(parameter)));
    for (const name of LOSS_NAMES) {
      result.set(`loss.${name}`, [readFloats(tf.mean(losses[name]))[0]]);
      losses[name].dispose();
    }
    trained.forEach((parameter, i) => {
      result.set(`gradient.${parameter.name}`, inPytorchLayout(grads[i], parameter));
    });
  });
  disposeAll(weights);
  return result;
}

/** How many of our proposals the peer does not have. */
function countStrangers(proposals) {
  return proposals.map((own, i) => {
    const peers = exact.get(`proposals.${i}`);
    let count = 0;
    for (let a = 0; a < own.length; a += 4) {
      let known = false;
      for (let b = 0; b < peers.length && !known; b += 4) {
        known = [0, 1, 2, 3].every((edge) => Math.abs(own[a + edge] - peers[b + edge]) < SAME_BOX);
      }
      if (!known) count++;
    }
    return [count, own.length / 4];
  });
}

function compareDetections(i, { pixels, height, width }) {
  const image = floatTensor(
    Float32Array.from(pixels, (byte) => Math.fround(byte / 255)),
    [height, width, 3],
  );
  const [ours] = library.forward([image], { training: false });
  const theirs = (part) => exact.get(`detections.${i}.${part}`);
  const labels = ours.labels.dataSync();
  const same = labels.join() === theirs('labels').join();
  const masks = readFloats(ours.masks);
  const truth = theirs('masks');
  let differing = 0;
  for (let p = 0; p < truth.length; p++) if (masks[p] > 0.5 !== truth[p] > 0) differing++;
  return {
    count: theirs('labels').length,
    same,
    boxes: largest(readFloats(ours.boxes), theirs('boxes')),
    scores: largest(readFloats(ours.scores), theirs('scores')),
    pixels: differing / truth.length,
  };
}

function largest(a, b) {
  return a.length === b.length
    ? b.reduce((most, value, i) => Math.max(most, Math.abs(a[i] - value)), 0)
    : 1e9;
}

async function readExamples() {
  const arrays = await readValues('images.safetensors');
  const shapes = await readSafetensors(join(task.out, 'images.safetensors'));
  return Array.from({ length: task.batch }, (_, i) => {
    const [height, width] = shapes.get(`instances.${i}`).shape;
    return {
      ...{ height, width, pixels: arrays.get(`image.${i}`) },
      ...{ instances: arrays.get(`instances.${i}`), labels: arrays.get(`labels.${i}`) },
    };
  });
}

async function readValues(file) {
  const values = new Map();
  for (const [name, tensor] of await readSafetensors(join(task.out, file)))
    values.set(name, await tensor.read());
  return values;
}

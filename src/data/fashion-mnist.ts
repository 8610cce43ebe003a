/** Fashion-MNIST (https://github.com/zalandoresearch/fashion-mnist, MIT): 28 × 28, grey, the official split. */
import { z } from 'zod';
import { damaged, readWhole } from '../formats/files.js';
import { parseIdx } from '../formats/idx.js';
import type { DatasetDefinition } from './definition.js';
import type { LocalFile } from './fetch.js';
import { imageFacts, imageOptions, imageSplit, type LabelledImages } from './images.js';
import { locateSource } from './sources.js';

const SHAPE = [28, 28, 1] as const;
const SOURCE = 'fashion-mnist';
const native = { numClasses: 10, imageShape: SHAPE, trainSize: 60_000, testSize: 10_000 };
const options = z.strictObject(imageOptions);

export const fashionMnist: DatasetDefinition<typeof options> = {
  name: SOURCE,
  description:
    '70,000 grey pictures of clothes 28 × 28 of 10 classes; the official 60,000 to train, 10,000 to test',
  options,
  sources: [SOURCE],
  facts: (chosen) => imageFacts(native, chosen),
  async create(chosen, context) {
    const files = await locateSource(SOURCE, context);
    const [trainImages, trainLabels, testImages, testLabels] = files as [
      LocalFile,
      LocalFile,
      LocalFile,
      LocalFile,
    ];
    return {
      name: SOURCE,
      train: imageSplit(await read(trainImages.path, trainLabels.path), SHAPE, chosen),
      test: imageSplit(await read(testImages.path, testLabels.path), SHAPE, chosen),
      numClasses: native.numClasses,
      imageShape: imageFacts(native, chosen).imageShape,
      checksums: Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256])),
    };
  },
};

async function read(imagesPath: string, labelsPath: string): Promise<LabelledImages> {
  const images = await parseIdx(await readWhole(imagesPath), imagesPath);
  const labels = await parseIdx(await readWhole(labelsPath), labelsPath);
  const [count] = images.shape;
  if (images.shape.join() !== [count, 28, 28].join()) {
    throw damaged(imagesPath, `has the shape [${images.shape}], expected [N, 28, 28]`);
  }
  if (labels.shape.join() !== `${count}`) {
    throw damaged(labelsPath, `has the shape [${labels.shape}], expected [${count}] as the images have`);
  }
  const wrong = labels.data.findIndex((label) => label >= native.numClasses);
  if (wrong >= 0)
    throw damaged(labelsPath, `image ${wrong} has the label ${labels.data[wrong]}, expected 0 to 9`);
  return { pixels: images.data, labels: labels.data };
}

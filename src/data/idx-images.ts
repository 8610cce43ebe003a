/** MNIST and the sets that took over its form: 28 × 28, grey, 10 classes, four IDX files. */
import { z } from 'zod';
import { damaged, readWhole } from '../formats/files.js';
import { parseIdx } from '../formats/idx.js';
import type { DatasetDefinition } from './definition.js';
import type { LocalFile } from './fetch.js';
import { imageFacts, imageOptions, imagesInMemory, type LabelledImages } from './images.js';
import { locateSource } from './sources.js';

const native = { numClasses: 10, imageShape: [28, 28, 1], trainSize: 60_000, testSize: 10_000 } as const;
const options = z.strictObject(imageOptions);

/** @param name also of its source: images and labels for training, then for testing */
export function idxImages(name: string, description: string): DatasetDefinition<typeof options> {
  return {
    name,
    description,
    options,
    sources: [name],
    facts: (chosen) => imageFacts(native, chosen),
    async create(chosen, context) {
      const files = await locateSource(name, context);
      const [trainImages, trainLabels, testImages, testLabels] = files as [
        LocalFile,
        LocalFile,
        LocalFile,
        LocalFile,
      ];
      const images = {
        train: await read(trainImages.path, trainLabels.path),
        test: await read(testImages.path, testLabels.path),
      };
      const checksums = Object.fromEntries(files.map((file) => [file.name, file.sha256]));
      return imagesInMemory(name, native, images, chosen, checksums);
    },
  };
}

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

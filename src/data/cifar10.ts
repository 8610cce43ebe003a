import { cifar10Format } from '../formats/cifar.js';
import { cifarImages } from './cifar-images.js';

/** CIFAR-10: ten classes of animals and vehicles. */
export const cifar10 = cifarImages({
  name: 'cifar10',
  title: 'CIFAR-10',
  description: '60,000 colour images 32 × 32 of 10 classes; the official 50,000 to train, 10,000 to test',
  format: cifar10Format,
  trainFiles: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`),
  testFile: 'test_batch',
  binary: { source: 'cifar10-binary', folder: 'cifar-10-batches-bin' },
  python: { source: 'cifar10-python', folder: 'cifar-10-batches-py' },
});

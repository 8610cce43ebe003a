import { cifar100Format } from '../formats/cifar.js';
import { cifarImages } from './cifar-images.js';

/** CIFAR-100 with its fine labels. */
export const cifar100 = cifarImages({
  name: 'cifar100',
  title: 'CIFAR-100',
  description: '60,000 colour images 32 × 32 of 100 classes; the official 50,000 to train, 10,000 to test',
  format: cifar100Format,
  trainFiles: ['train'],
  testFile: 'test',
  binary: { source: 'cifar100-binary', folder: 'cifar-100-binary' },
  python: { source: 'cifar100-python', folder: 'cifar-100-python' },
});

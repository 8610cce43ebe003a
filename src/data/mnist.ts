/** MNIST (LeCun, Cortes, Burges): 28 × 28, grey, the official split. */
import { idxImages } from './idx-images.js';

export const mnist = idxImages(
  'mnist',
  '70,000 handwritten digits 28 × 28; the official 60,000 to train, 10,000 to test',
);

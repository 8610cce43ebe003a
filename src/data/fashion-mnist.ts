/** Fashion-MNIST (https://github.com/zalandoresearch/fashion-mnist, MIT): 28 × 28, grey, the official split. */
import { idxImages } from './idx-images.js';

export const fashionMnist = idxImages(
  'fashion-mnist',
  '70,000 grey pictures of clothes 28 × 28 of 10 classes; the official 60,000 to train, 10,000 to test',
);

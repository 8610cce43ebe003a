import { cifar10 } from './cifar10.js';
import { fashionMnist } from './fashion-mnist.js';
import { mnistDigits } from './mnist-digits.js';

/** Every dataset by its name in a config: add a line here to add one. */
export const datasets = {
  'mnist-digits': mnistDigits,
  'fashion-mnist': fashionMnist,
  cifar10,
};

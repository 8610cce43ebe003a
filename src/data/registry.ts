import { cifar10 } from './cifar10.js';
import { cifar100 } from './cifar100.js';
import { fashionMnist } from './fashion-mnist.js';
import { mnist } from './mnist.js';
import { mnistDigits } from './mnist-digits.js';
import { movieLens1m, movieLens100k } from './recommendation/movielens.js';

/** Every dataset by its name in a config: add a line here to add one. */
export const datasets = {
  'mnist-digits': mnistDigits,
  'fashion-mnist': fashionMnist,
  mnist,
  cifar10,
  cifar100,
};

/** Sets of what users took in which order, for recommendation. */
export const interactionDatasets = { 'ml-1m': movieLens1m, 'ml-100k': movieLens100k };

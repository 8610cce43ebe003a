import { celeba } from './celeba.js';
import { cifar10 } from './cifar10.js';
import { cifar100 } from './cifar100.js';
import { pennFudan } from './detection/penn-fudan.js';
import { stamps } from './detection/stamps.js';
import { e2e } from './e2e/e2e.js';
import { e2eGrammar } from './e2e/e2e-grammar.js';
import { emoji } from './emoji.js';
import { fashionMnist } from './fashion-mnist.js';
import { filmReviews } from './film-reviews.js';
import { folder } from './folder.js';
import { food101 } from './food101.js';
import { glue } from './glue/glue.js';
import { gtsrb } from './gtsrb.js';
import { inat2021, inat2021Mini } from './inat2021.js';
import { mnist } from './mnist.js';
import { mnistDigits } from './mnist-digits.js';
import { places365 } from './places365.js';
import { movieLens1m, movieLens100k } from './recommendation/movielens.js';
import { svhn } from './svhn.js';
import { tweets } from './tweets.js';

/** Every dataset by its name in a config: add a line here to add one. */
export const datasets = {
  'mnist-digits': mnistDigits,
  'fashion-mnist': fashionMnist,
  mnist,
  cifar10,
  cifar100,
  svhn,
  gtsrb,
  food101,
  places365,
  inat2021,
  'inat2021-mini': inat2021Mini,
  emoji,
  folder,
};

/** Sets of images to learn to make; their classes play no part. */
export const generativeDatasets = { ...datasets, celeba };

/** Texts and pairs of texts with classes: GLUE's tasks and others. */
export const textDatasets = { ...glue, 'film-reviews': filmReviews, tweets };

/** Contexts with texts to write for them. */
export const generationDatasets = { e2e, 'e2e-grammar': e2eGrammar };

/** Sets of what users took in which order, for recommendation. */
export const interactionDatasets = { 'ml-1m': movieLens1m, 'ml-100k': movieLens100k };

/** Images with the boxes and masks of their objects. */
export const detectionDatasets = { 'penn-fudan': pennFudan, stamps };

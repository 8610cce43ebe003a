import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { dAdapt } from './d-adapt.js';
import { dog } from './dog.js';
import { dowg } from './dowg.js';
import { exponential } from './exponential.js';
import { gen } from './gen.js';
import { inverse } from './inverse.js';
import { inverseSqrt } from './inverse-sqrt.js';
import { linear } from './linear.js';
import { polynomial } from './polynomial.js';
import { prodigy } from './prodigy.js';
import { step } from './step.js';
import type { SchedulerDefinition } from './types.js';
import { warmup } from './warmup.js';

/** Every scheduler by its name in a config: add a line here to add one. */
export const schedulers = {
  gen,
  constant,
  cosine,
  linear,
  inverse,
  'inverse-sqrt': inverseSqrt,
  polynomial,
  step,
  exponential,
  'warmup-constant': warmup('warmup-constant', constant),
  'warmup-cosine': warmup('warmup-cosine', cosine),
  'warmup-linear': warmup('warmup-linear', linear),
  'warmup-inverse': warmup('warmup-inverse', inverse),
  'warmup-inverse-sqrt': warmup('warmup-inverse-sqrt', inverseSqrt),
  'warmup-polynomial': warmup('warmup-polynomial', polynomial),
  'warmup-step': warmup('warmup-step', step),
  'warmup-exponential': warmup('warmup-exponential', exponential),
  prodigy,
  'd-adapt': dAdapt,
  dog,
  dowg,
} satisfies Record<string, SchedulerDefinition>;

/**
 * The cost model of the paper's Section 4: how fast training with GeN is beside training without it,
 *
 *     relative speed = (F + B + C) / (F + B + C + n/Φ · (F + C_f)),
 *
 * with F and B the times of a forward and a backward pass, C everything else of a step (communication, waiting for
 * data), n the forward passes of a probe (2 in Algorithm 1), and C_f what one forward pass alone communicates: nothing
 * in data-parallel training, a gathering of all weights where they are sharded (Section 4.2). The paper's formula is
 * the case C_f = 0. Nothing is assumed to overlap with computation.
 */

/** Ways to train on several devices. */
export type Scale = 'ddp' | 'zero3' | 'fsdp';

/** Times of a step without GeN on one device; any unit, the same for all. */
export interface StepTimes {
  readonly forward: number;
  /** Backward pass and optimizer. */
  readonly backward: number;
  /** Waiting for data, and whatever else happens once a step. */
  readonly other: number;
}

/** What is communicated, in the unit of what it is added to. */
export interface Communication {
  /** C: by a step without GeN. */
  readonly step: number;
  /** C_f: by a forward pass alone. */
  readonly forward: number;
}

/** What a probe adds to a step. */
export interface ProbeCost {
  /** Forward passes over a batch. */
  readonly forward: number;
  /** Backward passes saved (negative) by a gradient of half the batch. */
  readonly backward: number;
}

export const noCommunication: Communication = { step: 0, forward: 0 };
/** Algorithm 1: the losses at w ± η·g; the one at w is known. */
export const paperProbe: ProbeCost = { forward: 2, backward: 0 };

/** Speed of GeN over that of its base optimizer, in (0, 1]. */
export function relativeSpeed(
  times: StepTimes,
  communication: Communication,
  probe: ProbeCost,
  phi: number,
): number {
  const base = times.forward + times.backward + times.other + communication.step;
  const extra = probe.forward * (times.forward + communication.forward) + probe.backward * times.backward;
  return base / (base + extra / phi);
}

/**
 * Bytes that each device sends in a step, by the usual ring algorithms, float32 weights and gradients.
 *
 * `ddp` (also ZeRO 1 and 2) reduces the gradients: 2·(N−1)/N of them. `zero3` and `fsdp` (the same volume) gather all
 * weights for the forward and again for the backward pass and scatter the reduced gradients: (N−1)/N each.
 */
export function bytesSent(
  scale: Scale,
  devices: number,
  parameters: { readonly total: number; readonly trainable: number },
): Communication {
  const share = (4 * (devices - 1)) / devices;
  if (scale === 'ddp') return { step: 2 * share * parameters.trainable, forward: 0 };
  const gather = share * parameters.total;
  return { step: 2 * gather + share * parameters.trainable, forward: gather };
}

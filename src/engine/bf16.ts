import { readFileSync } from 'node:fs';

/**
 * Why `precision: bf16` changes nothing on this machine; undefined where it does. oneDNN, which makes the products on a
 * CPU, has bfloat16 kernels for processors that have such instructions; it says nothing where it does without.
 */
export function bf16Obstacle(isGpu: boolean, cpuInfo = readCpuInfo()): string | undefined {
  if (isGpu) return 'it is a setting of oneDNN, which is not used on a GPU';
  const hasInstructions = /\b(avx512_bf16|amx_bf16|bf16)\b/.test(cpuInfo);
  return hasInstructions ? undefined : 'this processor has no bfloat16 instructions';
}

function readCpuInfo(): string {
  return readFileSync('/proc/cpuinfo', 'utf8');
}

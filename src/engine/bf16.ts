import { readFileSync } from 'node:fs';

/**
 * Why `precision: bf16` changes nothing on this machine; undefined where it does. oneDNN, which makes the products on a
 * CPU, rounds float32 products to bfloat16 on x86 with AMX and on ARM with bfloat16, and says nothing where it does not:
 * on a processor with avx512_bf16 alone, products stay equal to float32's to the last bit.
 */
export function bf16Obstacle(isGpu: boolean, cpuInfo = readCpuInfo()): string | undefined {
  if (isGpu) return 'it is a setting of oneDNN, which is not used on a GPU';
  const hasInstructions = /\b(amx_bf16|bf16)\b/.test(cpuInfo);
  return hasInstructions ? undefined : 'this processor has no AMX (x86) or bfloat16 (ARM) instructions';
}

function readCpuInfo(): string {
  return readFileSync('/proc/cpuinfo', 'utf8');
}

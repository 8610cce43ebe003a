/** Bytes 0 to 255 mapped to [−1, 1]: mean 0.5 and standard deviation 0.5, as in the paper's image pipelines (B.2). */
const normalised = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** What pixels are to a model: each byte as a number in [−1, 1]. */
export function pixelsToFloats(pixels: Uint8Array): Float32Array {
  const floats = new Float32Array(pixels.length);
  for (let i = 0; i < floats.length; i++) floats[i] = normalised[pixels[i]!]!;
  return floats;
}

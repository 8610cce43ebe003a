import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici';
import type { OnProgress } from './progress.js';

export interface DownloadOptions {
  readonly onProgress?: OnProgress;
  readonly connectMs?: number;
  readonly headersMs?: number;
  /** Longest silence inside a body. */
  readonly idleMs?: number;
  /** Failures in a row, without a byte gained, before giving up. */
  readonly attempts?: number;
  /** Wait before the first retry; it doubles with each. */
  readonly backoffMs?: number;
}

const defaults = { connectMs: 10_000, headersMs: 20_000, idleMs: 30_000, attempts: 3, backoffMs: 500 };
const MAX_REDIRECTS = 10;

/** The server has answered and will not change its mind. */
class RefusedError extends Error {}

/**
 * Downloads `url` into `partPath`, going on from the bytes that are already there where the server can
 * (HTTP Range). Honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY. The caller checks and renames the file.
 * @returns whether any of the bytes come from an earlier, interrupted download
 * @throws Error that says the last failure, after `attempts` failures in a row
 */
export async function download(
  url: string,
  partPath: string,
  options: DownloadOptions = {},
): Promise<{ resumed: boolean }> {
  const { connectMs, headersMs, idleMs, attempts, backoffMs } = { ...defaults, ...options };
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: idleMs,
  });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTS }));
  let resumed = false;
  let mostBytes = await sizeOf(partPath);
  try {
    for (let failures = 0; ; ) {
      try {
        resumed = (await attempt(url, partPath, dispatcher, options.onProgress)) || resumed;
        return { resumed };
      } catch (error) {
        if (error instanceof RefusedError) throw error;
        const bytes = await sizeOf(partPath);
        failures = bytes > mostBytes ? 1 : failures + 1;
        mostBytes = Math.max(mostBytes, bytes);
        if (failures >= attempts) throw new Error(reason(error), { cause: error });
        await sleep(backoffMs * 2 ** (failures - 1));
      }
    }
  } finally {
    await agent.destroy();
  }
}

/** One request. @returns whether it continued an earlier part */
async function attempt(
  url: string,
  partPath: string,
  dispatcher: Dispatcher,
  onProgress: OnProgress | undefined,
): Promise<boolean> {
  const start = await sizeOf(partPath);
  const { statusCode, headers, body } = await request(url, {
    dispatcher,
    headers: { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) },
  });
  const isContinued = statusCode === 206;
  if (statusCode !== 200 && !isContinued) {
    await body.dump();
    // The part is longer than the file, or whole already: begin again, the checksum decides.
    if (statusCode === 416) await rm(partPath, { force: true });
    const refused = statusCode < 500 && ![408, 416, 429].includes(statusCode);
    throw new (refused ? RefusedError : Error)(`HTTP ${statusCode}`);
  }
  const contentLength = Number(headers['content-length'] ?? Number.NaN);
  let received = isContinued ? start : 0;
  const total = Number.isNaN(contentLength) ? undefined : received + contentLength;
  const file = await open(partPath, isContinued ? 'a' : 'w');
  try {
    // Chunk by chunk, so that all that arrived before a failure is in the file.
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await file.writeFile(chunk);
      received += chunk.length;
      onProgress?.(received, total);
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && received < total) throw new Error(`got ${received} of ${total} bytes`);
  return isContinued && start > 0;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name is unknown (${code}): no network?`;
  return message || code || String(error);
}

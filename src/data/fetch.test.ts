import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MissingError } from '../errors.js';
import { cachePath, fetchSource } from './fetch.js';
import type { Source } from './manifest.js';

const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const quick = { attempts: 2, backoffMs: 1, connectMs: 1000, headersMs: 200, idleMs: 200 };

let folder: string;
let server: Server;
let base: string;
let requests: IncomingMessage[];
let respond: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-'));
  requests = [];
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function source(...urls: string[]): Source {
  const origins = urls.map((url) => ({ url, sha256, size: content.length }));
  return {
    id: 'numbers',
    kind: 'dataset',
    licence: 'MIT',
    note: '',
    mini: 'configs/mini/x.yaml',
    files: [{ name: 'numbers.bin', origins }],
  };
}

const path = () => cachePath(source(base), source(base).files[0]!, folder);
const partPath = () => `${path()}.${sha256.slice(0, 8)}.part`;
const fetchIt = (...urls: string[]) => fetchSource(source(...(urls.length ? urls : [base])), folder, quick);
const leftovers = async () => (await readdir(dirname(path()))).sort();

async function failure(...urls: string[]): Promise<MissingError> {
  const error = await fetchIt(...urls).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MissingError);
  return error as MissingError;
}

/** A server that can go on from a byte. */
function withRanges(request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= content.length) return void response.writeHead(416).end();
  response.writeHead(start ? 206 : 200, { 'content-length': content.length - start });
  response.end(content.subarray(start));
}

/** Announces everything, sends half, lets it arrive, drops the connection. */
function dropHalfway(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, content.length / 2));
  setTimeout(() => response.destroy(), 50);
}

describe('fetches', () => {
  test('once, then takes it from the cache', async () => {
    respond = withRanges;
    expect(await fetchIt()).toEqual([{ name: 'numbers.bin', path: path(), sha256 }]);
    expect((await readFile(path())).equals(content)).toBe(true);
    expect(await leftovers()).toEqual(['numbers.bin']);
    await fetchIt();
    expect(requests).toHaveLength(1);
  });

  test('again where the cached file is damaged', async () => {
    respond = withRanges;
    await fetchIt();
    await writeFile(path(), 'damaged');
    await fetchIt();
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test('the rest of an interrupted download', async () => {
    respond = (request, response) => (requests.length === 1 ? dropHalfway : withRanges)(request, response);
    await fetchIt();
    expect(requests[1]!.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test('from the start where the earlier part was of something else', async () => {
    respond = withRanges;
    await fetchIt();
    await rm(path());
    await writeFile(partPath(), 'x'.repeat(100));
    await fetchIt();
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100-', undefined]);
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test('from the start where the part is longer than the file', async () => {
    respond = withRanges;
    await fetchIt();
    await rm(path());
    await writeFile(partPath(), 'x'.repeat(content.length + 1));
    await fetchIt();
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test('from a server that cannot go on', async () => {
    respond = (request, response) =>
      requests.length === 1 ? dropHalfway(request, response) : void response.end(content);
    await fetchIt();
    expect((await readFile(path())).equals(content)).toBe(true);
  });

  test('after a server error, through a redirect', async () => {
    respond = (request, response) => {
      if (requests.length === 1) response.writeHead(503).end();
      else if (request.url === '/') response.writeHead(302, { location: `${base}/moved` }).end();
      else withRanges(request, response);
    };
    await fetchIt();
    expect(requests.map(({ url }) => url)).toEqual(['/', '/', '/moved']);
  });

  test('from the second origin where the first fails', async () => {
    respond = (request, response) =>
      request.url === '/gone' ? void response.writeHead(404).end() : withRanges(request, response);
    await fetchIt(`${base}/gone`, `${base}/there`);
    expect(requests.map(({ url }) => url)).toEqual(['/gone', '/there']);
  });

  test('once for two that ask at the same time', async () => {
    respond = withRanges;
    await Promise.all([fetchIt(), fetchIt()]);
    expect(requests).toHaveLength(1);
  });

  test('through the proxy of the environment', async () => {
    respond = withRanges;
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(new URL(base).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    vi.stubEnv('no_proxy', '');
    await fetchSource(source('http://data.invalid/numbers.bin'), folder, quick);
    expect(asked).toEqual(['data.invalid:80']);
    vi.stubEnv('no_proxy', '127.0.0.1');
    await rm(path());
    await fetchIt();
    expect(asked).toHaveLength(1);
    proxy.close();
  });
});

describe('says in one message what is missing', () => {
  test('for an address that is gone, without retrying', async () => {
    respond = (_, response) => void response.writeHead(404).end('not here');
    const { message, exitCode } = await failure();
    expect(exitCode).toBe(3);
    expect(requests).toHaveLength(1);
    for (const part of [
      'numbers: numbers.bin is not here and could not be fetched',
      base,
      'HTTP 404',
      sha256,
      '50000 bytes',
      path(),
      'gen-bench fetch numbers',
      'gen-bench run configs/mini/x.yaml',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('for wrong content, which is not kept', async () => {
    respond = (_, response) => void response.end('something else');
    const found = createHash('sha256').update('something else').digest('hex');
    expect((await failure()).message).toContain(
      `wrong content: expected 50000 bytes, sha256 ${sha256}, found 14 bytes, sha256 ${found}`,
    );
    expect(await leftovers()).toEqual([]);
  });

  test('for a server that never answers', async () => {
    respond = () => {};
    expect((await failure()).message).toMatch(/failed {4}Headers Timeout Error/);
    expect(requests).toHaveLength(2);
  });

  test('for a server that falls silent in the middle; the part is kept', async () => {
    respond = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
    };
    expect((await failure()).message).toMatch(/failed {4}Body Timeout Error/);
    expect(await leftovers()).toEqual([`numbers.bin.${sha256.slice(0, 8)}.part`]);
  });

  test('for a server that always drops the connection', async () => {
    respond = dropHalfway;
    expect((await failure()).message).toMatch(/failed {4}(terminated|other side closed|aborted)/);
    expect(requests.length).toBeLessThanOrEqual(4);
  });

  test('for a host that does not exist', async () => {
    const { message } = await failure('http://nowhere.invalid/x');
    expect(message).toMatch(/failed {4}the host name is unknown \(E\w+\): no network\?/);
  });
});

test('takes over the lock of a process that is gone', async () => {
  respond = withRanges;
  await fetchIt();
  await rm(path());
  await writeFile(join(dirname(path()), '.lock'), '999999999');
  await fetchIt();
  expect((await readFile(path())).equals(content)).toBe(true);
});

import { expect, test } from 'vitest';
import { explainPipFailure } from './python.mjs';

const NO_NETWORK = `WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip...>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/tensorflow-cpu/
ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.21.0 (from versions: none)
ERROR: No matching distribution found for tensorflow-cpu==2.21.0`;

test.each([
  [NO_NETWORK, /^no network/],
  ['ERROR: No matching distribution found for x==1', /package index in use has no x==1/],
  ["OSError: [Errno 28] No space left on device: '/c'", /^the disk filled up/],
  ['SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]"))', /PIP_CERT/],
  ["ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403'))", /proxy/],
  ['WARNING: old\nERROR: something new\n', /: ERROR: something new$/],
  ['', /it said nothing/],
])('pip says %j', (output, message) => {
  expect(explainPipFailure(output, 'x==1', 1e8)).toMatch(message);
  expect(explainPipFailure(output, 'x==1')).not.toContain('\n');
});

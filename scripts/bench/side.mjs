import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child process that does the work once for every line it is sent. */
export class Side {
  static async start(name, command, args) {
    const side = new Side();
    side.name = name;
    side.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '2' },
    });
    side.errors = '';
    side.child.stderr.on('data', (chunk) => {
      side.errors = (side.errors + chunk).slice(-2000);
    });
    side.lines = createInterface({ input: side.child.stdout })[Symbol.asyncIterator]();
    await side.next(); // ready
    return side;
  }

  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended: ${this.errors.trim().split('\n').at(-1)}`);
    return value;
  }

  async call() {
    this.child.stdin.write('\n');
    const { ms, bytes } = JSON.parse(await this.next());
    return ms ?? bytes;
  }

  stop() {
    this.child.kill('SIGKILL');
  }
}

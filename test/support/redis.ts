import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A redis-server on a unix socket, for one run of tests. */
export class TestRedis {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(folder: string): Promise<TestRedis> {
    await mkdir(folder, { recursive: true });
    const socket = join(folder, 'redis.sock');
    // Debian's redis-tools has the server's binary under another name; it is the server when called by that name.
    const binary = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb'].find((path) => existsSync(path));
    if (binary === undefined) throw new Error('No Redis for the tests: apt-get install redis-tools');
    const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder];
    args.push('--maxmemory-policy', 'noeviction', '--daemonize', 'no');
    const child = spawn(
      '/usr/bin/setpriv',
      ['--pdeathsig=TERM', '--', 'bash', '-c', 'exec -a redis-server "$0" "$@"', binary, ...args],
      {
        stdio: 'ignore',
        detached: true,
      },
    );
    child.unref();
    for (const deadline = Date.now() + 15_000; ;) {
      if (await answers(socket)) return new TestRedis(`unix://${socket}`, child);
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`Redis did not start (${binary})`);
      await delay(20);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.ref();
    const closed = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await closed;
  }
}

async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    connection.write('PING\r\n');
    const [answer] = (await once(connection, 'data')) as [Buffer];
    return answer.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** Each cause is produced, the doctor names it, its remedy is run as it stands, and the finding is gone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XdpEngine, type Attachment } from '../../src/capture/index.js';
import type { Finding } from '../../src/doctor/index.js';
import { SMALL } from './support/engines.js';
import { Place, ROOT } from './support/place.js';

const NATIVE = { COUNTFREE_CAPTURE_MODE: 'native' };
const PINS = '/sys/fs/bpf/countfree';

let place: Place;
beforeAll(async () => {
  place = new Place();
  await place.ready();
});
afterAll(() => place.dispose());

function diagnose(
  environment: Record<string, string> = NATIVE,
  { name = 'in0', prefix = [] as string[] } = {},
): Finding[] {
  const { stdout } = place.countfree(['doctor', '--json', '--interface', name], environment, prefix);
  return JSON.parse(stdout) as Finding[];
}

const bad = (findings: readonly Finding[], check: string) =>
  findings.filter((finding) => finding.check === check && finding.status !== 'ok');

/** The one finding of a check; its remedy is run, and the finding must be gone. */
function mend(check: string, status: Finding['status'], environment = NATIVE, name = 'in0'): Finding {
  const [finding, ...others] = bad(diagnose(environment, { name }), check);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ check, status });
  place.sh(finding!.remedy!);
  expect(bad(diagnose(environment, { name }), check)).toEqual([]);
  return finding!;
}

/** Attaches and lets go again. */
function attach(mode: 'native' | 'generic' = 'native', name = 'in0'): Attachment {
  const engine = XdpEngine.open({ pinPath: null, sizes: SMALL });
  try {
    return place.network.run(() => engine.attach(name, mode));
  } finally {
    engine.close();
  }
}

describe('countfree doctor', () => {
  it('finds that bpffs is missing', () => {
    expect(mend('bpffs', 'fail').remedy).toBe('mount -t bpf bpf /sys/fs/bpf');
  });

  it('finds nothing on a sound host, and ends with 0', () => {
    const { status, stdout } = place.countfree(['doctor', '--interface', 'in0'], NATIVE);
    expect(stdout).not.toMatch(/FAIL/);
    expect(status).toBe(0);
  });

  it('finds an interface that is missing, and one that is down', () => {
    expect(bad(diagnose(NATIVE, { name: 'late0' }), 'interface')).toMatchObject([
      { status: 'fail', meaning: expect.stringContaining('in0') },
    ]);
    place.sh('ip link add late0 type veth peer name late1');
    expect(mend('interface', 'warn', NATIVE, 'late0').found).toBe('late0 is down');
    place.sh('ip link del late0');
  });

  it('tells the MTU at which a veth needs the program for several buffers, and that it is the peer that counts', () => {
    const at = (mtu: number) => {
      place.sh(`ip link set dev out0 mtu ${mtu}`);
      const { frags } = attach();
      expect(bad(diagnose(), 'MTU')).toHaveLength(frags ? 1 : 0);
      return frags;
    };
    place.sh('ip link set dev in0 mtu 9000');
    expect([at(3506), at(3507), at(65_535)]).toEqual([false, true, true]);
    expect(mend('MTU', 'warn').found).toContain('65535 of its peer out0');
    expect(attach().frags).toBe(false);
    place.sh('ip link set dev in0 mtu 1500; ip link set dev out0 mtu 1500');
  });

  it('finds that a veth has too few receive queues', () => {
    place.sh('ip link add q0 numrxqueues 1 type veth peer name q1 numtxqueues 4');
    place.sh('ethtool -L q1 tx 4; ip link set q0 up; ip link set q1 up');
    expect(() => attach('native', 'q0')).toThrow(/queues/);
    expect(mend('queues', 'fail', NATIVE, 'q0').found).toBe('1 to receive, and its peer q1 has 4 to send');
    expect(attach('native', 'q0').mode).toBe('native');
    place.sh('ip link del q0');
  });

  it('finds a foreign program, however it was attached', () => {
    const source = join(place.folder, 'pass.c');
    const object = join(place.folder, 'pass.o');
    writeFileSync(
      source,
      '__attribute__((section("xdp"), used)) int pass_all(void *context) { return 2; }\n' +
        '__attribute__((section("license"), used)) char pass_license[] = "GPL";\n',
    );
    place.sh(`clang -O2 -g -target bpf -c ${source} -o ${object}`);
    for (const mode of ['xdpdrv', 'xdpgeneric']) {
      place.sh(`bpftool prog load ${object} /sys/fs/bpf/pass type xdp`);
      place.sh(`bpftool net attach ${mode} pinned /sys/fs/bpf/pass dev in0`);
      expect(() => attach()).toThrow(/another XDP program/);
      expect(mend('XDP program', 'fail').found).toContain('pass_all');
      expect(attach().mode).toBe('native');
      place.sh('rm /sys/fs/bpf/pass');
    }
    const other = XdpEngine.open({ pinPath: null, sizes: SMALL });
    place.network.run(() => other.attach('in0'));
    expect(mend('XDP program', 'fail').remedy).toMatch(/^bpftool link detach id \d+$/);
    expect(attach().mode).toBe('native');
    other.close();
  });

  it('finds a capability that was dropped', () => {
    const without = (name: string, environment = NATIVE) =>
      bad(
        diagnose(environment, {
          prefix: ['setpriv', '--bounding-set', `-${name}`, '--inh-caps', `-${name}`],
        }),
        'rights',
      );
    expect(without('net_admin')).toMatchObject([{ status: 'fail', found: 'CAP_NET_ADMIN missing' }]);
    expect(without('net_admin')[0]?.remedy).toContain('AmbientCapabilities=');
    const withoutAdmin = ['setpriv', '--bounding-set', '-sys_admin,-bpf', '--inh-caps', '-sys_admin,-bpf'];
    expect(bad(diagnose(NATIVE, { prefix: withoutAdmin }), 'rights')).toMatchObject([
      { status: 'fail', found: 'CAP_BPF missing' },
    ]);
    // `auto` has a last resort, and says what that costs.
    const [warning] = without('net_admin', { COUNTFREE_CAPTURE_MODE: 'auto' });
    expect(warning).toMatchObject({ status: 'warn', meaning: expect.stringContaining('packet socket') });
    expect(bad(diagnose(), 'rights')).toEqual([]);
  });

  it('finds that the kernel is too old', () => {
    // personality(2): uname then says 2.6.
    const [finding] = bad(diagnose(NATIVE, { prefix: ['setarch', '--uname-2.6'] }), 'kernel');
    expect(finding).toMatchObject({ status: 'fail', found: expect.stringMatching(/^2\.6\./) });
    expect(finding?.remedy).toContain('Debian 12');
    expect(bad(diagnose(), 'kernel')).toEqual([]);
  });

  it('finds that the kernel has no BTF', () => {
    place.sh('mount -t tmpfs tmpfs /sys/kernel/btf');
    expect(bad(diagnose(), 'BTF')).toMatchObject([
      { status: 'fail', remedy: expect.stringContaining('linux-image') },
    ]);
    place.sh('umount /sys/kernel/btf');
    expect(bad(diagnose(), 'BTF')).toEqual([]);
  });

  it('finds that programs are interpreted', () => {
    // The setting is the whole host's, and shown in its first network namespace only: another file stands in its place here.
    const settings = '/proc/sys/net/core';
    place.sh(`mount -t tmpfs tmpfs ${settings} && echo 0 > ${settings}/bpf_jit_enable`);
    expect(mend('JIT', 'warn').remedy).toBe('sysctl -w net.core.bpf_jit_enable=1');
    place.sh(`umount ${settings}`);
  });

  it('tells the limit of locked memory, which stops no kernel that it runs on', () => {
    const limited = diagnose(NATIVE, { prefix: ['prlimit', '--memlock=65536'] });
    expect(limited).toContainEqual(
      expect.objectContaining({
        check: 'locked memory',
        status: 'ok',
        found: expect.stringMatching(/^65536 /),
      }),
    );
    const script = `import('${ROOT}/src/capture/index.ts').then(({ XdpEngine }) => XdpEngine.open({ pinPath: null }).close())`;
    const loader = join(ROOT, 'test/support/typescript.mjs');
    // As ordinary a process as it can be: the limit is for those without CAP_SYS_RESOURCE and CAP_IPC_LOCK.
    const drop = '-sys_resource,-ipc_lock';
    place.sh(
      `prlimit --memlock=65536 setpriv --bounding-set ${drop} --inh-caps ${drop} ${process.execPath} --import ${loader} -e "${script}"`,
    );
  });

  it('finds that the disk cannot hold the spool', () => {
    place.sh(`mkdir -p ${place.folder}/data && mount -t tmpfs -o size=100m tmpfs ${place.folder}/data`);
    const [warning] = bad(diagnose(), 'spool');
    expect(warning).toMatchObject({ status: 'warn' });
    const [name = '', value = ''] = warning!.remedy!.split(/[ =]/);
    expect(bad(diagnose({ ...NATIVE, [name]: value }), 'spool')).toEqual([]);
    place.sh(`umount ${place.folder}/data`);
  });

  it('finds that the peer of a veth in generic mode leaves segments unsplit', () => {
    const generic = { COUNTFREE_CAPTURE_MODE: 'generic' };
    expect(mend('peer offloads', 'fail', generic).remedy).toBe('ethtool -K out0 tso off gso off');
    place.sh('ethtool -K out0 tso on gso on');
    const engine = XdpEngine.open({ pinPath: preparePins(), sizes: SMALL });
    place.network.run(() => engine.attach('in0', 'generic'));
    // Known from what is attached too, whatever the configuration says.
    mend('peer offloads', 'fail', { COUNTFREE_CAPTURE_MODE: 'auto' });
    engine.detach();
    engine.close();
  });
});

function preparePins(): string {
  place.sh(`mkdir -p ${PINS}`);
  return place.path(`${PINS}/in0`);
}

describe('countfree doctor and detach, on pins', () => {
  /** A process that counts with the pins of in0. */
  async function startInstance(): Promise<ChildProcess> {
    const pinPath = preparePins();
    const args = ['--import', './test/support/typescript.mjs', 'test/bpf/support/pin-child.ts'];
    const child = spawn(process.execPath, [...args, pinPath, place.network.path, 'attached'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    return child;
  }

  it('finds a second instance, which is refused; both are told how to go on', async () => {
    const child = await startInstance();
    expect(() => XdpEngine.open({ pinPath: place.path(`${PINS}/in0`), sizes: SMALL })).toThrow(
      expect.objectContaining({ code: 'EBUSY', message: expect.stringContaining('stop it first') }),
    );
    const refused = place.countfree(['detach', '--interface', 'in0']);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toMatch(/another process counts with the pins/);
    const [finding] = bad(diagnose(), 'other instance');
    expect(finding).toMatchObject({ status: 'warn', remedy: `kill ${child.pid}` });
    const gone = once(child, 'exit');
    place.sh(finding!.remedy!);
    await gone;
    const findings = diagnose();
    expect(bad(findings, 'other instance')).toEqual([]);
    // Its program counts on, and is known as Countfree's own.
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'XDP program', status: 'ok', found: expect.stringContaining('own') }),
    );
  });

  it('detaches what that one left: program, pins and offloads', () => {
    expect(place.sh('ip link show in0')).toContain('xdp');
    expect(place.countfree(['detach', '--interface', 'in0'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('in0 is free'),
    });
    expect(place.sh('ip link show in0')).not.toContain('xdp');
    expect(existsSync(place.path(`${PINS}/in0`))).toBe(false);
    const again = place.countfree(['detach', '--interface', 'in0']);
    expect(again.status).not.toBe(0);
    expect(again.stderr).toContain('nothing pinned for in0');
  });

  it('switches offloads on again when what counted in generic mode is detached', () => {
    place.sh('ethtool -K in0 gro on');
    const engine = XdpEngine.open({ pinPath: preparePins(), sizes: SMALL });
    const { offloads } = place.network.run(() => engine.attach('in0', 'generic'));
    expect(offloads).toEqual({ off: ['rx-gro'], stillOn: [] });
    engine.close();
    const gro = () => /generic-receive-offload: (\w+)/.exec(place.sh('ethtool -k in0'))?.[1];
    expect(gro()).toBe('off'); // the pinned program counts on
    expect(place.countfree(['detach', '--interface', 'in0']).status).toBe(0);
    expect(gro()).toBe('on');
    place.sh('ethtool -K in0 gro off');
  });

  it('finds pins of another version, and gives them up where it is told to', () => {
    const pinPath = preparePins();
    XdpEngine.open({ pinPath, sizes: SMALL }).close();
    const key = 'key 0 0 0 0';
    const state = `${PINS}/in0/state`;
    const { value } = JSON.parse(place.sh(`bpftool -j map lookup pinned ${state} ${key}`)) as {
      value: string[];
    };
    value[0] = '0x63';
    place.sh(`bpftool map update pinned ${state} ${key} value ${value.join(' ')}`);
    const [finding] = bad(diagnose(), 'pins');
    expect(finding).toMatchObject({ status: 'fail', found: expect.stringContaining('have layout 99') });
    const [, ...args] = finding!.remedy!.split(' ');
    expect(place.countfree(args).status).toBe(0);
    expect(bad(diagnose(), 'pins')).toEqual([]);
    expect(existsSync(pinPath)).toBe(false);
  });
});

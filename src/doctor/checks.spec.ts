import { describe, expect, it } from 'vitest';
import { checkHost } from './host-checks.js';
import { checkInterface } from './interface-checks.js';
import { formatFindings, isHealthy } from './report.js';
import type { Finding, HostFacts, InterfaceFacts } from './types.js';

const soundHost: HostFacts = {
  platform: 'linux',
  kernelRelease: '6.1.0-28-amd64',
  nodeVersion: 'v20.19.0',
  hasBtf: true,
  capabilities: new Set(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN']),
  jitEnabled: true,
  memlockBytes: 8_388_608,
  bpffsMounts: ['/sys/fs/bpf'],
  lockdown: '[none] integrity confidentiality',
  objectBuilt: true,
  addonBuilt: true,
};

const soundLink: InterfaceFacts = {
  name: 'ens6',
  exists: true,
  others: ['lo', 'ens6'],
  up: true,
  mtu: 3498,
  driver: 'ena',
  attached: undefined,
  channels: { current: 4, maximum: 8 },
  peer: undefined,
  offloads: new Map([['large-receive-offload', { on: false, fixed: true }]]),
};

const PIN = '/sys/fs/bpf/countfree';

function bad(findings: Finding[]): Finding[] {
  return findings.filter((finding) => finding.status !== 'ok');
}

describe('checkHost', () => {
  it('finds nothing on a sound host', () => {
    expect(bad(checkHost(soundHost, PIN))).toEqual([]);
  });

  it.each<[string, Partial<HostFacts>, string, RegExp]>([
    ['an old kernel', { kernelRelease: '5.15.0-91-generic' }, 'kernel', /Debian 12/],
    ['no BTF', { hasBtf: false }, 'BTF', /linux-image/],
    ['no rights', { capabilities: new Set() }, 'rights', /AmbientCapabilities/],
    [
      'rights without network administration',
      { capabilities: new Set(['CAP_SYS_ADMIN']) },
      'rights',
      /NET_ADMIN/,
    ],
    ['no bpffs', { bpffsMounts: [] }, 'bpffs', /mount -t bpf/],
    ['bpffs somewhere else', { bpffsMounts: ['/run/bpf'] }, 'bpffs', /mount -t bpf/],
    ['lockdown', { lockdown: 'none integrity [confidentiality]' }, 'lockdown', /lockdown=/],
    ['no build', { objectBuilt: false, addonBuilt: false }, 'build', /npm run build/],
    ['another system', { platform: 'darwin' }, 'system', /Linux/],
  ])('fails for %s and says what mends it', (_name, change, check, remedy) => {
    const findings = bad(checkHost({ ...soundHost, ...change }, PIN));
    expect(findings).toMatchObject([{ check, status: 'fail' }]);
    expect(findings[0]?.remedy).toMatch(remedy);
    expect(isHealthy(findings)).toBe(false);
  });

  it('takes CAP_SYS_ADMIN for the BPF capabilities, as the kernel does', () => {
    const capabilities = new Set(['CAP_SYS_ADMIN', 'CAP_NET_ADMIN']);
    expect(bad(checkHost({ ...soundHost, capabilities }, PIN))).toEqual([]);
  });

  it('warns of an interpreted program', () => {
    expect(bad(checkHost({ ...soundHost, jitEnabled: false }, PIN))).toMatchObject([
      { check: 'JIT', status: 'warn' },
    ]);
  });
});

describe('checkInterface', () => {
  it('finds nothing on a sound interface', () => {
    expect(bad(checkInterface(soundLink))).toEqual([]);
  });

  it.each<[string, Partial<InterfaceFacts>, string, RegExp]>([
    ['a name that is not there', { exists: false }, 'interface', /ip link show/],
    ["the default MTU of ENA's jumbo frames", { mtu: 9001 }, 'MTU', /mtu 3498/],
    [
      'a foreign program',
      { attached: { mode: 'native', programId: 7, programName: 'xdp_pass', ours: false } },
      'XDP program',
      /ip link set dev ens6 xdpdrv off/,
    ],
    ['all queues of ENA in use', { channels: { current: 8, maximum: 8 } }, 'queues', /combined 4/],
    [
      'LRO',
      { offloads: new Map([['large-receive-offload', { on: true, fixed: false }]]) },
      'receive offloads',
      /lro off/,
    ],
  ])('fails for %s and says what mends it', (_name, change, check, remedy) => {
    const findings = bad(checkInterface({ ...soundLink, ...change }));
    expect(findings).toMatchObject([{ check, status: 'fail' }]);
    expect(findings[0]?.remedy).toMatch(remedy);
  });

  it('tells which MTU stops a veth, and that a kernel with xdp.frags is not stopped', () => {
    const veth = { ...soundLink, driver: 'veth', mtu: 9000, channels: undefined };
    const peer = { name: 'out0', mtu: 3507, sendQueues: 1, segmentation: true };
    expect(bad(checkInterface({ ...veth, peer: { ...peer, mtu: 3506 } }))).toEqual([]);
    expect(bad(checkInterface({ ...veth, peer }))).toMatchObject([
      { check: 'MTU', status: 'warn', remedy: 'ip link set dev out0 mtu 3498' },
    ]);
    expect(bad(checkInterface({ ...veth, peer }, 'native', '5.15.0'))).toMatchObject([{ status: 'fail' }]);
  });

  it('tells that a veth in generic mode gets what its peer leaves unsplit', () => {
    const peer = { name: 'out0', mtu: 1500, sendQueues: 1, segmentation: true };
    const veth = { ...soundLink, driver: 'veth', mtu: 1500, channels: undefined, peer };
    expect(bad(checkInterface(veth, 'generic'))).toMatchObject([
      { check: 'peer offloads', status: 'fail', remedy: 'ethtool -K out0 tso off gso off' },
    ]);
    expect(bad(checkInterface(veth, 'auto'))).toEqual([]);
    expect(bad(checkInterface({ ...veth, peer: { ...peer, segmentation: false } }, 'generic'))).toEqual([]);
    expect(bad(checkInterface({ ...veth, peer: undefined }, 'generic'))).toMatchObject([
      { check: 'peer offloads', status: 'warn' },
    ]);
  });

  it('does not fail for what generic mode gets round', () => {
    const jumbo = { ...soundLink, mtu: 9001, channels: { current: 8, maximum: 8 } };
    expect(bad(checkInterface(jumbo, 'auto')).map(({ check, status }) => [check, status])).toEqual([
      ['MTU', 'warn'],
      ['queues', 'warn'],
    ]);
    expect(bad(checkInterface(jumbo, 'generic'))).toEqual([]);
    expect(bad(checkInterface(jumbo, 'socket'))).toEqual([]);
  });

  it('accepts its own program', () => {
    const attached = { mode: 'native', programId: 7, programName: 'countfree_xdp', ours: true };
    expect(bad(checkInterface({ ...soundLink, attached }))).toEqual([]);
  });

  it('warns of an unknown driver and of a link that is down', () => {
    const findings = bad(
      checkInterface({ ...soundLink, driver: 'cdc_ether', up: false, channels: undefined }),
    );
    expect(findings.map((finding) => [finding.check, finding.status])).toEqual([
      ['interface', 'warn'],
      ['driver', 'warn'],
    ]);
  });
});

describe('formatFindings', () => {
  it('puts meaning and remedy below a line that is not ok', () => {
    const text = formatFindings(checkInterface({ ...soundLink, mtu: 9001 }));
    expect(text).toMatch(
      /^FAIL {2}MTU .*9001.*\n {6}A packet must fit.*\n {6}mend: {2}ip link set dev ens6 mtu 3498$/m,
    );
  });
});

import type { CaptureMode } from '../capture/index.js';
import type { Finding, InterfaceFacts } from './types.js';

interface MtuLimit {
  /** Largest MTU at which the driver takes a program for packets in one buffer. */
  oneBuffer: number;
  /** First kernel that takes the program for packets in several buffers at any MTU; absent = none does. */
  severalSince?: readonly [major: number, minor: number];
}

/**
 * A page (4096) less the headroom, the skb_shared_info behind the packet and the link header, as each driver computes it.
 * Countfree brings its program in both forms, so the limit stops it only where a driver has no `xdp.frags`.
 */
const MTU_LIMITS: Readonly<Record<string, MtuLimit>> = {
  // drivers/net/veth.c, veth_xdp_set: it is the peer's MTU that counts
  veth: { oneBuffer: 3506, severalSince: [5, 18] },
  ena: { oneBuffer: 3498 }, // ena_netdev.h, ENA_XDP_MAX_MTU
  virtio_net: { oneBuffer: 3506, severalSince: [6, 3] }, // virtnet_xdp_set
  ixgbe: { oneBuffer: 3050 },
  igb: { oneBuffer: 3050 },
  igc: { oneBuffer: 1500 },
};

/** Fits every driver but igc, and holds a mirrored packet of 1,500 octets twice over. */
const PROPOSED_MTU = 3498;

/** Drivers whose native XDP is known. Others may have it: the attempt tells. */
const NATIVE_DRIVERS = new Set([
  ...Object.keys(MTU_LIMITS),
  'i40e',
  'ice',
  'mlx4_en',
  'mlx5_core',
  'bnxt_en',
  'nfp',
  'tun',
  'hv_netvsc',
  'mana',
  'gve',
  'stmmac',
  'sfc',
  'qede',
]);

/** As the native addon's receive_offloads.cc, in the words of `ethtool -k` and `ethtool -K`. */
const GLUING_OFFLOADS = {
  'generic-receive-offload': 'gro',
  'large-receive-offload': 'lro',
  'rx-gro-hw': 'rx-gro-hw',
  'rx-gro-list': 'rx-gro-list',
} as const;

/** Checks of one interface, in the order in which they stop an attachment. Pure. */
export function checkInterface(
  facts: InterfaceFacts,
  mode: CaptureMode = 'native',
  kernelRelease = '6.1',
): Finding[] {
  if (!facts.exists) {
    return [
      {
        check: 'interface',
        status: 'fail',
        found: `${facts.name} does not exist here`,
        meaning: `This network namespace has: ${facts.others.join(', ') || 'no interfaces'}.`,
        remedy: 'ip link show   # names; in a container, share the network of the host',
      },
    ];
  }
  if (mode === 'socket') return [link(facts)];
  const native = mode !== 'generic' && facts.attached?.ours !== true;
  return [
    link(facts),
    driver(facts),
    ...(native ? [mtu(facts, mode, kernelRelease)] : []),
    ...program(facts),
    ...(native ? queues(facts, mode) : []),
    ...receiveOffloads(facts, mode),
    ...peerOffloads(facts, mode),
  ];
}

/** What keeps native mode from attaching stops `native`; `auto` goes on to generic mode, at a cost. */
function nativeProblem(mode: CaptureMode, finding: Omit<Finding, 'status'>): Finding {
  if (mode === 'native') return { ...finding, status: 'fail' };
  const meaning = `${finding.meaning ?? ''} Generic mode attaches all the same: slower.`;
  return { ...finding, status: 'warn', meaning };
}

function link(facts: InterfaceFacts): Finding {
  if (facts.up) return { check: 'interface', status: 'ok', found: `${facts.name} is up` };
  return {
    check: 'interface',
    status: 'warn',
    found: `${facts.name} is down`,
    meaning: 'A program can be attached, but no packet will arrive.',
    remedy: `ip link set dev ${facts.name} up`,
  };
}

function driver(facts: InterfaceFacts): Finding {
  const name = facts.driver ?? 'unknown';
  if (facts.driver !== undefined && NATIVE_DRIVERS.has(facts.driver)) {
    return { check: 'driver', status: 'ok', found: `${name} (native XDP)` };
  }
  return {
    check: 'driver',
    status: 'warn',
    found: name,
    meaning:
      'This driver is not known to run XDP natively; generic mode works everywhere but costs more per packet.',
    remedy: 'COUNTFREE_CAPTURE_MODE=auto   # native is tried first, then generic',
  };
}

function mtu(facts: InterfaceFacts, mode: CaptureMode, kernelRelease: string): Finding {
  const limit = facts.driver === undefined ? undefined : MTU_LIMITS[facts.driver];
  const judged = facts.peer ?? facts;
  const whose = facts.peer ? `${judged.mtu} of its peer ${judged.name}` : `${judged.mtu}`;
  if (limit === undefined) return { check: 'MTU', status: 'ok', found: whose };
  if (judged.mtu <= limit.oneBuffer) {
    const found = `${whose} (${facts.driver ?? ''} takes one buffer up to ${limit.oneBuffer})`;
    return { check: 'MTU', status: 'ok', found };
  }
  const remedy = `ip link set dev ${judged.name} mtu ${Math.min(limit.oneBuffer, PROPOSED_MTU)}`;
  if (limit.severalSince && atLeast(kernelRelease, limit.severalSince)) {
    return {
      check: 'MTU',
      status: 'warn',
      found: `${whose}, and ${facts.driver ?? ''} takes one buffer a packet up to ${limit.oneBuffer}`,
      meaning: 'It attaches all the same, with the program for packets in several buffers: a little slower.',
      remedy,
    };
  }
  return nativeProblem(mode, {
    check: 'MTU',
    found: `${whose}, and ${facts.driver ?? ''} takes an XDP program up to ${limit.oneBuffer}`,
    meaning:
      'A packet must fit into one memory page beside its headroom; this is the most frequent reason why XDP does not attach.',
    remedy,
  });
}

function atLeast(kernelRelease: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function program(facts: InterfaceFacts): Finding[] {
  if (!facts.attached) return [{ check: 'XDP program', status: 'ok', found: 'none attached' }];
  const { mode, programId, programName, ours, linkId } = facts.attached;
  const found = `${programName ?? 'unnamed'}, id ${programId}, ${mode} mode`;
  if (ours) return [{ check: 'XDP program', status: 'ok', found: `${found} (Countfree's own)` }];
  const flag = mode === 'generic' ? 'xdpgeneric' : 'xdpdrv';
  return [
    {
      check: 'XDP program',
      status: 'fail',
      found,
      meaning:
        'An interface takes one XDP program. This one is not known to Countfree, which will not remove it by itself: find its owner first (bpftool net; bpftool link).',
      remedy:
        linkId === undefined
          ? `ip link set dev ${facts.name} ${flag} off`
          : `bpftool link detach id ${linkId}`,
    },
  ];
}

function queues(facts: InterfaceFacts, mode: CaptureMode): Finding[] {
  if (!facts.channels) return [];
  const { current, maximum } = facts.channels;
  const found = `${current} of ${maximum} in use`;
  if (facts.driver === 'ena' && current * 2 > maximum) {
    return [
      nativeProblem(mode, {
        check: 'queues',
        found,
        meaning:
          'ENA keeps a transmit queue for XDP beside each queue: at most half of the channels may be in use.',
        remedy: `ethtool -L ${facts.name} combined ${Math.max(1, Math.floor(maximum / 2))}`,
      }),
    ];
  }
  if (facts.peer && facts.peer.sendQueues > current) {
    const { name, sendQueues } = facts.peer;
    return [
      nativeProblem(mode, {
        check: 'queues',
        found: `${current} to receive, and its peer ${name} has ${sendQueues} to send`,
        meaning: 'veth wants a receive queue for each send queue of its peer before it takes a program.',
        remedy:
          maximum >= sendQueues
            ? `ethtool -L ${facts.name} rx ${sendQueues}`
            : `ethtool -L ${name} tx ${current}`,
      }),
    ];
  }
  return [{ check: 'queues', status: 'ok', found }];
}

function receiveOffloads(facts: InterfaceFacts, mode: CaptureMode): Finding[] {
  const check = 'receive offloads';
  if (facts.offloads.size === 0) return [{ check, status: 'ok', found: 'not known (no ethtool)' }];
  const on = Object.keys(GLUING_OFFLOADS).filter((feature) => facts.offloads.get(feature)?.on);
  const fixed = on.filter((feature) => facts.offloads.get(feature)?.fixed);
  const found = `${on.join(', ')} on${fixed.length > 0 ? ` (${fixed.join(', ')} fixed by the driver)` : ''}`;
  const short = on.map((feature) => GLUING_OFFLOADS[feature as keyof typeof GLUING_OFFLOADS]);
  const remedy = `ethtool -K ${facts.name} ${short.map((name) => `${name} off`).join(' ')}`;
  const refused = ['large-receive-offload', 'rx-gro-hw'].filter((feature) => on.includes(feature));
  if (isGeneric(facts) && refused.length > 0) {
    return [
      {
        check,
        status: 'fail',
        found,
        meaning:
          'They are on again while Countfree is attached in generic mode, which comes after them: octets are short of what was on the wire.',
        remedy,
      },
    ];
  }
  if (mode === 'generic' || facts.attached?.ours || refused.length === 0) {
    const later = mode === 'native' || on.length === 0 ? '' : '; switched off while generic mode is attached';
    return [{ check, status: 'ok', found: on.length === 0 ? 'none on' : `${found}${later}` }];
  }
  return [
    nativeProblem(mode, {
      check,
      found,
      meaning: 'They glue packets together before XDP; most drivers then refuse a program.',
      remedy,
    }),
  ];
}

function isGeneric(facts: InterfaceFacts): boolean {
  return facts.attached?.ours === true && facts.attached.mode === 'generic';
}

/** Native mode makes a veth's peer split segments; generic mode does not. */
function peerOffloads(facts: InterfaceFacts, mode: CaptureMode): Finding[] {
  if (facts.driver !== 'veth' || (mode !== 'generic' && !isGeneric(facts))) return [];
  const check = 'peer offloads';
  const meaning =
    'In generic mode a veth hands over TCP as its peer wrote it, unsplit: the headers of all segments but the first are not counted. Native mode has no such fault.';
  if (!facts.peer) {
    const remedy = 'COUNTFREE_CAPTURE_MODE=native   # or, where the peer is: ethtool -K PEER tso off gso off';
    return [{ check, status: 'warn', found: 'its peer is in another network namespace', meaning, remedy }];
  }
  const { name, segmentation } = facts.peer;
  if (!segmentation) return [{ check, status: 'ok', found: `${name} splits segments` }];
  return [
    {
      check,
      status: 'fail',
      found: `${name} leaves segments unsplit`,
      meaning,
      remedy: `ethtool -K ${name} tso off gso off`,
    },
  ];
}

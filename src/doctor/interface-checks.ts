import type { Finding, InterfaceFacts } from './types.js';

/**
 * Largest MTU at which a driver takes an XDP program without multi-buffer support. A page (4096) less the headroom, the
 * skb_shared_info behind the packet and the link header, as each driver computes it.
 */
const MTU_LIMITS: Readonly<Record<string, number>> = {
  veth: 3506, // drivers/net/veth.c, veth_xdp_set
  ena: 3498, // ena_netdev.h, ENA_XDP_MAX_MTU
  virtio_net: 3506, // virtnet_xdp_set
  ixgbe: 3050,
  igb: 3050,
  igc: 1500,
};

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

/** Checks of one interface, in the order in which they stop an attachment. Pure. */
export function checkInterface(facts: InterfaceFacts): Finding[] {
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
  return [
    link(facts),
    driver(facts),
    mtu(facts),
    ...program(facts),
    ...queues(facts),
    ...receiveOffloads(facts),
  ];
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

function mtu(facts: InterfaceFacts): Finding {
  const limit = facts.driver === undefined ? undefined : MTU_LIMITS[facts.driver];
  if (limit === undefined || facts.mtu <= limit) {
    const known = limit === undefined ? '' : ` (limit of ${facts.driver ?? ''}: ${limit})`;
    return { check: 'MTU', status: 'ok', found: `${facts.mtu}${known}` };
  }
  return {
    check: 'MTU',
    status: 'fail',
    found: `${facts.mtu}, and ${facts.driver ?? ''} takes an XDP program up to ${limit}`,
    meaning:
      'A packet must fit into one memory page beside its headroom; this is the most frequent reason why XDP does not attach.',
    remedy: `ip link set dev ${facts.name} mtu ${Math.min(limit, 3498)}`,
  };
}

function program(facts: InterfaceFacts): Finding[] {
  if (!facts.attached) return [{ check: 'XDP program', status: 'ok', found: 'none attached' }];
  const { mode, programId, programName, ours } = facts.attached;
  const found = `${programName ?? 'unnamed'}, id ${programId}, ${mode} mode`;
  if (ours) return [{ check: 'XDP program', status: 'ok', found: `${found} (Countfree's own)` }];
  return [
    {
      check: 'XDP program',
      status: 'fail',
      found,
      meaning:
        'An interface takes one XDP program. This one is not known to Countfree, which will not remove it by itself.',
      remedy:
        `bpftool net show dev ${facts.name}; bpftool link show   # find its owner, then: ` +
        `ip link set dev ${facts.name} xdp off   (or: bpftool link detach id LINK)`,
    },
  ];
}

function queues(facts: InterfaceFacts): Finding[] {
  if (!facts.channels) return [];
  const { current, maximum } = facts.channels;
  const found = `${current} of ${maximum} in use`;
  if (facts.driver !== 'ena' || current * 2 <= maximum) return [{ check: 'queues', status: 'ok', found }];
  const half = Math.max(1, Math.floor(maximum / 2));
  return [
    {
      check: 'queues',
      status: 'fail',
      found,
      meaning:
        'ENA keeps a transmit queue for XDP beside each queue: at most half of the channels may be in use.',
      remedy: `ethtool -L ${facts.name} combined ${half}`,
    },
  ];
}

function receiveOffloads(facts: InterfaceFacts): Finding[] {
  const on = ['large-receive-offload', 'rx-gro-hw'].filter((feature) => facts.offloads.get(feature)?.on);
  if (facts.offloads.size === 0 || on.length === 0) {
    return [
      {
        check: 'receive offloads',
        status: 'ok',
        found: facts.offloads.size === 0 ? 'not known (no ethtool)' : 'none in the way',
      },
    ];
  }
  const fixed = on.filter((feature) => facts.offloads.get(feature)?.fixed);
  return [
    {
      check: 'receive offloads',
      status: 'fail',
      found: `${on.join(', ')} on${fixed.length > 0 ? ` (${fixed.join(', ')} fixed by the driver)` : ''}`,
      meaning: 'They glue packets together before XDP; most drivers then refuse a program.',
      remedy: `ethtool -K ${facts.name} lro off rx-gro-hw off`,
    },
  ];
}

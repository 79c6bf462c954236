/** What one check found, what it means, and the exact command that mends it. */
export interface Finding {
  check: string;
  /** `fail`: capture (or the service) will not start. `warn`: it will, but at a cost. */
  status: 'ok' | 'warn' | 'fail';
  found: string;
  /** Absent where status is ok. */
  meaning?: string;
  remedy?: string;
}

/** What is known of the host. Read by `readHost`, judged by pure checks. */
export interface HostFacts {
  platform: string;
  kernelRelease: string;
  nodeVersion: string;
  hasBtf: boolean;
  /** Names of the effective capabilities that matter here. */
  capabilities: ReadonlySet<string>;
  /** /proc/sys/net/core/bpf_jit_enable; undefined where it cannot be read. */
  jitEnabled: boolean | undefined;
  /** RLIMIT_MEMLOCK in bytes; Infinity = unlimited. */
  memlockBytes: number;
  /** Mount points of bpffs. */
  bpffsMounts: readonly string[];
  /** Content of /sys/kernel/security/lockdown, e.g. `[none] integrity confidentiality`; undefined where absent. */
  lockdown: string | undefined;
  objectBuilt: boolean;
  addonBuilt: boolean;
}

export interface AttachedProgram {
  mode: string;
  programId: number;
  programName: string | undefined;
  ours: boolean;
  /** Id of the bpf_link that holds it; absent if it was attached by netlink, or bpftool is missing. */
  linkId?: number;
}

/** What is known of an interface's pin folder. */
export interface PinFacts {
  path: string;
  /** The process that counts with these pins now; 0 if it lives in another pid namespace. */
  owner: { pid: number; command: string } | undefined;
  /** Why this build cannot take the pins over; null if it can, undefined if they cannot be looked at. */
  refusal: string | null | undefined;
}

/** Where the spool lies. */
export interface SpoolFacts {
  folder: string;
  /** What an unprivileged process may still write. */
  freeBytes: number;
  /** What the spool holds already. */
  usedBytes: number;
  maxBytes: number;
}

/** What is known of a network interface. */
export interface InterfaceFacts {
  name: string;
  exists: boolean;
  /** All interfaces of this network namespace, for the error text. */
  others: readonly string[];
  up: boolean;
  mtu: number;
  /** E.g. `veth`, `ena`, `virtio_net`; undefined where it cannot be told. */
  driver: string | undefined;
  /** An XDP program that is there already; `ours` if it is pinned by Countfree. */
  attached: AttachedProgram | undefined;
  /** `ethtool -l`: receive-capable channels now and at most; undefined where the driver does not say. */
  channels: { current: number; maximum: number } | undefined;
  /** The other end of a veth, if it is in this network namespace; `segmentation`: it hands TCP over unsplit. */
  peer: { name: string; mtu: number; sendQueues: number; segmentation: boolean } | undefined;
  /** `ethtool -k`, by feature name; empty where ethtool is missing. */
  offloads: ReadonlyMap<string, { on: boolean; fixed: boolean }>;
}

import { SOCKET_COST, type CaptureMode } from '../capture/index.js';
import type { Finding, HostFacts } from './types.js';

/** Debian 12, Amazon Linux 2023, Ubuntu 24.04. */
const KERNEL_FLOOR = [6, 1] as const;

/** Checks of the host that need no interface. Pure. */
export function checkHost(host: HostFacts, pinPath: string, mode: CaptureMode = 'native'): Finding[] {
  if (host.platform !== 'linux') {
    return [
      {
        check: 'system',
        status: 'fail',
        found: host.platform,
        meaning:
          'XDP is a facility of the Linux kernel. Capture files can be read here; live capture cannot run.',
        remedy: 'run the capture role on a Linux host; api and worker roles run anywhere',
      },
    ];
  }
  if (mode === 'socket') return [socketRights(host), built(host)];
  return [
    kernel(host),
    btf(host),
    rights(host, mode),
    jit(host),
    memlock(host),
    bpffs(host, pinPath),
    lockdown(host),
    built(host),
  ];
}

function kernel(host: HostFacts): Finding {
  const [major = 0, minor = 0] = host.kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  const enough = major > KERNEL_FLOOR[0] || (major === KERNEL_FLOOR[0] && minor >= KERNEL_FLOOR[1]);
  const base = { check: 'kernel', found: host.kernelRelease };
  if (enough) return { ...base, status: 'ok' };
  return {
    ...base,
    status: 'fail',
    meaning: `Countfree's program needs Linux ${KERNEL_FLOOR.join('.')} or later.`,
    remedy: 'use Debian 12, Amazon Linux 2023, Ubuntu 24.04 or later on the capture host',
  };
}

function btf(host: HostFacts): Finding {
  if (host.hasBtf) return { check: 'BTF', status: 'ok', found: '/sys/kernel/btf/vmlinux' };
  return {
    check: 'BTF',
    status: 'fail',
    found: 'no /sys/kernel/btf/vmlinux',
    meaning:
      'The kernel was built without type information (CONFIG_DEBUG_INFO_BTF), which loading the program needs.',
    remedy: 'use a distribution kernel, e.g.: apt-get install linux-image-amd64',
  };
}

function socketRights(host: HostFacts): Finding {
  if (host.capabilities.has('CAP_NET_RAW')) return { check: 'rights', status: 'ok', found: 'CAP_NET_RAW' };
  return {
    check: 'rights',
    status: 'fail',
    found: 'CAP_NET_RAW missing',
    meaning: 'Without it the kernel gives no packet socket.',
    remedy: 'run as root, or in the systemd unit: AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN',
  };
}

function rights(host: HostFacts, mode: CaptureMode): Finding {
  const can = (name: string) => host.capabilities.has('CAP_SYS_ADMIN') || host.capabilities.has(name);
  const missing = ['CAP_BPF', 'CAP_PERFMON'].filter((name) => !can(name));
  // CAP_SYS_ADMIN stands for the BPF pair, but attaching to an interface is network administration.
  if (!host.capabilities.has('CAP_NET_ADMIN')) missing.push('CAP_NET_ADMIN');
  if (missing.length === 0)
    return { check: 'rights', status: 'ok', found: 'CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN' };
  // Only `auto` may turn to the packet socket.
  const socket = mode === 'auto' && host.capabilities.has('CAP_NET_RAW');
  return {
    check: 'rights',
    status: socket ? 'warn' : 'fail',
    found: `${missing.join(', ')} missing`,
    meaning:
      'Without these capabilities the kernel refuses to load the program or to attach it.' +
      (socket ? ` A packet socket is read instead: ${SOCKET_COST}.` : ''),
    remedy:
      'run as root, or in the systemd unit: AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_SYS_RESOURCE; ' +
      'in a container: --cap-add BPF --cap-add PERFMON --cap-add NET_ADMIN',
  };
}

function jit(host: HostFacts): Finding {
  if (host.jitEnabled !== false) {
    return { check: 'JIT', status: 'ok', found: host.jitEnabled ? 'on' : 'compiled in' };
  }
  return {
    check: 'JIT',
    status: 'warn',
    found: 'off',
    meaning: 'The program is interpreted: many times slower.',
    remedy: 'sysctl -w net.core.bpf_jit_enable=1',
  };
}

function memlock(host: HostFacts): Finding {
  const found = Number.isFinite(host.memlockBytes) ? `${host.memlockBytes} bytes` : 'unlimited';
  // Since Linux 5.11 maps are charged to the memory control group; the limit matters only below the kernel floor.
  return { check: 'locked memory', status: 'ok', found: `${found} (not used for BPF since Linux 5.11)` };
}

function bpffs(host: HostFacts, pinPath: string): Finding {
  const mount = host.bpffsMounts.find((point) => pinPath === point || pinPath.startsWith(`${point}/`));
  if (mount) return { check: 'bpffs', status: 'ok', found: mount };
  const elsewhere = host.bpffsMounts.length > 0 ? ` (mounted at ${host.bpffsMounts.join(', ')})` : '';
  return {
    check: 'bpffs',
    status: 'fail',
    found: `${pinPath} is not on a BPF file system${elsewhere}`,
    meaning: 'Programs and counters are pinned there, so that counting goes on while the service restarts.',
    remedy: 'mount -t bpf bpf /sys/fs/bpf',
  };
}

function lockdown(host: HostFacts): Finding {
  const mode = /\[(\w+)\]/.exec(host.lockdown ?? '')?.[1] ?? 'none';
  if (mode !== 'confidentiality') return { check: 'lockdown', status: 'ok', found: mode };
  return {
    check: 'lockdown',
    status: 'fail',
    found: mode,
    meaning: 'In this mode the kernel forbids BPF programs to read memory.',
    remedy: 'boot with lockdown=integrity, or without it',
  };
}

function built(host: HostFacts): Finding {
  const missing = [...(host.objectBuilt ? [] : ['BPF object']), ...(host.addonBuilt ? [] : ['native addon'])];
  if (missing.length === 0) return { check: 'build', status: 'ok', found: 'BPF object and native addon' };
  return {
    check: 'build',
    status: 'fail',
    found: `${missing.join(' and ')} missing`,
    meaning: 'The program was not built on this host.',
    remedy: 'npm run build',
  };
}

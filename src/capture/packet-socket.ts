import { loadAddon, type OffloadChange, type PacketSinkHandle } from './native.js';

/** What a packet socket costs against XDP, for messages. */
export const SOCKET_COST =
  'slower; packets are dropped (and counted as such) when this process does not keep up, nothing is counted while it is away, and mirrored packets go on to the host';

export interface PacketSocketStatus {
  /** False once the interface is gone. */
  alive: boolean;
  /** Packets that found no room in the ring since the socket was opened. */
  drops: number;
  interfaceIndex: number;
  offloads: OffloadChange;
}

interface NativePacketSocket {
  read(sink: PacketSinkHandle, atLeast: number): number;
  status(): PacketSocketStatus;
  close(): void;
}

type NativePacketSocketClass = new (interfaceName: string, ringBytes: number) => NativePacketSocket;

const RING_BYTES = 64 << 20;

/**
 * Reads an Ethernet interface of this network namespace (packet(7), TPACKET_V3) into an engine: the last resort where
 * XDP is not allowed. Needs CAP_NET_RAW, and CAP_NET_ADMIN to switch receive offloads off while it lives. Throws an Error
 * with `code` and what to do.
 */
export class PacketSocket {
  private readonly native: NativePacketSocket;

  constructor(interfaceName: string, ringBytes = RING_BYTES) {
    if (!/^[^\s/]{1,15}$/.test(interfaceName))
      throw new RangeError(`"${interfaceName}" is no name of a network interface (1 to 15 characters)`);
    this.native = new (loadAddon().PacketSocket as NativePacketSocketClass)(interfaceName, ringBytes);
  }

  /** Hands waiting packets to the engine, until at least so many or none waits. Returns how many. */
  read(sink: PacketSinkHandle, atLeast: number): number {
    return this.native.read(sink, atLeast);
  }

  status(): PacketSocketStatus {
    return this.native.status();
  }

  /** Idempotent. */
  close(): void {
    this.native.close();
  }
}

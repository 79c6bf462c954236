import { loadAddon } from './native.js';

export interface SentFrames {
  frames: number;
  /** Bytes of whole frames, link header included. */
  octets: number;
}

interface NativePacketSender {
  send(packed: Uint8Array, framesPerSecond: number): Promise<SentFrames>;
  close(): void;
}

type NativePacketSenderClass = new (interfaceName: string) => NativePacketSender;

/**
 * Sends Ethernet frames out of one interface through a packet socket (packet(7)); needs CAP_NET_RAW. The socket
 * belongs to the network namespace in which the sender was made (see insideNetworkNamespace).
 */
export class PacketSender {
  private readonly native: NativePacketSender;

  /** Throws with what to do if there is no such interface or the right is missing. */
  constructor(readonly interfaceName: string) {
    if (!/^[^\s/]{1,15}$/.test(interfaceName))
      throw new RangeError(
        `"${interfaceName}" cannot be an interface's name: 1 to 15 bytes, no space or slash`,
      );
    this.native = new (loadAddon().PacketSender as NativePacketSenderClass)(interfaceName);
  }

  /**
   * Sends packed frames (see {@link packFrames}) in order, off the main thread. Leave the buffer alone until it is done,
   * and wait for one send before the next. A rejection's `frames` and `octets` tell exactly what went out before.
   * @param framesPerSecond 0 = as fast as the interface takes them
   */
  send(packed: Uint8Array, framesPerSecond = 0): Promise<SentFrames> {
    if (!Number.isFinite(framesPerSecond) || framesPerSecond < 0)
      throw new RangeError(`frames per second is a number of 0 or more, not ${framesPerSecond}`);
    return this.native.send(packed, framesPerSecond);
  }

  /** Idempotent. A send under way still finishes. */
  close(): void {
    this.native.close();
  }
}

/** Packs frames as {@link PacketSender.send} takes them: u32 length in host order, then the bytes. */
export function packFrames(frames: readonly Uint8Array[]): Buffer {
  const packed = Buffer.allocUnsafe(frames.reduce((sum, frame) => sum + 4 + frame.length, 0));
  let offset = 0;
  for (const frame of frames) {
    packed.writeUInt32LE(frame.length, offset);
    packed.set(frame, offset + 4);
    offset += 4 + frame.length;
  }
  return packed;
}

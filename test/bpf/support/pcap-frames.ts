/** Frames of a classic little-endian pcap file, for tests that change them. Other formats give none. */

export interface Frame {
  bytes: Buffer;
  wireLength: number;
  /** UNIX nanoseconds. */
  time: bigint;
}

export function readFrames(file: Buffer): Frame[] {
  if (file.length < 24 || file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) return [];
  const frames: Frame[] = [];
  for (let offset = 24; offset + 16 <= file.length;) {
    const captured = file.readUInt32LE(offset + 8);
    const bytes = file.subarray(offset + 16, offset + 16 + captured);
    if (bytes.length < captured) break;
    const time =
      BigInt(file.readUInt32LE(offset)) * 1_000_000_000n + BigInt(file.readUInt32LE(offset + 4)) * 1000n;
    frames.push({ bytes, wireLength: Math.max(captured, file.readUInt32LE(offset + 12)), time });
    offset += 16 + captured;
  }
  return frames;
}

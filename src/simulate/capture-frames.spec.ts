import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { readCaptureFrames, type CapturedFrame } from './capture-frames.js';
import { CaptureMirror } from './capture-mirror.js';
import { PcapWriter } from './pcap-writer.js';
import { Simulation } from './simulation.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'countfree-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const small = { seed: 5, sims: 3, octets: 200_000, start: Date.UTC(2025, 0, 1), span: 1000 };

async function framesOf(bytes: Buffer): Promise<CapturedFrame[]> {
  const path = join(folder, 'capture');
  writeFileSync(path, bytes);
  const frames: CapturedFrame[] = [];
  for await (const frame of readCaptureFrames(path)) frames.push(frame);
  return frames;
}

async function writtenSimulation(): Promise<{ bytes: Buffer; frames: CapturedFrame[] }> {
  const path = join(folder, 'written.pcap');
  const writer = await PcapWriter.create(path);
  const frames = [...new Simulation(small).frames()];
  for (const { at, frame } of frames) await writer.write(at, frame);
  await writer.close();
  return { bytes: readFileSync(path), frames };
}

/** A pcapng block in either byte order. */
function block(big: boolean, type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const number = integer(big);
  const length = number(padded.length + 12);
  return Buffer.concat([number(type), length, padded, length]);
}

function integer(big: boolean, bytes = 4): (value: number) => Buffer {
  return (value) => {
    const out = Buffer.alloc(bytes);
    if (big) out.writeUIntBE(value, 0, bytes);
    else out.writeUIntLE(value, 0, bytes);
    return out;
  };
}

function pcapng(big: boolean, packet: Buffer, linkType = 1): Buffer {
  const [u16, u32] = [integer(big, 2), integer(big)];
  const section = Buffer.concat([u32(0x1a2b3c4d), u16(1), u16(0), Buffer.alloc(8, 0xff)]);
  const options = Buffer.concat([u16(9), u16(1), Buffer.of(9, 0, 0, 0), u16(0), u16(0)]);
  const description = Buffer.concat([u16(linkType), u16(0), u32(0), options]);
  const nanoseconds = 1_700_000_000_123_456_789n;
  const enhanced = Buffer.concat([
    u32(0),
    u32(Number(nanoseconds >> 32n)),
    u32(Number(nanoseconds & 0xffff_ffffn)),
    u32(packet.length),
    u32(packet.length),
    packet,
  ]);
  return Buffer.concat([
    block(big, 0x0a0d0d0a, section),
    block(big, 1, description),
    block(big, 0x0bad, Buffer.from('unknown')),
    block(big, 6, enhanced),
  ]);
}

describe('readCaptureFrames', () => {
  it('gives back what PcapWriter wrote', async () => {
    const { bytes, frames } = await writtenSimulation();
    expect(await framesOf(bytes)).toEqual(frames);
  });

  it.each([true, false])('reads pcapng (big-endian: %s)', async (big) => {
    const packet = Buffer.from('0123456789abcdef-frame');
    const frames = await framesOf(pcapng(big, packet));
    expect(frames).toHaveLength(1);
    expect(frames[0]!.frame).toEqual(packet);
    // Above 2^53 ns a double is exact to 256 ns.
    expect(Math.abs(frames[0]!.at - 1_700_000_000_123_456)).toBeLessThanOrEqual(1);
  });

  it('puts an Ethernet header before raw IP', async () => {
    const packet = Buffer.concat([Buffer.of(0x60), Buffer.alloc(39)]);
    const [{ frame } = { frame: Buffer.alloc(0) }] = await framesOf(pcapng(false, packet, 101));
    expect(frame.readUInt16BE(12)).toBe(0x86dd);
    expect(frame.subarray(14)).toEqual(packet);
  });

  it('refuses a foreign file and an unknown link type', async () => {
    await expect(framesOf(Buffer.from('%PDF-1.7 and so on'))).rejects.toThrow('neither pcap nor pcapng');
    await expect(framesOf(pcapng(false, Buffer.alloc(60), 105))).rejects.toThrow('link type 105');
    await expect(framesOf(Buffer.alloc(0))).rejects.toThrow(Refusal);
  });

  it('refuses a file that is cut anywhere but between packets, and throws nothing else', async () => {
    const whole = pcapng(true, Buffer.from('0123456789abcdef-frame'));
    let whole_blocks = 0;
    for (let length = 0; length < whole.length; length += 1) {
      const outcome = await framesOf(whole.subarray(0, length)).then(
        () => 'read',
        (error: unknown) => {
          expect(error).toBeInstanceOf(Refusal);
          return 'refused';
        },
      );
      if (outcome === 'read') whole_blocks += 1;
    }
    expect(whole_blocks).toBe(3);
  });
});

describe('CaptureMirror', () => {
  it('counts what the outermost IP header says and wraps each frame', async () => {
    const { bytes, frames } = await writtenSimulation();
    const path = join(folder, 'again.pcap');
    writeFileSync(path, bytes);
    const tunnel = { source: '192.0.2.1', destination: '192.0.2.2' };
    const mirror = new CaptureMirror({ path, subscriberPrefixes: ['100.64.0.1/32'], tunnel });
    const wrapped: Buffer[] = [];
    for await (const { frame } of mirror.frames()) wrapped.push(frame.subarray(14 + 24));
    expect(wrapped).toEqual(frames.map(({ frame }) => frame));
    const ip = frames.filter(({ frame }) => frame.readUInt16BE(12) === 0x0800);
    const octets = ip.reduce((sum, { frame }) => sum + frame.readUInt16BE(16), 0);
    const prediction = mirror.prediction();
    expect(prediction.subscribers).toEqual({ '100.64.0.1': { octetsUp: octets, octetsDown: 0 } });
    expect(prediction.notIp.packets).toBe(frames.length - ip.length);
    expect(prediction.sent.octets).toBe(octets + prediction.notIp.octets);
  });

  it('fills in a length that segmentation offload left at 0 where the packet is cut', async () => {
    const ip = Buffer.concat([
      Buffer.from('4500000012340000400600000a000001c0000201', 'hex'),
      Buffer.alloc(3000, 7),
    ]);
    const frame = Buffer.concat([Buffer.alloc(12), Buffer.of(8, 0), ip]);
    const path = join(folder, 'offloaded.pcapng');
    writeFileSync(path, pcapng(false, frame));
    const lengthsOf = async (mtu: number) => {
      const tunnel = { source: '192.0.2.1', destination: '192.0.2.2' };
      const mirror = new CaptureMirror({ path, subscriberPrefixes: ['10.0.0.0/8'], tunnel, mtu });
      const wrapped: Buffer[] = [];
      for await (const outer of mirror.frames()) wrapped.push(outer.frame);
      expect(mirror.prediction().sent.octets).toBe(3020);
      return [wrapped.length, wrapped[0]!.readUInt16BE(14 + 24 + 14 + 2)];
    };
    expect(await lengthsOf(9000)).toEqual([1, 0]);
    expect(await lengthsOf(2000)).toEqual([2, 3020]);
  });
});

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INTERFACE, Lab } from '../demo/lab.mjs';
import { root } from '../support/paths.mjs';
import { Sent, Traffic } from './traffic.mjs';

const BATCH = 64;
/** Frames that were handed to the wire have been counted, or lost for good, after this. */
const SETTLE = 300;

/** Sends random frames at a rate until it is told to stop; keeps the sums of what really went out. */
export class Sender {
  sent = new Sent();
  held = false;
  over = false;

  constructor(lab, seed, rate) {
    this.lab = lab;
    this.rate = rate;
    this.traffic = new Traffic(seed);
  }

  async open() {
    this.capture = await import(join(root, 'dist/src/capture/index.js'));
    this.connect();
    this.running = this.run();
    // A failure is told by `stop`; until then it must not end the process.
    this.running.catch(() => undefined);
  }

  connect() {
    const { insideNetworkNamespace, PacketSender } = this.capture;
    this.sender = insideNetworkNamespace(Lab.pathOf(this.lab.tx), () => new PacketSender(INTERFACE));
  }

  async run() {
    while (!this.over) {
      if (this.held) {
        this.isQuiet = true;
        await sleep(10);
        continue;
      }
      this.isQuiet = false;
      const frames = Array.from({ length: BATCH }, () => this.traffic.next());
      const packed = this.capture.packFrames(frames.map(({ bytes }) => bytes));
      const started = Date.now();
      const { frames: count } = await this.sender.send(packed, this.rate).catch((error) => {
        for (const frame of frames.slice(0, error.frames ?? 0)) this.sent.add(frame);
        throw error;
      });
      for (const frame of frames.slice(0, count)) this.sent.add(frame);
      const rest = (BATCH / this.rate) * 1000 - (Date.now() - started);
      if (rest > 1) await sleep(rest);
    }
    this.isQuiet = true;
  }

  /** Runs `work` while nothing is on the wire: what a wire that is taken away loses was never delivered to anyone. */
  async whileQuiet(work) {
    this.held = true;
    while (!this.isQuiet) await Promise.race([sleep(10), this.running]);
    await sleep(SETTLE);
    await work();
    this.held = false;
  }

  /** Goes on over an interface that was made anew. */
  reconnect() {
    this.sender.close();
    this.connect();
  }

  /** Rejects with what went wrong with sending. */
  async stop() {
    this.over = true;
    try {
      await this.running;
    } finally {
      this.sender.close();
    }
    await sleep(SETTLE);
  }
}

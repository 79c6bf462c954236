import { basename } from 'node:path';
import {
  addCounters,
  addTally,
  describeFault,
  fileSize,
  noCounters,
  noTally,
  readFileBatches,
  sumFlows,
  type PacketEngine,
} from '../capture/plain.js';
import type { Service } from '../catalogue/plain.js';
import { Identifier } from '../identify/index.js';
import { EXIT_INPUT } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { chooseCatalogue, type CatalogueOrigin } from './replay-catalogue.js';
import { openReplayEngine } from './replay-engine.js';
import { flowToJson, ReplayFlows, type ReplayFlow } from './replay-flows.js';
import { renderReport, summaryToJson, type ReplaySummary } from './replay-report.js';
import { parseReplayOptions, type ReplayOptions, type ReplayRequest } from './replay-request.js';

export type { ReplayOptions } from './replay-request.js';

export interface ReplayStreams {
  out: NodeJS.WritableStream;
  /** Faults, notes and, on a terminal, the progress bar. */
  err: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
}

/**
 * What `countfree replay` does: shows what an engine sees in capture files, without a database. Every subscriber address
 * stands for a SIM that consents, services are those of the seed catalogue or of one that is named.
 *
 * @returns the exit code: 2 where a file is cut or foreign (what came before it is shown all the same), else 0
 * @throws Refusal for bad options and files that cannot be read
 */
export async function replay(
  options: ReplayOptions,
  streams: ReplayStreams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const request = parseReplayOptions(options);
  const { flows, summary, faults, services } = await readCaptures(request, streams);
  const out = new Output(streams.out);
  if (request.json) await writeJson(flows, summary, request.realm.name, out);
  else await out.write(renderReport(flows, summary, services));
  for (const fault of faults) streams.err.write(`countfree: ${fault}\n`);
  return faults.length > 0 ? EXIT_INPUT : 0;
}

/** All that an engine sees in capture files. */
export interface Captures {
  flows: ReplayFlow[];
  summary: ReplaySummary;
  /** What is wrong with which file; what came before it is in `flows` all the same. */
  faults: string[];
  services: readonly Service[];
  catalogue: CatalogueOrigin;
}

/** Runs every file of a request through its engine and identifies the flows. */
export async function readCaptures(request: ReplayRequest, streams: ReplayStreams): Promise<Captures> {
  // Before anything is read: a name mistyped among many should not cost the reading of the others.
  const sizes = await Promise.all(request.files.map((path) => fileSize(path)));
  const catalogue = await chooseCatalogue(request.catalogue);
  const identifier = new Identifier({
    captureFile: request.resolvers === undefined ? {} : { resolvers: request.resolvers },
    ...UNLIMITED,
  });
  identifier.updateCatalogue(catalogue.snapshot);
  const flows = new ReplayFlows(identifier);
  const opened = await openReplayEngine(request.engine);
  const summary: ReplaySummary = { counters: noCounters(), flows: 0, onFlows: noTally() };
  try {
    if (opened.note !== undefined && !request.json) streams.err.write(`countfree: ${opened.note}\n`);
    opened.engine.configure([request.realm]);
    const faults = await readFiles(request, sizes, opened.engine, flows, summary, streams);
    const sorted = flows.sorted();
    summary.flows = sorted.length;
    const { services } = catalogue.snapshot;
    return { flows: sorted, summary, faults, services, catalogue: catalogue.origin };
  } finally {
    await opened.close();
  }
}

/** A capture's times have nothing to do with those of the reading: within one, nothing is forgotten for its age. */
const UNLIMITED = { flowIdleSeconds: 86_400 };

/** Runs every file through the engine. Returns what is wrong with which. */
async function readFiles(
  request: ReplayRequest,
  sizes: readonly (number | null)[],
  engine: PacketEngine,
  flows: ReplayFlows,
  summary: ReplaySummary,
  streams: ReplayStreams,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [index, path] of request.files.entries()) {
    const bar = streams.err.isTTY ? new ProgressBar(streams.err, sizes[index] ?? null) : undefined;
    const batches = readFileBatches(engine, {
      path,
      source: path,
      generation: engine.generation,
      onProgress: ({ read, packets }) =>
        bar?.update(basename(path), read, `${packets.toLocaleString('en-US')} packets`),
    });
    try {
      for (let next = await batches.next(); ; next = await batches.next()) {
        if (next.done === true) {
          const { fault, packets } = next.value;
          if (fault) faults.push(describeFault(path, fault, packets));
          break;
        }
        flows.add(next.value);
        addTally(summary.onFlows, sumFlows(next.value.flows));
        if (next.value.epochEnd) addCounters(summary.counters, next.value.epochEnd.counters);
      }
    } finally {
      bar?.clear();
    }
  }
  return faults;
}

const LINES_AT_ONCE = 1000;

async function writeJson(
  flows: readonly ReplayFlow[],
  summary: ReplaySummary,
  realmName: string,
  out: Output,
): Promise<void> {
  for (let from = 0; from < flows.length; from += LINES_AT_ONCE) {
    const lines = flows
      .slice(from, from + LINES_AT_ONCE)
      .map((flow) => JSON.stringify(flowToJson(flow, realmName)));
    await out.write(`${lines.join('\n')}\n`);
  }
  await out.write(`${JSON.stringify(summaryToJson(summary))}\n`);
}

/** Writes no faster than the reader takes it. A reader that has enough (`| head`) is no fault. */
export class Output {
  private gone = false;

  constructor(private readonly stream: NodeJS.WritableStream) {
    // Each write learns of its own failure; without a listener the event would end the process.
    stream.on('error', () => (this.gone = true));
  }

  write(text: string): Promise<void> {
    if (this.gone) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.stream.write(text, (error?: NodeJS.ErrnoException | null) => {
        if (error && error.code !== 'EPIPE') reject(error);
        else resolve();
      });
    });
  }
}

import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { WARNING_KINDS, type PointStatus } from '../../capture/index.js';
import { AccountsReader } from '../../meter/index.js';
import { CLOCK, formatInstant, type Clock } from '../../shared/index.js';
import { instant, octets } from '../kit/fields.js';
import { defineRoute, Handle, type AnswerOf } from '../kit/route.js';

/** What the capture side of this process says of itself. */
export interface CaptureReport {
  points: readonly PointStatus[];
  /** Points that could not be opened, one sentence each. */
  failures: readonly string[];
  /** Revisions of realms and sessions: the last that was committed, and the one that this process goes by; null = by none. */
  changes: { committed: number; inForce: number } | null;
}

/** Nest injection token for a function that gives the {@link CaptureReport}, or undefined without the capture role. */
export const CAPTURE_REPORT = Symbol('CaptureReport');
export type CaptureReporter = () => Promise<CaptureReport> | undefined;

const NO_CAPTURE = { points: [], failures: [], changes: null };
const SOURCES_SINCE_MS = 31 * 24 * 3600 * 1000;

const tally = z.strictObject({ packets: z.string(), octets });
const point = z
  .strictObject({
    name: z.string(),
    kind: z.enum(['interface', 'file']),
    state: z.string(),
    error: z.string().nullable().meta({ description: 'Why it is stalled or failed, and what to do.' }),
    mode: z.string().nullable().meta({
      description:
        'How packets come: XDP native or generic, or a packet socket; null = from a file, or the interface is gone.',
    }),
    offloads: z
      .strictObject({ off: z.array(z.string()), stillOn: z.array(z.string()) })
      .nullable()
      .meta({
        description:
          'Receive offloads, by the names of ethtool -k: switched off while packets are taken behind them, and those that cannot be (octets are short then).',
      }),
    epochs: z.int().meta({ description: 'Ended since the process started.' }),
    lastEpochAt: instant.nullable(),
    seen: tally,
    outcomes: z.record(z.string(), tally).meta({ description: 'Every packet seen has exactly one.' }),
    notes: z.record(z.string(), tally),
    warnings: z
      .array(z.strictObject({ kind: z.enum(WARNING_KINDS), since: instant, detail: z.string() }))
      .meta({ description: 'What an operator should look at; withdrawn once all is well.' }),
    blurredOctets: octets.meta({
      description:
        'Since the process started: on flow records that began before an hour edge and went on behind it. All of them are in the hour of their first packet.',
    }),
    sequences: z.strictObject({ numbered: z.string(), missed: z.string(), late: z.string() }).meta({
      description:
        'Since the process started: mirrored packets with a sequence number (GRE), numbers that were skipped, and packets that came behind a later ' +
        'one. Lost on the way = missed - late.',
    }),
    conservationFailures: z.int().meta({ description: 'Must stay 0.' }),
    spool: z.strictObject({
      bytes: z.int(),
      maxBytes: z.int(),
      unacknowledgedBytes: z.int().meta({ description: 'Not in the ledger yet.' }),
      oldestUnacknowledgedAt: instant.nullable(),
    }),
  })
  .meta({ id: 'CapturePoint' });
const capture = z
  .strictObject({
    points: z.array(point).meta({ description: 'Of the process that answers.' }),
    failures: z.array(z.string()).meta({ description: 'Points that could not be opened.' }),
    changes: z
      .strictObject({ committed: z.int(), inForce: z.int() })
      .nullable()
      .meta({
        description:
          'Revisions of realms and sessions: the last that was committed, and the one that capture of the process that answers goes by. It follows ' +
          'within two seconds. Null = this process captures nothing.',
      }),
    sources: z
      .array(z.strictObject({ source: z.string(), lastHour: instant, seen: tally }))
      .meta({ description: 'Capture points of any process that brought something in the last 31 days.' }),
  })
  .meta({ id: 'Capture' });

const getCapture = defineRoute({
  method: 'GET',
  path: '/v1/capture',
  operationId: 'getCapture',
  tag: 'capture',
  summary: 'What is captured where, and how it goes',
  scopes: ['admin', 'usage-read'],
  response: capture,
});

@Controller()
export class CaptureController {
  constructor(
    private readonly accounts: AccountsReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CAPTURE_REPORT) private readonly report: CaptureReporter,
  ) {}

  @Handle(getCapture)
  async get(): Promise<AnswerOf<typeof getCapture>> {
    const { points, failures, changes } = (await this.report()) ?? NO_CAPTURE;
    const sources = await this.accounts.sources(new Date(this.clock.now() - SOURCES_SINCE_MS));
    return {
      points: points.map(presentPoint),
      failures: [...failures],
      changes,
      sources: sources.map(({ source, lastHour, ...seen }) => ({
        source,
        lastHour: formatInstant(lastHour.getTime()),
        seen: presentTally(seen),
      })),
    };
  }
}

function presentPoint({ name, kind, source, engine, spool, warnings }: PointStatus): z.input<typeof point> {
  const { totals } = source;
  return {
    name,
    kind,
    state: source.state,
    error: source.error ?? null,
    mode: engine.attachment?.mode ?? null,
    offloads: engine.attachment?.offloads ?? null,
    epochs: source.epochs,
    lastEpochAt: source.lastEpochTime === null ? null : formatInstant(source.lastEpochTime),
    seen: presentTally(totals.seen),
    outcomes: presentTallies(totals.outcomes),
    notes: presentTallies(totals.notes),
    warnings: warnings.map(({ kind: warning, since, detail }) => ({
      kind: warning,
      since: formatInstant(since),
      detail,
    })),
    blurredOctets: String(source.blurredOctets),
    sequences: {
      numbered: String(source.sequences.numbered),
      missed: String(source.sequences.missed),
      late: String(source.sequences.late),
    },
    conservationFailures: source.conservationFailures,
    spool: {
      bytes: spool.bytes,
      maxBytes: spool.maxBytes,
      unacknowledgedBytes: spool.unacknowledgedBytes,
      oldestUnacknowledgedAt:
        spool.oldestUnacknowledgedTime === null ? null : formatInstant(spool.oldestUnacknowledgedTime),
    },
  };
}

function presentTally({ packets, octets: count }: { packets: number | bigint; octets: number | bigint }) {
  return { packets: String(packets), octets: String(count) };
}

function presentTallies(tallies: Readonly<Record<string, { packets: number; octets: number }>>) {
  return Object.fromEntries(Object.entries(tallies).map(([name, value]) => [name, presentTally(value)]));
}

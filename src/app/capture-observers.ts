import { FlowRecords, OUTCOMES, type PointObserver, type Step } from '../capture/index.js';
import type { MeterObserver } from '../meter/index.js';
import { metrics, type Logger } from '../shared/index.js';

/** Log and metrics of a capture point. */
export function captureObserver(point: string, logger: Logger): PointObserver {
  return {
    batch: ({ flows }) => countSteps(new FlowRecords(flows)),
    epochEnded: ({ epoch, counters, sequences }, sums) => {
      for (const outcome of OUTCOMES) {
        metrics.add('countfree_capture_packets_total', counters.outcomes[outcome].packets, { outcome });
        metrics.add('countfree_capture_octets_total', counters.outcomes[outcome].octets, { outcome });
      }
      metrics.add('countfree_capture_lost_total', counters.notes.hello_dropped.packets, { reason: 'hello' });
      metrics.add('countfree_capture_blurred_octets_total', sums.blurredOctets);
      for (const count of ['numbered', 'missed', 'late'] as const)
        metrics.add('countfree_capture_sequence_packets_total', sequences?.[count] ?? 0, { count });
      logger.debug(
        { point, epoch, packets: counters.seen.packets, octets: counters.seen.octets },
        'epoch ended',
      );
    },
    conservationFailed: (failure) => {
      metrics.set('countfree_capture_unaccounted_octets', failure.counted.octets - failure.onFlows.octets);
      logger.error({ point, ...failure }, 'flow records do not add up to what the program counted');
    },
    stateChanged: (state, error) => {
      if (error === undefined) logger.info({ point, state }, 'capture');
      else logger.warn({ point, state, reason: error }, 'capture');
    },
    spoolFault: (fault) => {
      metrics.add('countfree_capture_lost_total', 1, { reason: 'unreadable_record' });
      logger.error({ point, ...fault }, 'the spool holds a damaged record');
    },
  };
}

/** A full flow table shows here first: records that name less than a flow. */
function countSteps(records: FlowRecords): void {
  const counts = new Map<Step, number>();
  for (let i = 0; i < records.length; i += 1) {
    const { step } = records.key(i);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  for (const [step, count] of counts) metrics.add('countfree_capture_flow_records_total', count, { step });
}

/** Log and metrics of the meter. A database that is away is told once, and once when it is back. */
export function meterObserver(logger: Logger): MeterObserver {
  let away = false;
  return {
    committed: (batch, { entries, octets, seconds }) => {
      metrics.add('countfree_ledger_batches_total', 1, { result: 'committed' });
      metrics.observe('countfree_ledger_commit_seconds', seconds);
      if (away) logger.info({ source: batch.source }, 'the ledger takes batches again');
      away = false;
      logger.debug({ source: batch.source, sequence: String(batch.sequence), entries, octets }, 'committed');
    },
    duplicate: () => metrics.add('countfree_ledger_batches_total', 1, { result: 'repeated' }),
    retry: (batch, error) => {
      metrics.add('countfree_ledger_batches_total', 1, { result: 'failed' });
      if (away) return;
      away = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.error(
        { source: batch.source, reason },
        'the ledger does not take a batch; octets wait in the spool until it does',
      );
    },
    backlog: ({ waiting, merged }) => {
      metrics.set('countfree_threshold_backlog_rows', waiting);
      metrics.add('countfree_threshold_merged_rows_total', merged);
      if (merged > 0)
        logger.warn(
          { waiting },
          'nobody looks whether usage has reached thresholds; start a process with the role `worker`',
        );
    },
    unbalanced: (batch, flowOctets, usageOctets) => {
      metrics.set('countfree_capture_unaccounted_octets', flowOctets - usageOctets);
      logger.error({ source: batch.source, flowOctets, usageOctets }, 'identification lost or made octets');
    },
  };
}

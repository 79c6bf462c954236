import { DataSource } from 'typeorm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { eventsOf } from '../../test/support/events.js';
import type { CaptureWarning } from '../capture/index.js';
import { loadConfig } from '../config/index.js';
import { createLogger } from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { CaptureAlarm } from './capture-alarm.js';

const database = useTestDatabase();
const QUIET: CaptureWarning = {
  kind: 'quiet',
  since: Date.UTC(2026, 9, 1),
  detail: 'no packet for 5 minutes',
};
const GAP: CaptureWarning = { kind: 'sequence_gap', since: Date.UTC(2026, 9, 2), detail: '2 packets' };
const logger = createLogger('silent');
const config = loadConfig({ COUNTFREE_SOURCE_NAME: 'node-1' });

function alarmOn(dataSource: DataSource): CaptureAlarm {
  return new CaptureAlarm(dataSource, new Outbox(), config, { now: () => Date.UTC(2026, 9, 3) }, logger);
}

const told = () => eventsOf(database().dataSource);

beforeEach(() => database().clear());

describe('degraded capture', () => {
  it('is told of once for each warning, and again after it was withdrawn', async () => {
    const alarm = alarmOn(database().dataSource);
    alarm.warningsChanged('ens6', [QUIET]);
    alarm.warningsChanged('ens6', [QUIET, GAP]);
    alarm.warningsChanged('ens6', [QUIET, GAP]);
    await vi.waitFor(async () => expect(await told()).toHaveLength(2));
    alarm.warningsChanged('ens6', []);
    alarm.warningsChanged('ens6', [GAP]);
    alarm.warningsChanged('ens7', [GAP]);
    await vi.waitFor(async () => expect(await told()).toHaveLength(4));
    await alarm.beforeApplicationShutdown();
    expect(await told()).toMatchObject([
      {
        type: 'capture.degraded',
        timestamp: '2026-10-03T00:00:00.000Z',
        data: {
          node: 'node-1',
          point: 'ens6',
          warning: 'quiet',
          since: '2026-10-01T00:00:00.000Z',
          detail: 'no packet for 5 minutes',
        },
      },
      { data: { point: 'ens6', warning: 'sequence_gap' } },
      { data: { point: 'ens6', warning: 'sequence_gap' } },
      { data: { point: 'ens7', warning: 'sequence_gap' } },
    ]);
  });

  it('waits for a database that is away', async () => {
    const away = new DataSource({ ...database().dataSource.options });
    const alarm = alarmOn(away);
    alarm.warningsChanged('ens6', [QUIET]);
    alarm.warningsChanged('ens6', [QUIET, GAP]);
    await away.initialize();
    await vi.waitFor(async () => expect(await told()).toHaveLength(2), { timeout: 20_000, interval: 50 });
    await alarm.beforeApplicationShutdown();
    await away.destroy();
  });
});

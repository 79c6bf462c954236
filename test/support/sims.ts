/** Realms, SIMs and sessions over an empty database, at the beginning of April 2026. */
import { beforeEach } from 'vitest';
import { parseOrRefuse } from '../../src/shared/index.js';
import {
  createSimsServices,
  realmInputSchema,
  sessionInputSchema,
  simInputSchema,
  type SimsServices,
} from '../../src/sims/index.js';
import { useTestDatabase } from './database.js';

export const HOUR = 3_600_000;
export const NOW = Date.UTC(2026, 3, 1);

export function realmOf(fields: object = {}) {
  return parseOrRefuse(realmInputSchema, {
    name: 'vpg-1',
    mirror: { type: 'gre', outerSource: '198.51.100.1' },
    subscriberPrefixes: ['10.128.0.0/9', '2001:db8::/32'],
    ...fields,
  });
}
export const simOf = (id: string, fields: object = {}) => parseOrRefuse(simInputSchema, { id, ...fields });
export const iso = (hour: number) => new Date(NOW + hour * HOUR).toISOString();
export const sessionText = (simId: string, prefix: string, from: number, to: number | null = null) => ({
  simId,
  realm: 'vpg-1',
  prefix,
  startTime: iso(from),
  endTime: to === null ? null : iso(to),
});
export const sessionOf = (...parts: Parameters<typeof sessionText>) =>
  parseOrRefuse(sessionInputSchema, sessionText(...parts));

export function useSims() {
  const database = useTestDatabase();
  const clock = { time: NOW, now: () => clock.time };
  let services: SimsServices;
  beforeEach(async () => {
    clock.time = NOW;
    await database().clear();
    services = createSimsServices(database().dataSource, clock);
  });
  return { database, clock, services: () => services };
}

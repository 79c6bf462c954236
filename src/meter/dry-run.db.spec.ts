import { expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { CatalogueRepository, CatalogueService, SEED_SERVICES } from '../catalogue/index.js';
import type { Decision } from '../identify/index.js';
import { Refusal } from '../shared/index.js';
import { DryRunService } from './dry-run.service.js';
import { meterEntities } from './entities.js';
import { LedgerRepository } from './ledger.repository.js';
import { ReasonsRepository } from './reasons.repository.js';

const database = useTestDatabase({ entities: meterEntities });
const HOUR = Date.UTC(2026, 10, 3, 14);
const clock = { now: () => HOUR + 3_600_000 };

it('says which stored octets would move where, and every octet is on one line', async () => {
  const { dataSource } = database();
  const catalogue = new CatalogueService(dataSource, new CatalogueRepository(), clock);
  await catalogue.seed();
  const id = (await catalogue.getVersion('line', 1)).id;
  const base: Decision = {
    serviceVersionId: id,
    serviceCode: 'line',
    claimedServiceCode: null,
    evidence: 'sni',
    rule: 'line.me',
    name: null,
    agreed: true,
  };
  const none: Decision = {
    ...base,
    serviceVersionId: null,
    serviceCode: null,
    evidence: 'none',
    rule: null,
    agreed: null,
  };
  const decisions: [Decision, number][] = [
    [{ ...base, name: 'obs.line.me' }, 1000],
    [{ ...base, name: 'a.shop.line.me' }, 300],
    [{ ...base, name: 'b.shop.line.me' }, 400],
    [{ ...none, name: 'game.example.com' }, 50],
    [none, 7],
    [base, 20],
  ];
  const ledger = new LedgerRepository(dataSource);
  const ids = await new ReasonsRepository(dataSource).idsOf(decisions.map(([decision]) => decision));
  await ledger.ensurePartitions([HOUR]);
  const rows = [1, 2].flatMap((simKey) =>
    decisions.map(([, octets], index) => ({
      simKey,
      hour: HOUR,
      reasonId: ids[index] ?? 0,
      octetsUp: octets - 1,
      octetsDown: 1,
      packetsUp: 1,
      packetsDown: 1,
    })),
  );
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', rows));

  const { rules } = SEED_SERVICES.find(({ code }) => code === 'line')!;
  const draft = {
    serviceCode: 'line',
    policy: 'agree' as const,
    rules: {
      ...rules,
      domainNames: [...rules.domainNames, 'example.com'],
      excludeDomainNames: ['shop.line.me'],
    },
  };
  const runs = new DryRunService(dataSource, catalogue, clock);
  const result = await runs.run(draft, new Date(HOUR), new Date(HOUR + 3_600_000));
  expect(result).toEqual({
    totalOctets: 3554n,
    unchangedOctets: 2000n,
    // Of the rule alone, and of no name: that could be the new one.
    unknownOctets: 54n,
    moves: [
      {
        from: 'line',
        to: null,
        certainty: 'certain',
        octetsUp: 1396n,
        octetsDown: 4n,
        names: [
          { name: 'b.shop.line.me', octets: 800n },
          { name: 'a.shop.line.me', octets: 600n },
        ],
      },
      {
        from: null,
        to: 'line',
        certainty: 'depends',
        octetsUp: 98n,
        octetsDown: 2n,
        names: [{ name: 'game.example.com', octets: 100n }],
      },
    ],
  });
  expect(await runs.run(draft, new Date(0), new Date(HOUR))).toMatchObject({ totalOctets: 0n, moves: [] });
  await expect(runs.run({ ...draft, serviceCode: 'nobody' }, new Date(0), new Date(1))).rejects.toThrow(
    Refusal,
  );
});

it('refuses a span that cannot be read in time, and says how many days could', async () => {
  const { dataSource } = database();
  const catalogue = new CatalogueService(dataSource, new CatalogueRepository(), clock);
  await catalogue.seed();
  const { rules } = await catalogue.getVersion('line', 1);
  const draft = { serviceCode: 'line', policy: 'agree' as const, rules };
  const later = HOUR + 30 * 86_400_000;
  const run = (mostMs: number) =>
    new DryRunService(dataSource, catalogue, clock, mostMs).run(
      draft,
      new Date(later),
      new Date(later + 3 * 86_400_000),
    );
  await expect(run(0)).rejects.toMatchObject({ code: 'invalid', fields: [{ pointer: '/to' }] });
  const holder = dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query('LOCK TABLE usage_reason IN ACCESS EXCLUSIVE MODE');
  await expect(run(300)).rejects.toThrow('0 of its days');
  await holder.rollbackTransaction();
  await holder.release();
  expect((await run(60_000)).totalOctets).toBe(0n);
});

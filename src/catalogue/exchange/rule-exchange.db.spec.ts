import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../../test/support/database.js';
import { parseOrRefuse, Refusal } from '../../shared/index.js';
import {
  CatalogueRepository,
  CatalogueService,
  importRulesSchema,
  RuleExchange,
  serviceInputSchema,
  serviceVersionInputSchema,
} from '../index.js';

const database = useTestDatabase();
const clock = { time: 0, now: () => clock.time };
let catalogue: CatalogueService;
let exchange: RuleExchange;

const read = (input: object) => parseOrRefuse(importRulesSchema, input);

beforeEach(async () => {
  clock.time = Date.UTC(2026, 3, 1);
  await database().clear();
  catalogue = new CatalogueService(database().dataSource, new CatalogueRepository(), clock);
  exchange = new RuleExchange(catalogue);
  await catalogue.create(parseOrRefuse(serviceInputSchema, { code: 'chat', name: 'Chat', ratingGroup: 1 }));
  await catalogue.addVersion(
    'chat',
    parseOrRefuse(serviceVersionInputSchema, {
      policy: 'name',
      rules: {
        domainNames: ['chat.example.com'],
        excludeDomainNames: ['news.chat.example.com'],
        prefixes: [{ prefix: '192.0.2.0/24', protocol: 17, ports: [1, 9] }],
      },
    }),
  );
  clock.time += 1000;
});

describe('importRules', () => {
  it('replaces what the format says and keeps the rest, policy included', async () => {
    const { version, changes, widened } = await exchange.importRules(
      'chat',
      read({ format: 'domains', text: 'example.net\nfull:cdn.example.org', exactNames: 'below' }),
    );
    expect(version).toMatchObject({
      version: 2,
      policy: 'name',
      rules: {
        domainNames: ['cdn.example.org', 'example.net'],
        excludeDomainNames: [],
        prefixes: [{ prefix: '192.0.2.0/24', protocol: 17, ports: [1, 9] }],
      },
    });
    expect(changes?.domainNames.removed).toEqual(['chat.example.com']);
    expect(widened).toEqual(['cdn.example.org']);
  });

  it('keeps names that a list means alone as such, in and out again', async () => {
    const list = 'domain:example.net\nfull:cdn.example.org\n';
    const { version, changes, widened } = await exchange.importRules(
      'chat',
      read({ format: 'domains', text: list }),
    );
    expect(version.rules).toMatchObject({
      domainNames: ['example.net'],
      exactDomainNames: ['cdn.example.org'],
    });
    expect(changes?.exactDomainNames).toEqual({ added: ['cdn.example.org'], removed: [] });
    expect(widened).toEqual([]);
    const { text } = await exchange.exportRules('chat', 2, 'domains', true);
    expect(text.endsWith(list)).toBe(true);
    const pfd = await exchange.exportRules('chat', 2, 'pfd', false);
    expect(pfd.text).toContain('"cdn.example.org"');
  });

  it('adds to what is there, and an exclude that is still covered stays', async () => {
    const { version } = await exchange.importRules(
      'chat',
      read({ format: 'prefixes', text: '198.51.100.0/24\n192.0.2.0/24', mode: 'add', policy: 'agree' }),
    );
    expect(version.policy).toBe('agree');
    expect(version.rules.excludeDomainNames).toEqual(['news.chat.example.com']);
    expect(version.rules.prefixes).toEqual([
      { prefix: '192.0.2.0/24', protocol: 17, ports: [1, 9] },
      { prefix: '198.51.100.0/24' },
      { prefix: '192.0.2.0/24' },
    ]);
  });

  it('takes nothing of a list with a fault, or of one that says nothing', async () => {
    for (const text of ['ok.example.com\nregexp:^bad', '# nothing']) {
      const error: unknown = await exchange
        .importRules('chat', read({ format: 'domains', text }))
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Refusal);
      expect((error as Refusal).fields[0]).toMatchObject({ pointer: '/text' });
    }
    expect((await catalogue.listVersions('chat', { limit: 10 })).items).toHaveLength(1);
  });
});

describe('exportRules', () => {
  it('refuses to leave something out unasked, and says what it leaves out', async () => {
    await expect(exchange.exportRules('chat', 1, 'prefixes', false)).rejects.toThrow(
      /1 domain names; 1 prefixes with protocol or ports/,
    );
    const { text } = await exchange.exportRules('chat', 1, 'domains', true);
    expect(text).toBe(
      '# chat version 1\n# left out: 1 excluded domain names\n# left out: 1 prefixes\ndomain:chat.example.com\n',
    );
  });

  it('gives PFDs that another catalogue reads as the same rules', async () => {
    const { version } = await exchange.importRules(
      'chat',
      read({ format: 'domains', text: 'example.net\nfull:a.example.org' }),
    );
    const { text, contentType } = await exchange.exportRules('chat', 2, 'pfd', false);
    expect(contentType).toMatch(/json/);
    clock.time += 1000;
    const again = await exchange.importRules(
      'chat',
      read({ format: 'pfd', pfd: JSON.parse(text) as unknown, exactNames: 'exact' }),
    );
    expect(again.version.rules).toEqual(version.rules);
  });
});

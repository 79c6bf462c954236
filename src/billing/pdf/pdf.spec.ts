import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { loadScenario } from '../../../test/scenarios/scenario.js';
import { canonicalJson, rate, ratedDocument, type UsageLine } from '../../rating/index.js';
import { correctionDocument, difference, ratedOf } from '../correction-document.js';
import { documentHash, statementDocument } from '../statement-document.js';
import { correctionPdf } from './correction-pdf.js';
import { grouped, wallClock } from './labels.js';
import { statementPdf } from './statement-pdf.js';

/** The text as a reader shows it, without the spaces of its layout (poppler's pdftotext). */
async function textOf(pdf: Buffer): Promise<{ text: string; pages: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'countfree-pdf-'));
  try {
    const file = join(folder, 'it.pdf');
    await writeFile(file, pdf);
    const { stdout } = await promisify(execFile)('pdftotext', ['-layout', '-enc', 'UTF-8', file, '-'], {
      maxBuffer: 16 * 1024 * 1024,
    });
    return { text: stdout.replaceAll(/[ \n]+/g, ' '), pages: stdout.split('\f').length - 1 };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const head = {
  simId: 'sim-0001',
  final: {
    number: 1234,
    chainPosition: 2,
    previousHash: 'ab'.repeat(32),
    finalizedAt: Date.parse('2026-11-02T15:00:00.000Z'),
  },
  completeness: {
    suspenseOctets: '5678',
    blurredPackets: '0',
    malformedOctets: '9',
    unsupportedOctets: '0',
    lostPackets: '4321',
  },
};
const corrections = [
  { id: '1', statement: 1200, position: 1, month: '2026-09', amount: '-220', hash: 'cd'.repeat(32) },
];

it('shows a statement in Japanese: lines, both totals, taxes, corrections, completeness, its hash', async () => {
  const rated = rate(loadScenario('free-service-within-quota').input);
  const document = statementDocument({ ...head, corrections }, rated);
  const pdf = await statementPdf(document, documentHash(document));
  const { text, pages } = await textOf(pdf);
  expect(pages).toBe(1);
  const { totals } = rated;
  for (const wanted of [
    'ご利用明細書 第1234号',
    '回線（SIM） sim-0001',
    '基本料',
    `無料の合計 ${grouped(String(totals.freeOctets))} 0`,
    `課金対象の合計 ${grouped(String(totals.billedOctets))}`,
    `すべての合計 ${grouped(String(totals.octetsUp + totals.octetsDown))}`,
    `合計 ${grouped(totals.amount)}`,
    '第1200号の訂正（返金） 2026-09 -220',
    '計測前に失われたパケット 4,321',
    `お支払額 ${grouped(String(Number(totals.amount) - 220))}`,
    '回線が未特定（オクテット） 5,678',
    '2026-10-01 00:00 +09:00',
    'ab'.repeat(32),
    documentHash(document),
    '1/1',
  ])
    expect(text).toContain(wanted);
  const free = rated.usage.find(({ treatment }) => treatment === 'free');
  expect(text).toMatch(
    new RegExp(
      `${free?.serviceCode ?? ''} 無料（カウントフリー） 無料の対象 / ${free?.evidence ?? ''} [\\d,]+ 0 `,
    ),
  );
});

it('keeps the figures of 2^63 octets and of a large refund in one piece, and says that it is one', async () => {
  const rated = rate(loadScenario('free-service-within-quota').input);
  const line = rated.usage[0] as UsageLine;
  const usage = [{ ...line, octetsUp: 0n, octetsDown: 2n ** 63n - 1n }];
  const refund = [{ ...corrections[0]!, amount: '-12345678901' }];
  const document = statementDocument({ ...head, corrections: refund }, { ...rated, usage });
  const { text } = await textOf(await statementPdf(document, 'x'));
  expect(text).toContain('9,223,372,036,854,775,807');
  expect(text).toContain(`お支払額（返金） ${grouped(String(Number(rated.totals.amount) - 12_345_678_901))}`);
});

it('gives the same bytes each time, whatever the clock and the zone of the process', async () => {
  const document = statementDocument(head, rate(loadScenario('no-usage').input));
  const [first, zone] = [await statementPdf(document, 'x'), process.env.TZ];
  process.env.TZ = 'America/New_York';
  try {
    expect((await statementPdf(document, 'x')).equals(first)).toBe(true);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  expect(first.length).toBeLessThan(60_000);
});

it('goes on over as many pages as it needs, each with its head and number, and breaks what is too long', async () => {
  const rated = rate(loadScenario('free-service-within-quota').input);
  const line = rated.usage[0] as UsageLine;
  const usage = Array.from({ length: 150 }, (_, at) => ({ ...line, serviceCode: `service-${at}` }));
  const document = statementDocument({ ...head, simId: 'x'.repeat(300) }, { ...rated, usage });
  const { text, pages } = await textOf(await statementPdf(document, 'x'));
  expect(pages).toBeGreaterThan(2);
  expect(text.match(/サービス 扱い/g)).toHaveLength(pages);
  for (const at of usage.keys()) expect(text).toContain(`service-${at} `);
  expect(text).toContain(`${pages}/${pages}`);
  expect(text.match(/x/g)!.length).toBeGreaterThanOrEqual(300);
});

it('shows a correction with what was, what is and the difference', async () => {
  const { input } = loadScenario('free-service-within-quota');
  const before = ratedDocument(rate(input));
  const late = {
    ...input.usage[0]!,
    serviceCode: null,
    serviceVersionId: null,
    rule: null,
    evidence: 'none',
  };
  const after = ratedDocument(
    rate({ ...input, usage: [...input.usage, { ...late, octetsUp: 0n, octetsDown: 4_000_000_000n }] }),
  );
  const read = (rated: typeof after) => ratedOf(JSON.parse(canonicalJson(rated)));
  const change = difference(read(before), read(after));
  const document = correctionDocument(
    {
      simId: 'sim-0001',
      statement: 1234,
      statementHash: 'ef'.repeat(32),
      position: 2,
      previousHash: null,
      correctedAt: Date.parse('2026-11-20T00:00:00Z'),
    },
    change,
    after,
  );
  const pdf = await correctionPdf(document, documentHash(document));
  const { text } = await textOf(pdf);
  for (const wanted of [
    '訂正書 第1234号-2',
    `追加請求 ${grouped(change.amount)} JPY`,
    '（その他） / 課金対象 / 対象サービスなし / none 下り',
    '4,000,000,000',
    'ef'.repeat(32),
  ])
    expect(text).toContain(wanted);
  expect((await correctionPdf(document, documentHash(document))).equals(pdf)).toBe(true);
});

it('writes figures and times for people', () => {
  expect(['0', '-1234.50', '999', '9007199254740993', '31/31'].map(grouped)).toEqual([
    '0',
    '-1,234.50',
    '999',
    '9,007,199,254,740,993',
    '31/31',
  ]);
  expect(wallClock('2026-10-31T15:00:00.000Z', 'Asia/Tokyo')).toBe('2026-11-01 00:00 +09:00');
  expect(wallClock('2026-10-31T15:00:00.000Z', 'UTC')).toBe('2026-10-31 15:00 +00:00');
  expect(wallClock('2026-11-01T05:30:00.000Z', 'America/New_York')).toBe('2026-11-01 01:30 -04:00');
});

/**
 * `api-load-child.ts ORIGIN KEY SIMS SECONDS`: asks an API 200 times a second, each request at its time whether those before
 * it are answered or not (open loop), and prints as JSON how long each kind took in milliseconds, from that time on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { MONTH } from './support/fleet.js';

const RATE = 200;
/** Requests that are not counted: connections, plans of queries and V8 get ready. */
const WARM_UP = 3 * RATE;
const FROM = encodeURIComponent('2026-10-01T00:00:00+09:00');
const TO = encodeURIComponent('2026-11-01T00:00:00+09:00');

const [origin = '', key = '', sims, seconds] = process.argv.slice(2);
const agent = new Agent({ connections: 128 });

interface Page {
  items: unknown[];
  nextCursor: string | null;
}

async function get<Answer>(path: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}` };
  const { statusCode, body } = await request(origin + path, { dispatcher: agent, headers });
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${await body.text()}`);
  return (await body.json()) as Answer;
}

async function page(path: string): Promise<Page> {
  const answer = await get<Page>(path);
  if (answer.items.length === 0) throw new Error(`${path}: an empty page`);
  return answer;
}

let cursor: string | null = null;
/** Without randomness, so that every run asks for the same, and for each SIM once before any twice. */
const simOf = (n: number) => `sim-${((n * 7919) % Number(sims)) + 1}`;
const usage = (n: number) =>
  page(`/v1/usage?simId=${simOf(n)}&from=${FROM}&to=${TO}&timeZone=Asia/Tokyo&limit=50`);
const ofSim = (n: number) => page(`/v1/statements?simId=${simOf(n)}`);
const list = async () => {
  const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  cursor = (await page(`/v1/statements?month=${MONTH}&limit=50${after}`)).nextCursor;
};

type Ask = (n: number) => Promise<unknown>;

/** Asks by turns, and gives the milliseconds of each turn's kind. */
async function load(turns: readonly Ask[]): Promise<number[][]> {
  const took: number[][] = turns.map(() => []);
  const under: Promise<void>[] = [];
  const started = performance.now() + 50;
  for (let n = 0; n < WARM_UP + Number(seconds) * RATE; n += 1) {
    const due = started + (n * 1000) / RATE;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const turn = n % turns.length;
    const asked = turns[turn]!(n).then(() => {
      if (n >= WARM_UP) took[turn]!.push(performance.now() - due);
    });
    under.push(asked);
  }
  await Promise.all(under);
  return took;
}

const [alone = []] = await load([() => get('/healthz')]);
const [first, statement, second, statements] = await load([usage, ofSim, usage, list]);
process.stdout.write(JSON.stringify({ alone, usage: [...first!, ...second!], statement, statements }));
await agent.close();

/** One measurement of test/bench/memory.ts in a process of its own: prints a JSON line. */
import { readdirSync, readFileSync } from 'node:fs';
import { seedSnapshot } from '../../src/catalogue/index.js';
import { Identifier } from '../../src/identify/index.js';
import { BenchLab } from './support/lab.js';

const FLOWS = 1_000_000;
const SIMS = 100_000;
/** So many packets that hardly a flow is left out. */
const PACKETS = 10_000_000;
const BASE = (10 << 24) | (128 << 16);

/** Octets of the kernel maps that this process holds (proc(5), fdinfo). */
function mapOctets(): number {
  let octets = 0;
  const seen = new Set<string>();
  for (const descriptor of readdirSync('/proc/self/fdinfo')) {
    const text = readInfo(descriptor);
    const map = /^map_id:\s*(\d+)/m.exec(text)?.[1];
    if (map === undefined || seen.has(map)) continue;
    seen.add(map);
    octets += Number(/^memlock:\s*(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return octets;
}

function readInfo(descriptor: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  } catch {
    return ''; // That of the folder itself.
  }
}

function sessions() {
  return Array.from({ length: SIMS }, (_, sim) => {
    const address = BASE + sim;
    const bytes = [address >>> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255];
    return {
      id: sim + 1,
      simKey: sim + 1,
      realmIndex: 1,
      prefix: `${bytes.join('.')}/32`,
      startTime: 0,
      endTime: null,
      dnsServers: [],
      nameConsent: true,
    };
  });
}

const identifier = new Identifier();
identifier.updateCatalogue(seedSnapshot());
identifier.updateSessions({
  revision: 1,
  realms: [{ index: 1, name: 'bench', resolvers: [] }],
  upserted: sessions(),
  deletedIds: [],
});
const lab = new BenchLab();
const engine = lab.openEngine('none', 1, { flows: 1 << 20 });
try {
  await lab.cost('none', FLOWS, PACKETS, 1);
  const { records } = engine.status();
  engine.closeEpoch();
  for (let ended = false; !ended;) {
    if (engine.draining) engine.drain(16_384);
    const peek = engine.peekFlows(4 << 20);
    if (peek === null) throw new Error('the epoch has no end');
    identifier.identify({ flows: peek.records });
    engine.releaseFlows(peek.end);
    ended = peek.epochEnd !== null;
  }
  globalThis.gc?.();
  const resident = process.memoryUsage.rss();
  const most = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ records, maps: mapOctets(), resident, most }));
} finally {
  engine.detach();
  engine.close();
  lab.dispose();
}

// One measurement of test/bench/memory.ts in a process of its own that runs what was built: prints a JSON line.
//   memory-child.mjs kernel PIN_PATH NETWORK   a million flows counted by the kernel: says "attached", waits for a line
//   memory-child.mjs records FILE              hellos, DNS answers and flow records from a file
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { insideNetworkNamespace, XdpEngine } from '../../dist/src/capture/index.js';
import { seedSnapshot } from '../../dist/src/catalogue/index.js';
import { Identifier } from '../../dist/src/identify/index.js';

const SIMS = 100_000;
const BASE = (10 << 24) | (128 << 16);
const GIVE_BACK_MS = 2_000;
const SESSIONS_PER_PAGE = 10_000;

function sessionOf(sim) {
  const address = BASE + sim;
  const bytes = [address >>> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255];
  return {
    id: sim + 1,
    simKey: sim + 1,
    realmIndex: 1,
    prefix: `${bytes.join('.')}/32`,
    startTime: 0,
    endTime: null,
    dnsServers: ['100.127.0.53'],
    nameConsent: true,
    mcc: null,
  };
}

async function identifierWithSessions() {
  const identifier = new Identifier();
  await identifier.updateCatalogueGently(seedSnapshot());
  for (let from = 0; from < SIMS; from += SESSIONS_PER_PAGE)
    await identifier.updateSessionsGently({
      revision: 1,
      realms: [{ index: 1, name: 'bench', resolvers: [] }],
      upserted: Array.from({ length: SESSIONS_PER_PAGE }, (_, i) => sessionOf(from + i)),
      deletedIds: [],
    });
  return identifier;
}

/** Octets of the kernel maps that this process holds (proc(5), fdinfo). */
function mapOctets() {
  let octets = 0;
  const seen = new Set();
  for (const descriptor of readdirSync('/proc/self/fdinfo')) {
    const text = readInfo(descriptor);
    const map = /^map_id:\s*(\d+)/m.exec(text)?.[1];
    if (map === undefined || seen.has(map)) continue;
    seen.add(map);
    octets += Number(/^memlock:\s*(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return octets;
}

function readInfo(descriptor) {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  } catch {
    return ''; // That of the folder itself.
  }
}

/** Octets of kernel maps that are mapped into this process: they are among the maps', and counted twice where a ring is mapped twice. */
function mappedRings() {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  return mappings
    .filter((mapping) => mapping.split('\n', 1)[0].includes('bpf-map'))
    .reduce((sum, mapping) => sum + Number(/^Rss:\s+(\d+) kB/m.exec(mapping)?.[1] ?? 0) * 1024, 0);
}

/** The collector gives memory back in the background, so that it takes a while to be gone. */
async function resident() {
  globalThis.gc();
  await setTimeout(GIVE_BACK_MS);
  globalThis.gc();
  return { resident: process.memoryUsage.rss() - mappedRings(), most: process.resourceUsage().maxRSS * 1024 };
}

function said() {
  return new Promise((done) => process.stdin.once('data', done));
}

async function fromKernel(pinPath, network) {
  const identifier = await identifierWithSessions();
  const engine = XdpEngine.open({ pinPath, sizes: { flows: 1 << 20 }, hellosPerSecond: 200 });
  try {
    engine.configure([
      { index: 1, name: 'bench', mirror: { type: 'none' }, subscriberPrefixes: ['10.128.0.0/16'] },
    ]);
    insideNetworkNamespace(network, () => engine.attach('in0', 'native'));
    console.log('attached');
    await said();
    const maps = mapOctets(); // Full: what stands in hash maps takes memory only for as long.
    engine.closeEpoch();
    for (let ended = false; !ended;) {
      if (engine.draining) engine.drain(16_384);
      const peek = engine.peekFlows(4 << 20);
      if (peek === null) throw new Error('the epoch has no end');
      await identifier.identifyGently({ flows: peek.records });
      engine.releaseFlows(peek.end);
      ended = peek.epochEnd !== null;
    }
    console.log(JSON.stringify({ flows: identifier.stats().flows, maps, ...(await resident()) }));
  } finally {
    engine.detach();
    engine.close();
  }
}

/** Parts of the file: a kind (0 hellos, 1 flows) and a length, 32 bits each, and the records. */
async function fromFile(path) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const identifier = await identifierWithSessions();
  const file = openSync(path, 'r');
  const head = Buffer.alloc(8);
  let bytes = Buffer.alloc(1 << 22);
  while (readSync(file, head) === 8) {
    const length = head.readUInt32LE(4);
    if (length > bytes.length) bytes = Buffer.alloc(length);
    const records = bytes.subarray(0, readSync(file, bytes, 0, length, null));
    if (head.readUInt32LE(0) === 0) await identifier.observeGently(records);
    else await identifier.identifyGently({ flows: records });
  }
  closeSync(file);
  delay.disable();
  const { flows, dnsEntries, sessions } = identifier.stats();
  console.log(JSON.stringify({ flows, dnsEntries, sessions, stall: delay.max, ...(await resident()) }));
}

const [mode, ...args] = process.argv.slice(2);
if (mode === 'kernel') await fromKernel(...args);
else await fromFile(...args);
process.exit();

/**
 * A capture process to be killed: `PIN_FOLDER NETNS_PATH SPOOL_FOLDER`. Counts an interface into a spool until it is
 * killed, or stops cleanly at a line on standard input.
 */
import { LiveSource, Spool, XdpEngine, insideNetworkNamespace } from '../../../src/capture/index.js';
import { systemClock } from '../../../src/shared/index.js';

const [pinPath = '', netns = '', folder = ''] = process.argv.slice(2);
const engine = XdpEngine.open({
  pinPath,
  // A ring far smaller than an epoch, so that a kill finds epochs half drained.
  sizes: { flows: 65_536, flowRingBytes: 1 << 16, helloRingBytes: 1 << 16, fragments: 1024 },
});
engine.configure([{ index: 1, name: 'test', mirror: { type: 'none' }, subscriberPrefixes: ['10.0.0.0/8'] }]);
const spool = await Spool.open({ folder, segmentBytes: 1 << 20 });
const source = new LiveSource(engine, spool, systemClock, {
  name: 'test:in0',
  epochSeconds: 0.2,
  pollMs: 20,
  observer: { conservationFailed: (failure) => console.log(JSON.stringify(failure)) },
});
await source.start();
insideNetworkNamespace(netns, () => engine.attach('in0', 'native'));
console.log('"counting"');
await new Promise((resolve) => process.stdin.once('data', resolve));
await source.stop();
console.log(JSON.stringify(source.status()));
engine.close();
await spool.close();
process.exit(0);

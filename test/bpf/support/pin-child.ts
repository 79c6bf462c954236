/**
 * A capture process to be killed: `PIN_FOLDER NETNS_PATH STEP`. Does what STEP says, prints one JSON line, and waits.
 */
import { XdpEngine, insideNetworkNamespace } from '../../../src/capture/index.js';

const [pinPath = '', netns = '', step = ''] = process.argv.slice(2);
const engine = XdpEngine.open({
  pinPath,
  sizes: { flows: 4096, flowRingBytes: 1 << 20, helloRingBytes: 1 << 20, fragments: 1024 },
});
engine.configure([{ index: 1, name: 'test', mirror: { type: 'none' }, subscriberPrefixes: ['10.0.0.0/8'] }]);
insideNetworkNamespace(netns, () => engine.attach('in0', 'native'));
if (step === 'half-drained') {
  // Woken by a line on stdin once packets were sent.
  await new Promise((resolve) => process.stdin.once('data', resolve));
  engine.closeEpoch();
  engine.drain(10);
  const peek = engine.peekFlows(96 * 5);
  if (peek) engine.releaseFlows(peek.end);
  console.log(JSON.stringify({ released: peek?.records.toString('base64'), position: String(peek?.end) }));
} else {
  console.log(JSON.stringify({ generation: engine.generation, adopted: engine.adopted }));
}
setInterval(() => undefined, 1000);

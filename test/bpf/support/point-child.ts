/**
 * A capture point on in0 of its network namespace: `MODE FOLDER PIN_PATH MIRROR`. Tells what it notices, one JSON line each, and at
 * a line on standard input stops and tells what it counted.
 */
import { CapturePoint, sumFlows, type CaptureMode, type RealmMirror } from '../../../src/capture/index.js';
import { systemClock } from '../../../src/shared/index.js';

const [mode = 'auto', folder = '', pinPath = '', mirror = '{}'] = process.argv.slice(2);
const tell = (event: object) => console.log(JSON.stringify(event));
let octets = 0;
let drops = 0;

try {
  const point = await CapturePoint.openInterface({
    name: 'test:in0',
    interfaceName: 'in0',
    mode: mode as CaptureMode,
    pinPath: pinPath === '' ? null : pinPath,
    realms: [
      {
        index: 1,
        name: 'test',
        mirror: JSON.parse(mirror) as RealmMirror,
        subscriberPrefixes: ['10.0.0.0/8'],
      },
    ],
    clock: systemClock,
    spool: { folder },
    sizes: { flows: 4096, flowRingBytes: 1 << 20, helloRingBytes: 1 << 20, fragments: 1024 },
    epochSeconds: 0.2,
    observer: {
      attached: (attached) => tell({ attached }),
      warningsChanged: (warnings) => tell({ warnings: warnings.map(({ kind }) => kind) }),
      socketDrops: (packets) => (drops += packets),
    },
  });
  await point.deliverTo({
    committed: () => Promise.resolve(new Map()),
    recall: () => undefined,
    commit: (batch) => {
      octets += sumFlows(batch.flows).octets;
      return Promise.resolve();
    },
  });
  process.stdin.once('data', () => {
    void point.stop().then(() => {
      tell({ status: { octets, drops } });
      process.exit(0);
    });
  });
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

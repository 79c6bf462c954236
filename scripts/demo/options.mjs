import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stop } from '../support/steps.mjs';

export const USAGE = `The whole way once: packets in, statements and a signed webhook out.

  npm run demo                                              made traffic of eight SIMs
  npm run demo -- --keep                                    leave the service up afterwards, until Ctrl+C
  npm run demo -- --capture FILE --subscribers CIDR[,CIDR]  a capture file (pcap, pcapng) instead, not mirrored yet
                 [--resolvers ADDRESS[,ADDRESS]]            DNS servers whose answers are believed
  npm run demo -- --engine user                             without XDP: the same parser in user space
`;

export function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        keep: { type: 'boolean', default: false },
        capture: { type: 'string' },
        subscribers: { type: 'string' },
        resolvers: { type: 'string', default: '' },
        engine: { type: 'string', default: 'auto' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new Stop(`${error.message}\n\n${USAGE}`);
  }
  const wrong = faultOf(values);
  if (wrong !== undefined) throw new Stop(`${wrong}\n\n${USAGE}`);
  const list = (text) =>
    text === undefined || text === '' ? [] : text.split(',').map((item) => item.trim());
  return {
    ...values,
    capture: values.capture === undefined ? undefined : resolve(values.capture),
    subscribers: list(values.subscribers),
    resolvers: list(values.resolvers),
  };
}

function faultOf({ capture, subscribers, engine }) {
  if ((capture === undefined) !== (subscribers === undefined)) {
    return '--capture and --subscribers belong together: which addresses of the file are SIMs?';
  }
  if (capture !== undefined && !existsSync(capture)) return `There is no file ${capture}.`;
  if (engine !== 'auto' && engine !== 'user') return `--engine is auto or user, not ${engine}.`;
  return undefined;
}

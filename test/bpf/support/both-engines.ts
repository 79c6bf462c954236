/** Tests that put the same packets through the XDP program and through the parser in user space. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { PrivateNetwork, openReplay, openUser, type TestEngine } from './engines.js';

export type EngineOptions = NonNullable<Parameters<typeof openUser>[0]>;
export type EngineOpener = (options?: EngineOptions) => TestEngine;

/** For `describe.each`: both openers by name. What they open is closed after each test, the network after all. */
export function bothEngines(): {
  openers: [name: string, open: EngineOpener][];
  network: () => PrivateNetwork;
} {
  let network: PrivateNetwork;
  beforeAll(() => {
    network = new PrivateNetwork();
  });
  afterAll(() => network.dispose());
  const opened: TestEngine[] = [];
  afterEach(() => {
    for (const engine of opened.splice(0)) engine.close();
  });
  const keeping =
    (open: (options: EngineOptions) => TestEngine): EngineOpener =>
    (options = {}) => {
      const engine = open(options);
      opened.push(engine);
      return engine;
    };
  return {
    openers: [
      ['xdp', keeping((options) => openReplay(network, options))],
      ['user', keeping((options) => openUser(options))],
    ],
    network: () => network,
  };
}

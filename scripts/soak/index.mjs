/** What end-to-end tests take from the soak; typed in index.d.mts. */
export { compare } from './compare.mjs';
export { freeze, serversOf, thaw } from './servers.mjs';
export { Sender } from './sender.mjs';
export { mountSmallSpool, pinTinyTables, TINY_VARIABLES } from './tiny.mjs';
export { FLEET, REALM } from './traffic.mjs';

import { SoracomClient, type ClientOptions } from './client.js';
import type { SoracomAccount } from './settings.js';

/** One client per account for as long as the account is in use: one token and one rate for all that is asked of it. */
export class SoracomClients {
  private readonly clients = new WeakMap<SoracomAccount, SoracomClient>();

  /** `options` count for the first who asks. */
  of(account: SoracomAccount, options: ClientOptions = {}): SoracomClient {
    const known = this.clients.get(account);
    if (known !== undefined) return known;
    const client = new SoracomClient(account, options);
    this.clients.set(account, client);
    return client;
  }
}

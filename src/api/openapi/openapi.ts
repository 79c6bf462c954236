import { routes } from '../controllers.js';
import { buildDocument, type Tag } from './document.js';
import { webhooks } from './webhooks.js';

/** Version of the API, not of the program: it changes when an operation changes so that callers must. */
const API_VERSION = '1.0.0';

const DESCRIPTION = `Countfree counts the octets of mirrored SIM traffic, decides what a plan makes free, and turns a month of it into statements.

- **Keys.** Send an API key as \`Authorization: Bearer cfk_…\`. The first one is printed by \`countfree api-key create\`.
- **Octets and money** are decimal strings: they are exact beyond what a JSON number holds in most languages.
- **Times** are RFC 3339; answers are in UTC.
- **Lists** come in pages: hand \`nextCursor\` back as \`cursor\` until it is null. Pages stay stable while others write.
- **Errors** are \`application/problem+json\` (RFC 9457), also for what is no HTTP, too slow (408) or has too large a head (431); \`errors\` names every field at fault by a JSON pointer. An unknown field is an error.
- **Sending again is safe** with an \`Idempotency-Key\`; changing is safe with \`If-Match\`.
- **Rate:** every answer to a key says with \`RateLimit-Policy\` and \`RateLimit\` what it may still do; 429 says with \`Retry-After\` how long to wait. An address that shows many wrong keys is only told to wait, by the policy \`wrong-keys\`.`;

const TAGS: readonly Tag[] = [
  { name: 'realms', description: 'Address spaces, and the mirrors that bring their traffic' },
  { name: 'sims', description: 'SIMs' },
  { name: 'sessions', description: 'Which SIM held which address when' },
  { name: 'integrations', description: 'What networks tell of SIMs and their addresses' },
  { name: 'services', description: 'What plans make free or not, with versioned destination rules' },
  { name: 'plans', description: 'Prices, quotas and what is free, with versioned terms' },
  { name: 'subscriptions', description: 'Which SIM is on which plan when' },
  { name: 'usage', description: 'Octets by SIM, service and evidence, and where every other octet went' },
  { name: 'statements', description: 'What each SIM owes for a month, and the closing of months' },
  { name: 'webhooks', description: 'Events that the service sends, and the log of their delivery' },
  { name: 'capture', description: 'The engines that count packets' },
  { name: 'api-keys', description: 'Who may use the API, and for what' },
  { name: 'audit-log', description: 'Every change that was asked for' },
  { name: 'operation', description: 'For those who run the service; no API key needed' },
];

let text: string | undefined;

/** The OpenAPI 3.1 document as JSON text, the same bytes each time. */
export function openApiText(): string {
  text ??= `${JSON.stringify(buildDocument({ version: API_VERSION, description: DESCRIPTION, routes, tags: TAGS, webhooks }), null, 2)}\n`;
  return text;
}

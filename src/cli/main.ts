import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT_INPUT, runCommand } from './output.js';

/** Handlers are loaded when they are called: `replay` needs no web framework, `--help` needs nothing. */
function declare(program: Command): void {
  program
    .command('serve')
    .description(
      'run the service: capture, jobs and REST API, as the environment says (docs/configuration.md)',
    )
    .addHelpText('after', example('COUNTFREE_CAPTURE_INTERFACES=ens6 countfree serve'))
    .action(() => runCommand(async () => (await import('./serve.js')).serve()));

  program
    .command('doctor')
    .description('say what keeps capture or the service from starting, what it means and what mends it')
    .option('--interface <name>', 'also look at the interface that the mirror arrives at')
    .option('--json', 'findings as JSON')
    .addHelpText('after', example('countfree doctor --interface ens6'))
    .action((options: { interface?: string; json?: boolean }) =>
      runCommand(async () => (await import('./doctor.js')).doctor(options)),
    );

  program
    .command('migrate')
    .description('bring the database up to this build (the service does it by itself at its start)')
    .option('--check', 'change nothing; exit with 1 while migrations are pending')
    .addHelpText('after', example('DATABASE_URL=postgresql://… countfree migrate'))
    .action((options: { check?: boolean }) =>
      runCommand(async () => (await import('./migrate.js')).migrateCommand(options)),
    );

  program
    .command('detach')
    .description(
      'remove the XDP program and its pinned maps from an interface; what they still count is lost',
    )
    .requiredOption('--interface <name>', 'interface to free')
    .addHelpText('after', example('countfree detach --interface ens6'))
    .action((options: { interface: string }) =>
      runCommand(async () => (await import('./detach.js')).detach(options.interface)),
    );

  program
    .command('verify')
    .description(
      'check that no final statement or correction was changed or taken out; exit with 1 if one was',
    )
    .option('--mark <mark>', 'also against a mark that an earlier run printed, and that was kept elsewhere')
    .option('--json', 'what was found as one JSON object')
    .addHelpText('after', example('DATABASE_URL=postgresql://… countfree verify --mark 1200-7-5f3c…'))
    .action((options: { mark?: string; json?: boolean }) =>
      runCommand(async () => (await import('./verify.js')).verifyCommand(options)),
    );

  const apiKey = program.command('api-key').description('manage keys of the REST API');
  apiKey
    .command('create')
    .description('make a key and show it, this once')
    .requiredOption('--name <text>', 'what the key is for')
    .option('--scopes <list>', 'admin, catalogue, billing, usage-read, ingest; separated by commas', 'admin')
    .option('--expires <time>', 'when it stops to work, such as 2027-03-31T00:00:00+09:00')
    .addHelpText(
      'after',
      example('countfree api-key create --name "billing system" --scopes billing,usage-read'),
    )
    .action((options: { name: string; scopes: string; expires?: string }) =>
      runCommand(async () => (await import('./api-key.js')).createApiKey(options)),
    );

  program
    .command('soracom')
    .description('SORACOM accounts (COUNTFREE_SORACOM_FILE)')
    .command('sync')
    .description('bring SIMs and sessions up to date once (a worker does it by itself)')
    .option('--account <name>', 'only this account of the file')
    .option('--json', 'one object a line for each account')
    .addHelpText(
      'after',
      example('COUNTFREE_SORACOM_FILE=/etc/countfree/soracom.json countfree soracom sync'),
    )
    .action((options: { account?: string; json?: boolean }) =>
      runCommand(async () => (await import('./soracom.js')).soracomSync(options)),
    );

  ofCaptures(program.command('replay'))
    .description('show what the engine sees in capture files; needs no database')
    .option('--json', 'one object a line for each flow, then the summary')
    .addHelpText('after', example('countfree replay mirror.pcap --subscribers 10.128.0.0/9 --mirror gre'))
    .action((files: string[], options: Record<string, string | undefined> & { json?: boolean }) =>
      runCommand(async () => (await import('./replay.js')).replay({ files, ...options })),
    );

  ofCaptures(program.command('accuracy'))
    .description('say how well the traffic of capture files is identified, in a report that can be published')
    .option('--json', 'the report as one JSON object')
    .addHelpText('after', example('countfree accuracy day.pcap --subscribers 10.128.0.0/9 --mirror gre'))
    .action((files: string[], options: Record<string, string | undefined> & { json?: boolean }) =>
      runCommand(async () => (await import('./accuracy.js')).accuracy({ files, ...options }, version())),
    );

  program
    .command('import')
    .description('send a CSV file of SIMs or sessions to the API; bad rows are named, good ones are taken')
    .argument('<what>', 'sims or sessions')
    .argument('<file>', 'CSV file whose first line names the columns')
    .option('--url <url>', 'where the API is', 'http://127.0.0.1:8080')
    .addHelpText('after', example('COUNTFREE_API_KEY=cfk_… countfree import sims sims.csv'))
    .action((what: string, file: string, options: { url: string }) =>
      runCommand(async () => (await import('./import.js')).importCsv({ what, file, ...options })),
    );

  program
    .command('simulate')
    .description('make the mirrored traffic of a small fleet, and say what a counter should find')
    .option('--interface <name>', 'send on this interface (needs root)')
    .option('--write <file>', 'write this pcap file')
    .option('--sims <count>', 'SIMs in the fleet')
    .option('--octets <amount>', 'octets of all SIMs together, such as 40M')
    .option('--seed <number>', 'same seed, same traffic')
    .option('--rate <frames>', 'frames a second; 0 = as fast as it goes')
    .option('--month <month>', 'spread over this month, such as 2026-10')
    .option('--mtu <octets>', 'largest outer IP packet; larger ones are fragmented')
    .option('--post-quantum', 'ClientHellos with post-quantum keys: they take two segments')
    .addHelpText('after', example('countfree simulate --write mirror.pcap --sims 8 --octets 40M'))
    .action((options: Record<string, string | undefined>) =>
      runCommand(async () => (await import('./simulate.js')).simulateCommand(options)),
    );
}

/** What commands take that read capture files. */
function ofCaptures(command: Command): Command {
  return command
    .argument('<file...>', 'pcap or pcapng files')
    .option('--subscribers <cidrs>', 'prefixes of the SIMs, separated by commas')
    .option('--mirror <type>', 'tunnel to take off: none, gre, vxlan, gtpu or ipip', 'none')
    .option('--engine <engine>', 'user (the shared parser) or xdp (the kernel program; needs root)', 'user')
    .option('--resolvers <addresses>', 'believe DNS answers of these only; default: of any')
    .option(
      '--catalogue <source>',
      "services from a JSON file, or `database`: the running service's; default: the seed",
    );
}

function example(command: string): string {
  return `\nExample:\n  ${command}`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** Runs one command line; sets `process.exitCode`. Bad options exit with 2. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('countfree')
    .description('Countfree counts mirrored SIM traffic and bills what is not free.')
    .version(version())
    .showHelpAfterError('(add --help for all options and an example)')
    .addHelpText('after', example('npm run demo   # the whole way once, on this machine'))
    .exitOverride();
  declare(program);
  for (const command of program.commands) command.exitOverride().showHelpAfterError(true);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has printed what is wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? 0 : EXIT_INPUT;
  }
}

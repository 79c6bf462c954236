import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { root } from './paths.mjs';

/** Node's headers where a network is not needed for them: as set, beside this node, or where Debian puts them. */
function headerFolder() {
  const candidates = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), '/usr'];
  return candidates.find((folder) => folder && existsSync(join(folder, 'include/node/node_api.h')));
}

/** Arguments for node that build the addon whose binding.gyp is in `folder`; undefined without node-gyp. */
export function addonBuildArguments(folder) {
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  if (!existsSync(gyp)) return undefined;
  const headers = headerFolder();
  return [
    gyp,
    ...['configure', 'build', '--directory', folder, '--jobs', 'max'],
    ...(headers ? ['--nodedir', headers] : []),
  ];
}

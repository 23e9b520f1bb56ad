import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runSession } from './run.js';
import type { Session } from './session.js';

// Runs the session given as JSON in the only argument and prints its result as JSON.
const require = createRequire(import.meta.url);
const tfjsFolder = `${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')))}/`;
const session: Session = JSON.parse(process.argv[2] ?? '');
const result = await runSession(session, tfjsFolder);
process.stdout.write(JSON.stringify(result), () => process.exit(0));

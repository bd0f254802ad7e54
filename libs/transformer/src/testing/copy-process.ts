import { mapWeights } from '../weights/mapped-weights.ts';
import { loadModelDirectory } from '../weights/model-directory.ts';

// A process that maps the weights of a model: `hold` says `mapped` and stays; `kill` ends as if killed while it
// writes them; `try` prints the kind and the message of what it fails with.
const [mode, directory, folder] = process.argv.slice(2) as [string, string, string];
/** Looks at the signal come before each piece that is written. */
const LOOKS = 4;

const { signal } = new AbortController();
let looks = 0;
if (mode === 'kill')
  Object.defineProperty(signal, 'aborted', {
    get() {
      if (++looks > LOOKS) process.kill(process.pid, 'SIGKILL');
      return false;
    },
  });

try {
  const model = await loadModelDirectory(directory);
  await mapWeights(model, { folder, signal });
  console.log('mapped');
  if (mode === 'hold') process.stdin.resume();
} catch (error) {
  const { kind, message } = error as { kind?: string; message: string };
  console.log(`${kind}: ${message}`);
}

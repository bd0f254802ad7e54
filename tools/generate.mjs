// Runs the code generators of one project: `node tools/generate.mjs <project>`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const run = (command, ...args) => execFileSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });

const generators = {
  '@facet/contracts': () => {
    run('buf', 'generate');
    const out = 'libs/contracts/src/gen/descriptors.binpb';
    run('buf', 'build', '--as-file-descriptor-set', '--exclude-source-info', '-o', out);
    writeBase64Module(out, 'fileDescriptorSetBase64');
  },
  '@facet/kernels': () => {
    const out = 'libs/kernels/src/gen/kernels.wasm';
    mkdirSync(dirname(out), { recursive: true });
    run(
      'asc',
      'libs/kernels/assembly/index.ts',
      '--outFile',
      out,
      '-O3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
    );
    writeBase64Module(out, 'kernelsWasmBase64');
  },
};

/** Writes the file again as a module, `name.ext` as `name-ext.ts`, so that it needs no loading. */
function writeBase64Module(file, constant) {
  const base64 = readFileSync(file).toString('base64');
  writeFileSync(file.replace(/\.(\w+)$/, '-$1.ts'), `export const ${constant} =\n  '${base64}';\n`);
}

const project = process.argv[2];
if (!generators[project])
  throw new Error(`no generator for ${project}; known: ${Object.keys(generators).join(', ')}`);
generators[project]();

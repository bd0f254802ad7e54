// Runs the code generators of one project: `node tools/generate.mjs <project>`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const run = (command, ...args) => execFileSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });

const generators = {
  '@facet/contracts': () => {
    run('buf', 'generate');
    const out = 'libs/contracts/src/gen/descriptors.binpb';
    run('buf', 'build', '--as-file-descriptor-set', '--exclude-source-info', '-o', out);
    writeBase64Module(out, 'fileDescriptorSetBase64');
  },
  '@facet/kernels': () => {
    mkdirSync('libs/kernels/src/gen', { recursive: true });
    compileKernels('kernels.wasm', 'kernelsWasmBase64');
    // The same code for memory that threads share: that has to be declared in the module.
    const shared = [
      '--enable',
      'threads',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
    ];
    compileKernels('kernels-shared.wasm', 'kernelsSharedWasmBase64', ...shared);
  },
};

function compileKernels(file, constant, ...options) {
  const out = `libs/kernels/src/gen/${file}`;
  const fixed = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert'];
  run('asc', 'libs/kernels/assembly/index.ts', '--outFile', out, '-O3', ...fixed, ...options);
  writeBase64Module(out, constant);
}

/** Writes the file again as a module, `name.ext` as `name-ext.ts`, so that it needs no loading. */
function writeBase64Module(file, constant) {
  const base64 = readFileSync(file).toString('base64');
  writeFileSync(file.replace(/\.(\w+)$/, '-$1.ts'), `export const ${constant} =\n  '${base64}';\n`);
}

const project = process.argv[2];
if (!generators[project])
  throw new Error(`no generator for ${project}; known: ${Object.keys(generators).join(', ')}`);
generators[project]();

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ROOT, type Workspace } from './workspaces.js';

/** One way into a package. */
export interface EntryPoint {
  /** `core`, `core.testing`: how its report is called. */
  readonly id: string;
  /** Its declarations. */
  readonly types: string;
}

/** Every way into a package. */
export function entryPoints({ folder, manifest }: Workspace): readonly EntryPoint[] {
  const short = manifest.name.split('/').at(-1) ?? manifest.name;
  return Object.entries(manifest.exports ?? {}).flatMap(([path, { types }]) =>
    types === undefined ? [] : [{ id: [short, ...path.split('/').slice(1)].join('.'), types: join(folder, types) }],
  );
}

/** What users of an entry point can see, one declaration after the other, in an order that does not change by itself. */
export function apiReport({ folder }: Workspace, { id, types }: EntryPoint): string {
  const scratch = mkdtempSync(join(tmpdir(), 'kaito-api-'));
  try {
    const tsconfig = join(scratch, 'tsconfig.json');
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      strict: true,
      skipLibCheck: true,
    };
    writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: [types] }));
    const none = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: types,
        compiler: { tsconfigFilePath: tsconfig },
        apiReport: {
          enabled: true,
          reportFileName: `${id}.api.md`,
          reportFolder: scratch,
          reportTempFolder: scratch,
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: none },
          extractorMessageReporting: { default: none },
          tsdocMessageReporting: { default: none },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    });
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => Object.assign(message, { handled: true }),
    });
    return readFileSync(join(scratch, `${id}.api.md`), 'utf8').replaceAll('\r\n', '\n');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

import { WORKSPACE_API_VERSIONS } from './resources.js';
import { admitWorkspace } from './validate-workspace.js';

/**
 * Reads the schema of Workspaces and compiles its rules, in both versions, so that the first Workspace of a process is judged as quickly
 * as any other: that work takes about 10 ms and is done once. For whoever answers admission requests, before the first one comes.
 */
export function warmUpAdmission(): void {
  for (const apiVersion of WORKSPACE_API_VERSIONS) {
    for (const example of examples(apiVersion)) {
      admitWorkspace(example);
      admitWorkspace(example, example);
    }
  }
}

/** One of each kind, with the parts that have rules. */
function examples(apiVersion: string): readonly object[] {
  const common = {
    apiVersion,
    kind: 'Workspace',
    metadata: { name: 'example' },
    resource: { instanceType: 'any', alternatives: [{}], labelSelector: { matchLabels: { apps: 'example' } } },
  };
  const preset = { name: 'example' };
  const image = 'registry.example.com/example:1';
  return [
    { ...common, inference: { preset, adapters: [{ source: { name: 'example', image }, strength: '1.0' }] } },
    {
      ...common,
      tuning: {
        preset,
        method: 'qlora',
        input: { urls: ['https://example.com/data.parquet'] },
        output: { image, imagePushSecret: 'example' },
      },
    },
  ];
}

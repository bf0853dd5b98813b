// The manifest of the quick start, parsed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function readQuickStart(root) {
  const { loadYaml } = createRequire(`${root}/packages/core/package.json`)('@kubernetes/client-node');
  return loadYaml(readFileSync(`${root}/examples/inference/kaito_workspace_phi_3.yaml`, 'utf8'));
}

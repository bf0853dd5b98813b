import { readFileSync } from 'node:fs';
import type { KubeRequest } from '@kaito-sdk/core';
import { requestFacts } from '@kaito-sdk/core/testing';

const template = new URL('../../../../charts/kaito/templates/rbac.yaml', import.meta.url);
const RULE = /apiGroups: \[(.*)\]\n\s*resources: \[(.*)\]\n(?:\s*resourceNames: .*\n)?\s*verbs: \[(.*)\]/g;

/** What the chart lets the operator do with any provisioner, as `verb resource.group`. Read from the template, all of its branches. */
function granted(): ReadonlySet<string> {
  const items = (list = ''): string[] => list.split(',').map((item) => item.trim().replace(/^"|"$/g, ''));
  const source = readFileSync(template, 'utf8');
  const text = source
    // Within a line, too, every branch counts: `{{ if … }}machines{{ else }}nodeclaims{{ end }}`.
    .replace(/\{\{ if [^}]*\}\}([^{]*)\{\{ else \}\}([^{]*)\{\{ end \}\}/g, '$1, $2')
    .replace(/^\s*(\{\{.*\}\}|#.*)\n/gm, '');
  const rights = [...text.matchAll(RULE)].flatMap(([, groups, resources, verbs]) =>
    items(groups).flatMap((group) =>
      items(resources).flatMap((resource) => items(verbs).map((verb) => `${verb} ${resource}.${group}`)),
    ),
  );
  // The node class of a profile is looked up in a table of the template: `"aws" "karpenter.k8s.aws/ec2nodeclasses"`.
  const classes = [...source.matchAll(/"[a-z]+" "([a-z0-9.]+)\/([a-z0-9]+)"/g)];
  rights.push(...classes.map(([, group, plural]) => `get ${plural}.${group}`));
  if (rights.length < 30) throw new Error(`only ${rights.length} rights were found in ${template.pathname}`);
  return new Set(rights);
}

const rights = granted();

/** The right that a request needs and the chart does not give: what works in a test, where nobody asks, and fails once installed. */
export function missingRight(request: KubeRequest): string | undefined {
  const { verb, group, resource, subresource } = requestFacts(request);
  if (resource === '') return undefined;
  const right = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}.${group}`;
  return rights.has(right) ? undefined : right;
}

import { readFileSync } from 'node:fs';
import type { KubeObject, KubeRequest } from '@kaito-sdk/core';
import { missingRules, type PolicyRule, requestFacts, ruleText } from '@kaito-sdk/core/testing';

const template = new URL('../../../../charts/kaito/templates/rbac.yaml', import.meta.url);
const RULE = /apiGroups: \[(.*)\]\n\s*resources: \[(.*)\]\n(?:\s*resourceNames: \[(.*)\]\n)?\s*verbs: \[(.*)\]/g;

/** What the chart lets the operator do with any provisioner, as one role. Read from the template, all of its branches. */
function chartRole(): KubeObject {
  const items = (list: string): string[] => list.split(',').map((item) => item.trim().replace(/^"|"$/g, ''));
  const source = readFileSync(template, 'utf8');
  const text = source
    // Within a line, too, every branch counts: `{{ if … }}machines{{ else }}nodeclaims{{ end }}`.
    .replace(/\{\{ if [^}]*\}\}([^{]*)\{\{ else \}\}([^{]*)\{\{ end \}\}/g, '$1, $2')
    .replace(/^\s*(\{\{.*\}\}|#.*)\n/gm, '');
  const rules: PolicyRule[] = [...text.matchAll(RULE)].map(
    ([, groups = '', resources = '', names = '{{', verbs = '']) => ({
      apiGroups: items(groups),
      resources: items(resources),
      verbs: items(verbs),
      // A name that the release gives may be any.
      ...(names.includes('{{') ? {} : { resourceNames: items(names) }),
    }),
  );
  // The node class of a profile is looked up in a table of the template: `"aws" "karpenter.k8s.aws/ec2nodeclasses"`.
  const classes = [...source.matchAll(/"[a-z]+" "([a-z0-9.]+)\/([a-z0-9]+)"/g)];
  rules.push(
    ...classes.map(([, group = '', plural = '']) => ({ apiGroups: [group], resources: [plural], verbs: ['get'] })),
  );
  if (rules.length < 15) throw new Error(`only ${rules.length} rules were found in ${template.pathname}`);
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'kaito' }, rules };
}

const chart = [chartRole()];

/** The rules that a request needs and the chart does not give: what works in a test, where nobody asks, and fails once installed. */
export function missingInChart(request: KubeRequest, status: number): readonly string[] {
  return missingRules(chart, [{ ...requestFacts(request), status }]).map(ruleText);
}

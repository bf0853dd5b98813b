import type { KubeObject } from '../../objects.js';
import { asList, asObject, at } from '../../store/json.js';

interface Port {
  /** Number and protocol. */
  readonly key: string;
  readonly field: string;
  readonly name: unknown;
  readonly hostIP: unknown;
  readonly hostPort: unknown;
}

/**
 * What the real server warns of in the ports of a pod's containers, in its words and order (GetWarningsForPodTemplate of 1.34): several containers of
 * one pod share one network, so a port that stands twice is of no use. `path` leads to the pod spec.
 */
export function portWarnings(spec: unknown, path: string): string[] {
  const warnings: string[] = [];
  const seen = new Map<string, Port[]>();
  const names = new Map<unknown, string>();
  const ports: readonly Port[] = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    asList(asObject(spec)[list]).flatMap((container, index) =>
      asList(asObject(container).ports).map((each, at) => {
        const port = asObject(each);
        const { name, hostIP = '', hostPort = 0 } = port;
        const key = `${port.containerPort}/${port.protocol}`;
        return { key, field: `${path}.${list}[${index}].ports[${at}]`, name, hostIP, hostPort };
      }),
    ),
  );
  for (const port of ports) {
    const { key, field, hostIP, hostPort } = port;
    const others = seen.get(key) ?? [];
    for (const other of others) {
      if (hostIP === other.hostIP && hostPort === other.hostPort) {
        warnings.push(`${field}: duplicate port definition with ${other.field}`);
      } else if (hostPort === 0 || other.hostPort === 0) {
        warnings.push(`${field}: overlapping port definition with ${other.field}`);
      } else if (hostPort === other.hostPort && (hostIP === '') !== (other.hostIP === '')) {
        warnings.push(`${field}: dangerously ambiguous port definition with ${other.field}`);
      }
    }
    seen.set(key, [...others, port]);
  }
  for (const { field, name } of ports) {
    if (!name) continue;
    const first = names.get(name);
    if (first === undefined) names.set(name, field);
    else {
      warnings.push(
        `${field}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`,
      );
    }
  }
  return warnings;
}

/** The same for a workload, whose pod spec lies under `spec.template.spec` or wherever `keys` lead. */
export function templateWarnings(...keys: readonly string[]): (object: KubeObject) => string[] {
  return (object) => portWarnings(at(object, ...keys), keys.join('.'));
}

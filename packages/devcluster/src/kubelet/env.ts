import type { Container } from '../kinds.js';
import type { ConfigLookup } from './config-lookup.js';
import { type DownwardSource, fieldValue, resourceValue } from './field-ref.js';

/**
 * The environment of a container: `envFrom` first, then `env` in order, later ones winning, `$(NAME)` expanded by what came
 * before. @throws MissingConfig for a ConfigMap, Secret or key that is not there and not optional.
 */
export async function resolveEnv(
  container: Container,
  source: DownwardSource,
  lookup: ConfigLookup,
): Promise<Record<string, string>> {
  const env: Record<string, string> = { HOSTNAME: source.pod.spec.hostname ?? source.pod.metadata.name };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [kind, ref] of [
      ['configmap', configMapRef],
      ['secret', secretRef],
    ] as const) {
      if (ref?.name === undefined) continue;
      for (const [key, value] of (await lookup.load(kind, ref.name, ref.optional)) ?? [])
        env[prefix + key] = value.toString('utf8');
    }
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const found =
      valueFrom === undefined ? expand(value ?? '', env) : await referenced(valueFrom, container, source, lookup);
    if (found !== undefined) env[name] = found;
  }
  return env;
}

type ValueFrom = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

async function referenced(
  { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef }: ValueFrom,
  container: Container,
  source: DownwardSource,
  lookup: ConfigLookup,
): Promise<string | undefined> {
  if (fieldRef !== undefined) return fieldValue(fieldRef.fieldPath, source);
  if (resourceFieldRef !== undefined) return resourceValue(resourceFieldRef, container, source);
  if (configMapKeyRef !== undefined) {
    return lookup.key('configmap', configMapKeyRef.name ?? '', configMapKeyRef.key, configMapKeyRef.optional);
  }
  if (secretKeyRef !== undefined)
    return lookup.key('secret', secretKeyRef.name ?? '', secretKeyRef.key, secretKeyRef.optional);
  return undefined;
}

/** `$(NAME)` becomes the value of a known variable and stays as it is otherwise; `$$` is a plain `$`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) =>
    match === '$$' ? '$' : (env[name ?? ''] ?? match),
  );
}

import type { KubeObject, Runtime } from '@kaito-sdk/core';

/** Versions of the operator: 1 says more about its Deployments, and in another order; 2 gives pods something else to run with. */
export function versioned(runtime: Runtime, version: number): Runtime {
  if (version === 0) return runtime;
  const render: Runtime['render'] = (plan, workspace) =>
    runtime.render(plan, workspace).map((object) => (object.kind === 'Deployment' ? renewed(object, version) : object));
  return Object.assign(Object.create(runtime) as Runtime, { render });
}

function renewed(object: KubeObject, version: number): KubeObject {
  const annotations = { ...object.metadata.annotations, 'example.com/operator-version': String(version) };
  const { spec } = object as unknown as { readonly spec: { readonly template: KubeObject } };
  const { template } = spec;
  const told = {
    ...template.metadata,
    annotations: { ...template.metadata.annotations, 'example.com/engine': 'next' },
  };
  const pods = version === 2 ? { ...template, metadata: told } : template;
  const reversed = Object.fromEntries(Object.entries({ ...spec, template: pods }).reverse());
  return { ...object, metadata: { ...object.metadata, annotations }, spec: reversed } as unknown as KubeObject;
}

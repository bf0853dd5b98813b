import { asList, asObject, ensureObject, isObject, type JsonObject } from '../../store/json.js';

/** Defaults of a pod spec that hold inside a template as well as in a pod. Changes `spec` in place. */
export function defaultPodSpec(spec: JsonObject): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.schedulerName ??= 'default-scheduler';
  ensureObject(spec, 'securityContext');
  // The old name of the field is kept equal to the new one by the real server.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined) {
    spec.serviceAccountName ??= account;
    spec.serviceAccount ??= account;
  }
  for (const volume of asList(spec.volumes)) if (isObject(volume)) defaultVolume(volume);
  const hostNetwork = spec.hostNetwork === true;
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of asList(spec[list])) if (isObject(container)) defaultContainer(container, hostNetwork);
  }
}

const sourcesWithMode = ['secret', 'configMap', 'downwardAPI', 'projected'];

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of sourcesWithMode)
    if (isObject(volume[source])) (volume[source] as JsonObject).defaultMode ??= 420;
  if (isObject(volume.hostPath)) volume.hostPath.type ??= '';
  for (const source of asList(asObject(volume.projected).sources)) {
    const token = asObject(source).serviceAccountToken;
    if (isObject(token)) token.expirationSeconds ??= 3600;
    defaultFieldRefs(asList(asObject(asObject(source).downwardAPI).items));
  }
  defaultFieldRefs(asList(asObject(volume.downwardAPI).items));
}

function defaultFieldRefs(items: readonly unknown[]): void {
  for (const item of items) {
    const { fieldRef } = asObject(item);
    if (isObject(fieldRef)) fieldRef.apiVersion ??= 'v1';
  }
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= /(:latest|^[^:@]*(\/[^:@]*)?)$/.test(lastPart(container.image))
    ? 'Always'
    : 'IfNotPresent';
  ensureObject(container, 'resources');
  for (const port of asList(container.ports)) {
    if (!isObject(port)) continue;
    port.protocol ??= 'TCP';
    if (hostNetwork) port.hostPort ??= port.containerPort;
  }
  for (const variable of asList(container.env)) {
    const { fieldRef } = asObject(asObject(variable).valueFrom);
    if (isObject(fieldRef)) fieldRef.apiVersion ??= 'v1';
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[key];
    if (isObject(probe)) defaultProbe(probe);
  }
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(asObject(asObject(container.lifecycle)[hook]).httpGet);
}

/** The image without registry host and path, where a colon is a tag and not a port. */
function lastPart(image: unknown): string {
  const text = typeof image === 'string' ? image : '';
  return text.includes('@') ? '@' : text.slice(text.lastIndexOf('/') + 1);
}

function defaultProbe(probe: JsonObject): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  defaultHttpGet(probe.httpGet);
  if (isObject(probe.grpc)) probe.grpc.service ??= '';
}

function defaultHttpGet(action: unknown): void {
  if (!isObject(action)) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

/** Defaults of a `template` field of a workload. */
export function defaultPodTemplate(template: unknown): void {
  if (!isObject(template)) return;
  ensureObject(template, 'metadata');
  const spec = template.spec;
  if (isObject(spec)) defaultPodSpec(spec);
}

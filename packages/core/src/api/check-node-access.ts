import { type FieldError, fieldOf, itemOf } from '../resource/field-error.js';

/**
 * What a pod reaches the node itself with, beside the pods of other namespaces: what the profile `baseline` of the Pod Security Standards
 * (Kubernetes 1.34) refuses, and a node chosen past the scheduler. The operator may make pods in every namespace, and a cluster without
 * labels for Pod Security refuses nothing: whoever may write a Workspace would have the nodes.
 */

const WHY =
  'reaches the node itself, and with it what other namespaces run there: remove it, or set nodeAccess in the configuration of the operator where Pod Security guards every namespace';

type Json = Readonly<Record<string, unknown>>;

/** The pods of a template. */
export function checkPodTemplate(field: string, template: unknown): FieldError[] {
  const at = fieldOf(field, 'spec');
  const spec = record(record(template).spec);
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((name) => refusedIf(spec[name] === true, fieldOf(at, name))),
    ...refusedIf(isFilled(spec.nodeName), fieldOf(at, 'nodeName')),
    ...checkPodSecurity(fieldOf(at, 'securityContext'), record(spec.securityContext)),
    ...list(spec.volumes).flatMap((volume, index) => checkVolumeSource(itemOf(fieldOf(at, 'volumes'), index), volume)),
    ...['initContainers', 'containers', 'ephemeralContainers'].flatMap((kind) =>
      list(spec[kind]).flatMap((container, index) => checkContainer(itemOf(fieldOf(at, kind), index), container)),
    ),
  ];
}

/** A volume that a pod mounts. */
export function checkVolumeSource(field: string, source: unknown): FieldError[] {
  return refusedIf(record(source).hostPath != null, fieldOf(field, 'hostPath'));
}

function checkContainer(field: string, container: Json): FieldError[] {
  const at = fieldOf(field, 'securityContext');
  const security = record(container.securityContext);
  const added = record(security.capabilities).add;
  const strange = (Array.isArray(added) ? added : []).filter((one) => !CAPABILITIES.has(one as string));
  return [
    ...refusedIf(security.privileged === true, fieldOf(at, 'privileged')),
    ...refusedIf(strange.length > 0, fieldOf(at, 'capabilities.add')),
    ...refusedIf(isFilled(security.procMount) && security.procMount !== 'Default', fieldOf(at, 'procMount')),
    ...checkProfiles(at, security),
    ...list(container.ports).flatMap((port, index) =>
      refusedIf(isFilled(port.hostPort) && port.hostPort !== 0, `${itemOf(fieldOf(field, 'ports'), index)}.hostPort`),
    ),
  ];
}

function checkPodSecurity(at: string, security: Json): FieldError[] {
  const unsafe = list(security.sysctls).some(({ name }) => !SYSCTLS.has(String(name)));
  return [...refusedIf(unsafe, fieldOf(at, 'sysctls')), ...checkProfiles(at, security)];
}

/** What a pod and a container say in the same words. */
function checkProfiles(at: string, security: Json): FieldError[] {
  const { user, role, type } = record(security.seLinuxOptions);
  const labelled = isFilled(user) || isFilled(role) || (isFilled(type) && !SELINUX_TYPES.has(String(type)));
  const unconfined = (profile: unknown) => record(profile).type === 'Unconfined';
  return [
    ...refusedIf(record(security.windowsOptions).hostProcess === true, fieldOf(at, 'windowsOptions.hostProcess')),
    ...refusedIf(unconfined(security.seccompProfile), fieldOf(at, 'seccompProfile')),
    ...refusedIf(unconfined(security.appArmorProfile), fieldOf(at, 'appArmorProfile')),
    ...refusedIf(labelled, fieldOf(at, 'seLinuxOptions')),
  ];
}

/** Those that a container runtime gives anyway. */
const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const SELINUX_TYPES: ReadonlySet<string> = new Set([
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);

/** Those that only the pod's own namespaces see. */
const SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]);

function refusedIf(condition: boolean, field: string): FieldError[] {
  return condition ? [{ field, reason: 'Forbidden', message: WHY }] : [];
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

// What users write, as the compiler must see it: compiled against the packed packages, with `skipLibCheck` off. Nothing of it runs.
import { awsInstances } from '@kaito-sdk/catalog-aws';
import {
  bytes,
  definePlugin,
  done,
  type InstanceCatalog,
  type KubeObject,
  type NodeProvisioner,
  type Outcome,
  type Plan,
  type PresetPack,
  plan,
  type Runtime,
  type Workspace,
  waiting,
} from '@kaito-sdk/core';
import { type Clock, Operator, systemClock } from '@kaito-sdk/core/engine';
import { aWorkspace, exampleCatalogs, TestCluster } from '@kaito-sdk/core/testing';
import { DevCluster, VirtualClock } from '@kaito-sdk/devcluster';
import { kaitoOperator, type OperatorConfig, operatorConfig } from '@kaito-sdk/operator';
import { phiPresets } from '@kaito-sdk/presets-phi';

/** Only for types that are the same in both directions. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

class Settings {
  endpoint = 'https://example.com';
}

// The configuration of a plugin has the type of its class.
definePlugin({ name: 'x', apiVersion: '1', provides: ['provisioner'], config: Settings }, (host) => {
  same<typeof host.config, Settings>(true);
  // @ts-expect-error no such setting
  host.config.endpont;
  host.presets(phiPresets);
  host.instances(awsInstances);
});

// A capability is one of those that there are.
// @ts-expect-error not one of them
definePlugin({ name: 'x', apiVersion: '1', provides: ['cloud'] }, () => undefined);

// A decision is a Plan or a refusal, told apart by one field.
const decision = plan(aWorkspace(), exampleCatalogs);
if (decision.feasible) same<typeof decision, Plan & { readonly feasible: true }>(true as never);
else decision.message.toUpperCase();
// @ts-expect-error a refusal has no engine
decision.engine;

// Memory is never a bare number.
const weights: ReturnType<typeof bytes> = bytes(1);
// @ts-expect-error a number is no amount of memory
const wrong: ReturnType<typeof bytes> = 1;

// Outcomes say why.
const outcomes: readonly Outcome[] = [done, waiting('Reason', 'a sentence')];
// @ts-expect-error a wait needs its sentence
waiting('Reason');

// The configuration is read, not written.
const config: OperatorConfig = operatorConfig({}, 'here');
// @ts-expect-error readonly
config.region = 'x';

export type Contracts = [InstanceCatalog, NodeProvisioner, PresetPack, Runtime, KubeObject, Workspace, Clock];
export const used = [
  weights,
  wrong,
  outcomes,
  Operator,
  systemClock,
  TestCluster,
  DevCluster,
  VirtualClock,
  kaitoOperator,
];

import type { Workspace } from '../api/workspace.js';
import type { Catalogs } from './catalogs.js';
import { type Choice, chooseInstance } from './choose-instance.js';
import { choosePreset } from './choose-preset.js';
import { chooseRuntimes } from './choose-runtimes.js';
import type { Candidate } from './evaluate.js';
import { ignoredMetadata, RUNTIME_ANNOTATION } from './ignored-metadata.js';
import { memoryAt, partsAt } from './memory-fit.js';
import type { EngineSpec, Infeasible, MemoryBudget, Notice, Plan, PlannedModel, PlannedNodes } from './plan.js';
import { type PlanRequest, readRequest } from './plan-request.js';
import { priceOf, times } from './price.js';

/**
 * Decides everything that will be done for a Workspace, or says why it cannot be. A pure function of its arguments: no clock, no
 * cluster, no cloud; the same input gives the same value, and that value survives JSON unchanged. It never throws on a Workspace,
 * however odd; it relies on the plugins in `catalogs` keeping their contracts.
 */
export function plan(workspace: Workspace, catalogs: Catalogs): Plan | Infeasible {
  const request = readRequest(workspace);
  if ('feasible' in request) return request;
  const runtimes = chooseRuntimes(request, catalogs);
  if ('feasible' in runtimes) return runtimes;
  const preset = choosePreset(request, catalogs);
  if ('feasible' in preset) return preset;
  const need = { workspace, preset, nodes: request.count, fields: request.fields, runtimes };
  const choice = chooseInstance(need, request, catalogs);
  if ('feasible' in choice) return choice;
  return assemble(workspace, request, choice, catalogs);
}

function assemble(workspace: Workspace, request: PlanRequest, choice: Choice, catalogs: Catalogs): Plan {
  const { candidate } = choice;
  const { preset } = candidate.need;
  const contextLength = Math.min(candidate.memory.tokens, preset.model.contextLength);
  const engine = candidate.runtime.configure(candidate.need, { contextLength });
  return {
    feasible: true,
    workspace: { namespace: request.namespace, name: request.name },
    kind: request.kind,
    model: modelOf(candidate, engine),
    nodes: nodesOf(request, candidate, catalogs),
    runtime: { name: candidate.runtime.name, because: candidate.supported.because },
    engine,
    memory: budgetOf(candidate, engine),
    warnings: [
      ...request.warnings,
      ...ignoredMetadata(workspace.metadata, annotationsRead(request, candidate, catalogs)),
      ...choice.warnings,
      ...candidate.supported.warnings,
      ...contextWarnings(candidate, engine),
      ...countWarnings(request),
    ],
    unchecked: uncheckedOf(candidate, engine, catalogs),
    unverified: [
      ...(candidate.supported.unverified ?? []),
      ...Object.entries(preset.sources).flatMap(([field, source]) =>
        source.toLowerCase().includes('unverified') ? [`${preset.name}, ${field}: ${source}`] : [],
      ),
    ],
    rejected: choice.rejected,
  };
}

function modelOf(candidate: Candidate, engine: EngineSpec): PlannedModel {
  const { name, weights, licence } = candidate.need.preset;
  const pinned = engine.weights === 'hub' ? weights.revision : undefined;
  return {
    preset: name,
    repository: weights.repository,
    ...(pinned === undefined ? {} : { revision: pinned }),
    licence: licence.spdx,
  };
}

function nodesOf(request: PlanRequest, { instance, need }: Candidate, catalogs: Catalogs): PlannedNodes {
  const { provisioner, region } = catalogs;
  const { count: gpusPerNode, ...gpu } = instance.gpu;
  const price = priceOf(instance, region);
  return {
    provisioner: provisioner.name,
    instanceType: instance.name,
    capacityType: 'on-demand',
    count: request.count,
    gpusPerNode,
    gpuResource: `${gpu.vendor}.com/gpu`,
    gpu,
    labels: request.labels,
    selector: { ...request.labels, ...provisioner.nodeSelector({ namespace: request.namespace, name: request.name }) },
    diskBytes: need.preset.diskBytes,
    ...(price ? { price: times(price, request.count) } : {}),
  };
}

function budgetOf({ demand, instance, memory, need }: Candidate, engine: EngineSpec): MemoryBudget {
  return {
    gpuBytes: instance.gpu.memoryBytes,
    usableBytes: memory.usableBytes,
    neededBytes: memoryAt(demand, engine.contextLength),
    parts: partsAt(demand, engine.contextLength),
    context: { model: need.preset.model.contextLength, fits: memory.tokens },
  };
}

function annotationsRead(request: PlanRequest, { runtime }: Candidate, catalogs: Catalogs): ReadonlySet<string> {
  return new Set([
    ...(request.kind === 'inference' ? [RUNTIME_ANNOTATION] : []),
    ...(runtime.reads?.annotations ?? []),
    ...(catalogs.provisioner.annotations ?? []),
  ]);
}

function contextWarnings({ instance, need }: Candidate, engine: EngineSpec): readonly Notice[] {
  const { contextLength: made } = need.preset.model;
  if (engine.contextLength >= made) return [];
  const message = `${engine.contextLength} of the ${made} tokens that ${need.preset.name} was made for fit into a ${instance.gpu.model}; longer ones fail.`;
  return [{ code: 'ContextShortened', message }];
}

function countWarnings({ count }: PlanRequest): readonly Notice[] {
  if (count === 1) return [];
  return [
    {
      code: 'CopiesOfModel',
      message: `resource.count is ${count}: each of the ${count} nodes gets a whole copy of the model, and requests are spread over them.`,
    },
  ];
}

function uncheckedOf(
  { instance, need, supported }: Candidate,
  engine: EngineSpec,
  catalogs: Catalogs,
): readonly string[] {
  const unchecked = [`whether ${instance.name} is in stock and within the quota`, ...(supported.unchecked ?? [])];
  if (engine.weights === 'hub' && need.preset.weights.revision === undefined) {
    unchecked.push(`which commit of ${need.preset.weights.repository} will be served: none is pinned`);
  }
  if (!priceOf(instance, catalogs.region)) {
    const where = catalogs.region === undefined ? '' : ` in ${catalogs.region}`;
    unchecked.push(`the price: no list price of ${instance.name}${where} is known`);
  }
  return unchecked;
}

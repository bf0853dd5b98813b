import { annotations } from '../api/names.js';
import type { Workspace } from '../api/workspace.js';
import type { ModelPreset } from '../plugin/preset-pack.js';
import type { RuntimeNeed } from '../plugin/runtime.js';
import type { Catalogs } from './catalogs.js';
import type { Choice } from './choose-instance.js';
import { choosePreset } from './choose-preset.js';
import { chooseRung } from './choose-rung.js';
import { chooseRuntimes } from './choose-runtimes.js';
import type { Candidate } from './evaluate.js';
import { BYPASS_ANNOTATION, ignoredMetadata, RUNTIME_ANNOTATION } from './ignored-metadata.js';
import type { Rung } from './ladder.js';
import { memoryAt, partsAt } from './memory-fit.js';
import { memoryOf } from './memory-of.js';
import type { EngineSpec, Infeasible, MemoryBudget, Notice, Plan, PlannedModel, PlannedNodes } from './plan.js';
import { type PlanRequest, readRequest } from './plan-request.js';
import { priceOf, times } from './price.js';
import { notSupported } from './unsupported.js';

/**
 * Decides everything that will be done for a Workspace, or says why it cannot be. A pure function of its arguments: no clock, no
 * cluster, no cloud; the same input gives the same value, and that value survives JSON unchanged. It never throws on a Workspace,
 * however odd; it relies on the plugins in `catalogs` keeping their contracts.
 */
export function plan(workspace: Workspace, catalogs: Catalogs): Plan | Infeasible {
  const request = readRequest(workspace);
  if ('feasible' in request) return request;
  if (request.preferredNodes.length > 0 && catalogs.provisioner.preferredNodes === undefined)
    return notSupported('resource.preferredNodes', `is not supported yet by ${catalogs.provisioner.name}`);
  const allowed = chooseRuntimes(request, catalogs);
  if ('feasible' in allowed) return allowed;
  const unnamed = request.presetName === undefined ? allowed.filter((runtime) => runtime.ownModel?.(workspace)) : [];
  const named = allowed.filter((runtime) => runtime.ownModel === undefined && runtime.onlyWhenAsked !== true);
  // Those that run what has no name are no choice for a named model, and the other way round.
  const runtimes = [unnamed, named, allowed].find((some) => some.length > 0) ?? allowed;
  const preset = unnamed[0]?.ownModel?.(workspace) ?? choosePreset(request, catalogs);
  if ('feasible' in preset) return preset;
  const need = {
    workspace,
    preset,
    nodes: request.count,
    fields: request.fields,
    bypass: request.bypass,
    runtimes,
    policy: catalogs.policy ?? 'exact',
    unavailable: catalogs.unavailable ?? [],
    ...(catalogs.region === undefined ? {} : { region: catalogs.region }),
    ...(request.priceLimit === undefined ? {} : { priceLimit: request.priceLimit }),
  };
  const choice = chooseRung(need, request, catalogs);
  if ('feasible' in choice) return choice;
  return assemble(workspace, request, choice, catalogs);
}

function assemble(
  workspace: Workspace,
  request: PlanRequest,
  choice: Choice & { readonly rung: Rung },
  catalogs: Catalogs,
): Plan {
  const { candidate } = choice;
  const { preset } = candidate.need;
  const contextLength = Math.min(contextOf(candidate), preset.model.contextLength);
  const engine = candidate.runtime.configure(candidate.need, { contextLength });
  return {
    feasible: true,
    workspace: { namespace: request.namespace, name: request.name },
    kind: request.kind,
    model: modelOf(candidate, engine),
    nodes: nodesOf(request, candidate, choice.rung, catalogs),
    runtime: { name: candidate.runtime.name, because: candidate.supported.because },
    engine,
    memory: budgetOf(candidate, engine),
    warnings: [
      ...request.warnings,
      ...ignoredMetadata(workspace.metadata, annotationsRead(request, candidate, catalogs)),
      ...choice.warnings,
      ...candidate.supported.warnings,
      ...shortageWarnings(candidate),
      ...contextWarnings(candidate, engine),
      ...countWarnings(request, candidate.need),
      ...spotWarnings(choice.rung),
      ...preferredWarnings(request, candidate, catalogs),
    ],
    unchecked: uncheckedOf(candidate, engine, catalogs),
    unverified: [...(candidate.supported.unverified ?? []), ...unverifiedFigures(preset)],
    rejected: choice.rejected,
  };
}

/** What fits; where a machine is tried in spite of our reckoning, the least that is worth starting for. */
function contextOf({ memory, demand, short }: Candidate): number {
  return short === undefined || memory.tokens > 0 ? memory.tokens : Math.max(1, demand.minimumContext);
}

function shortageWarnings({ short }: Candidate): readonly Notice[] {
  if (short === undefined) return [];
  const message = `${short} The annotation ${BYPASS_ANNOTATION} lets it be tried all the same: expect the engine to run out of memory on a node that is paid for.`;
  return [{ code: 'ResourceChecksBypassed', message }];
}

/** Figures that nobody checked; those with one source in one line. */
function unverifiedFigures({ name, sources }: ModelPreset): readonly string[] {
  const bySource = new Map<string, string[]>();
  for (const [field, source] of Object.entries(sources)) {
    if (!source.toLowerCase().includes('unverified')) continue;
    bySource.set(source, [...(bySource.get(source) ?? []), field]);
  }
  return [...bySource].map(([source, fields]) => `${name}, ${fields.join(', ')}: ${source}`);
}

function modelOf(candidate: Candidate, engine: EngineSpec): PlannedModel {
  const { name, weights, licence } = candidate.need.preset;
  const pinned = engine.weights === 'hub' ? weights.revision : undefined;
  return {
    preset: name,
    repository: weights.repository,
    ...(pinned === undefined ? {} : { revision: pinned }),
    licence: licence.spdx,
    ...(engine.weights === 'hub' && weights.gated ? { gated: true } : {}),
  };
}

function nodesOf(
  request: PlanRequest,
  { instance, need, demand }: Candidate,
  { capacityType, zone }: Rung,
  catalogs: Catalogs,
): PlannedNodes {
  const { provisioner, region } = catalogs;
  const { count: gpusPerNode, ...gpu } = instance.gpu;
  const price = priceOf(instance, region);
  const { pipeline = 1 } = need;
  const { tensorParallel = 1 } = demand;
  return {
    provisioner: provisioner.name,
    instanceType: instance.name,
    capacityType,
    ...(zone === undefined ? {} : { zone }),
    count: need.nodes,
    ...(pipeline === 1 ? {} : { pipeline }),
    ...(tensorParallel === 1 ? {} : { tensorParallel }),
    gpusPerNode,
    gpuResource: gpusPerNode === 0 ? 'none' : `${gpu.vendor}.com/gpu`,
    gpu,
    labels: request.labels,
    selector: { ...request.labels, ...provisioner.nodeSelector({ namespace: request.namespace, name: request.name }) },
    ...preferredOf(request, catalogs),
    diskBytes: need.preset.diskBytes,
    ...(price ? { price: times(price, need.nodes) } : {}),
  };
}

function preferredOf(
  { preferredNodes: names, labels, namespace, name }: PlanRequest,
  { provisioner }: Catalogs,
): Pick<PlannedNodes, 'preferred'> {
  if (names.length === 0) return {};
  return { preferred: { names, selector: { ...labels, ...provisioner.preferredNodes?.({ namespace, name }) } } };
}

function budgetOf({ demand, instance, memory, need, runtime }: Candidate, engine: EngineSpec): MemoryBudget {
  const { bytes: gpuBytes, machine } = memoryOf(runtime, instance);
  return {
    gpuBytes,
    ...(machine ? { machine: true as const } : {}),
    usableBytes: memory.usableBytes,
    neededBytes: memoryAt(demand, engine.contextLength),
    parts: partsAt(demand, engine.contextLength),
    context: {
      model: need.preset.model.contextLength,
      fits: memory.tokens,
      sequences: demand.shared ? Math.max(1, Math.floor(memory.tokens / engine.contextLength)) : 1,
    },
  };
}

function annotationsRead(request: PlanRequest, { runtime }: Candidate, catalogs: Catalogs): ReadonlySet<string> {
  return new Set([
    BYPASS_ANNOTATION,
    annotations.adoptedSpec,
    ...(request.kind === 'inference' ? [RUNTIME_ANNOTATION] : []),
    ...(runtime.reads?.annotations ?? []),
    ...(catalogs.provisioner.annotations ?? []),
  ]);
}

function contextWarnings({ instance, need, runtime, short }: Candidate, engine: EngineSpec): readonly Notice[] {
  const { contextLength: made } = need.preset.model;
  // How long a sample of a tuning may be is a setting; the runtime says what it took.
  if (runtime.kind === 'tuning') return [];
  if (short !== undefined || engine.contextLength >= made) return [];
  const message = `${engine.contextLength} of the ${made} tokens that ${need.preset.name} was made for fit into a ${instance.gpu.model}; longer ones fail.`;
  return [{ code: 'ContextShortened', message }];
}

function countWarnings({ count }: PlanRequest, { nodes, pipeline = 1 }: RuntimeNeed): readonly Notice[] {
  if (pipeline > 1) {
    const message = `No single node holds the model: its layers are dealt over ${pipeline} nodes, and it stops when any of them does.`;
    return [{ code: 'ModelOverSeveralNodes', message }];
  }
  if (nodes !== count) {
    const message = `resource.count is ${count} and ${nodes} is planned: by the policy kaito the estimator says how many.`;
    return [{ code: 'CountIgnored', message }];
  }
  if (count === 1) return [];
  return [
    {
      code: 'CopiesOfModel',
      message: `resource.count is ${count}: each of the ${count} nodes gets a whole copy of the model, and requests are spread over them.`,
    },
  ];
}

function spotWarnings({ capacityType }: Rung): readonly Notice[] {
  if (capacityType !== 'spot') return [];
  const message =
    'A spot node can be taken back at any moment; the price shown is the on-demand one, which spot does not exceed.';
  return [{ code: 'SpotNode', message }];
}

/** What is bought is decided when the nodes are looked at, which a Plan never does: it counts all of them as bought. */
function preferredWarnings(
  { preferredNodes }: PlanRequest,
  { need, instance }: Candidate,
  { stock, region }: Catalogs,
): readonly Notice[] {
  if (preferredNodes.length === 0 || stock !== undefined) return [];
  const all = need.nodes === 1 ? 'the node' : `all ${need.nodes} nodes`;
  const price = priceOf(instance, region) ? `, and the price is that of buying ${all}` : '';
  const message = `Of the nodes ${preferredNodes.join(', ')} those that will do are taken first, for nothing${price}.`;
  return [{ code: 'PreferredNodes', message }];
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

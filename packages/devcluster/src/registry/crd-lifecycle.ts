import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { asList, asObject, at, copyJson, sameJson } from '../store/json.js';
import { resourcesOf } from './custom-resources.js';
import type { WriteContext } from './decode.js';
import { cleanupFinalizer, customResourceDefinitions } from './kinds/crd.js';
import { timestamp } from './metadata.js';
import type { Registry } from './registry.js';
import type { Resource } from './resource.js';

const context: WriteContext = { manager: 'kube-apiserver', dryRun: false, fieldValidation: 'Ignore', warn: () => {} };

/**
 * Lets CustomResourceDefinitions take effect: names are accepted, versions are served at once, the instances go before a deleted definition does.
 */
export class CrdLifecycle {
  readonly #registry: Registry;
  readonly #cleaning = new Set<string>();
  /** Versions now served for each definition. */
  readonly #served = new Map<string, Resource[]>();

  constructor(registry: Registry) {
    this.#registry = registry;
    registry.afterWrite((resource, object, event) => {
      if (resource.collection === customResourceDefinitions.collection) {
        if (event === 'deleted') this.#withdraw(object.metadata.name);
        else this.#inBackground(this.#settle(object));
      } else if (resource.custom && event === 'deleted') {
        const crd = registry.get(customResourceDefinitions, undefined, `${resource.plural}.${resource.group}`);
        if (crd?.metadata.deletionTimestamp !== undefined) this.#inBackground(this.#cleanUp(crd));
      }
    });
  }

  /** Serves the definitions that are in the store already, as after a restart. */
  resume(): void {
    for (const crd of this.#registry.around.store.list(customResourceDefinitions.collection)) {
      this.#inBackground(this.#settle(crd));
    }
  }

  /** A definition that went away meanwhile is no fault; anything else is one of ours and must be seen. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!ApiError.is(error)) throw error;
    });
  }

  async #settle(crd: KubeObject): Promise<void> {
    const status = this.#statusOf(crd);
    const established = conditionIs(status.conditions, 'Established');
    if (established) this.#serve(crd);
    if (!sameJson(status, crd.status)) {
      await this.#registry.update(
        customResourceDefinitions,
        undefined,
        crd.metadata.name,
        'status',
        (live) => ({ next: { ...copyJson(live), status: copyJson(status) } as KubeObject }),
        context,
      );
      return;
    }
    if (crd.metadata.deletionTimestamp !== undefined) await this.#cleanUp(crd);
  }

  /** What the names controller of the real server would write. */
  #statusOf(crd: KubeObject): { conditions: unknown[]; acceptedNames: unknown; storedVersions: unknown } {
    const status = asObject(crd.status);
    const now = timestamp(this.#registry.around.clock.now());
    const conflict = this.#nameConflict(crd);
    const names = asObject(asObject(crd.spec).names);
    let conditions = asList(status.conditions);
    const set = (type: string, value: boolean, reason: string, message: string): void => {
      const before = asObject(conditions.find((each) => asObject(each).type === type));
      const wanted = value ? 'True' : 'False';
      if (before.status === wanted && before.reason === reason && before.message === message) return;
      const lastTransitionTime = before.status === wanted ? before.lastTransitionTime : now;
      const next = { lastTransitionTime, message, reason, status: wanted, type };
      conditions =
        before.type === undefined
          ? [...conditions, next]
          : conditions.map((each) => (asObject(each).type === type ? next : each));
    };
    if (conflict === undefined) {
      set('NamesAccepted', true, 'NoConflicts', 'no conflicts found');
      set('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted');
      return { ...status, conditions: [...conditions], acceptedNames: names, storedVersions: status.storedVersions };
    }
    set('NamesAccepted', false, conflict.reason, conflict.message);
    if (!conditionIs(conditions, 'Established')) set('Established', false, 'NotAccepted', 'not all names are accepted');
    return {
      ...status,
      conditions: [...conditions],
      acceptedNames: status.acceptedNames,
      storedVersions: status.storedVersions,
    };
  }

  #nameConflict(crd: KubeObject): { reason: string; message: string } | undefined {
    const { group, names } = asObject(crd.spec);
    const wanted = asObject(names);
    for (const other of this.#registry.around.store.list(customResourceDefinitions.collection)) {
      if (other.metadata.name === crd.metadata.name || at(other, 'spec', 'group') !== group) continue;
      const taken = asObject(asObject(other.status).acceptedNames);
      if (!taken.kind) continue;
      if (taken.kind === wanted.kind || taken.listKind === wanted.listKind) {
        const field = taken.kind === wanted.kind ? 'Kind' : 'ListKind';
        const value = taken.kind === wanted.kind ? wanted.kind : wanted.listKind;
        return { reason: `${field}Conflict`, message: `${JSON.stringify(value)} is already in use` };
      }
      const short = new Set([...asList(taken.shortNames), taken.plural, taken.singular]);
      const clash = [wanted.singular, ...asList(wanted.shortNames)].find((name) => short.has(name));
      if (clash !== undefined)
        return { reason: 'ShortNamesConflict', message: `${JSON.stringify(clash)} is already in use` };
    }
    return undefined;
  }

  #serve(crd: KubeObject): void {
    const fresh = resourcesOf(crd);
    for (const old of this.#served.get(crd.metadata.name) ?? []) {
      if (!fresh.some((each) => each.version === old.version)) this.#registry.resources.remove(old);
    }
    for (const resource of fresh) this.#registry.resources.set(resource);
    this.#served.set(crd.metadata.name, fresh);
  }

  #withdraw(name: string): void {
    for (const resource of this.#served.get(name) ?? []) this.#registry.resources.remove(resource);
    this.#served.delete(name);
  }

  /** Deletes every instance; those with finalizers keep the definition until somebody takes them off. */
  async #cleanUp(crd: KubeObject): Promise<void> {
    const { name } = crd.metadata;
    if (this.#cleaning.has(name) || !(crd.metadata.finalizers ?? []).includes(cleanupFinalizer)) return;
    this.#cleaning.add(name);
    try {
      const [resource] = this.#served.get(name) ?? [];
      if (resource !== undefined) {
        for (const object of this.#registry.around.store.list(resource.collection)) {
          if (object.metadata.deletionTimestamp !== undefined) continue;
          await this.#registry.delete(resource, object.metadata.namespace, object.metadata.name, {}, context);
        }
        if (this.#registry.around.store.count(resource.collection) > 0) return;
      }
      await this.#registry.update(
        customResourceDefinitions,
        undefined,
        name,
        undefined,
        (live) => {
          const next = copyJson(live);
          next.metadata.finalizers = (live.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer);
          return { next };
        },
        context,
      );
    } finally {
      this.#cleaning.delete(name);
    }
  }
}

function conditionIs(conditions: unknown, type: string): boolean {
  return asList(conditions).some((each) => asObject(each).type === type && asObject(each).status === 'True');
}

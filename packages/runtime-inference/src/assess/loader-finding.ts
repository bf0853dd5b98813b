import {
  type JsonObject as Json,
  jsonList as list,
  jsonNumber as number,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';
import { LOADER_CONTAINER } from '../adapters/adapter-pod.js';
import { EXIT_CODES, type LoaderErrorCode } from '../loader/loader-error.js';
import { type Finding, failed } from './finding.js';

/** The reason in the condition for each way in which an adapter can fail to come in. */
export const REASONS: Readonly<Record<LoaderErrorCode, string>> = {
  PULL_REFUSED: 'AdapterPullRefused',
  PULL_FAILED: 'AdapterPullFailed',
  ADAPTER_INVALID: 'AdapterInvalid',
  ADAPTER_UNSUPPORTED: 'AdapterUnsupported',
  BASE_MODEL_MISMATCH: 'AdapterBaseModelMismatch',
  ENGINE_REFUSED: 'AdapterExchangeRefused',
  DOCUMENT_INVALID: 'AdapterLoaderMismatch',
};

/** What the adapters' loader says, when it says that one of them cannot be served. */
export function loaderFinding(podStatus: Json): Finding | undefined {
  const loader = list(podStatus.initContainerStatuses).find(({ name }) => name === LOADER_CONTAINER);
  for (const state of [loader?.state, loader?.lastState]) {
    const ended = object(object(state).terminated);
    const [code] = Object.entries(EXIT_CODES).find(([, exit]) => exit === number(ended.exitCode)) ?? [];
    // A start that worked makes what happened before it history.
    if (ended.exitCode === 0) return undefined;
    if (code === undefined) continue;
    const words = lastLine(string(ended.message) ?? '').replace(`${code}: `, '');
    return failed(REASONS[code as LoaderErrorCode], words === '' ? 'The adapter cannot be served.' : words);
  }
  return undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

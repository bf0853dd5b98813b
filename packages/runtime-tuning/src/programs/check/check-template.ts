import { Failure } from '../failure.js';
import { get } from '../fetch/http-get.js';
import type { Task } from '../task.js';
import type { CheckedData } from './check-data.js';
import type { Settings } from './settings.js';

const HUB = 'https://huggingface.co';

/**
 * Whether the model has a chat template, where the data are conversations: read off the few kilobytes of its tokenizer's settings on the hub.
 *
 * @returns what could not be found out, for people; undefined when all is well
 * @throws Failure CHAT_TEMPLATE_MISSING
 */
export async function checkTemplate(
  data: CheckedData,
  settings: Settings,
  { model, privateDataUrls }: Task,
  hub = HUB,
): Promise<string | undefined> {
  if (data.form !== 'messages' || settings.chatTemplate !== undefined) return undefined;
  const { repository, revision = 'main' } = model;
  const base = `${hub.replace(/\/+$/, '')}/${repository}/resolve/${revision}`;
  try {
    const config = await text(`${base}/tokenizer_config.json`, privateDataUrls);
    if (
      config !== undefined &&
      typeof (JSON.parse(config) as { chat_template?: unknown }).chat_template !== 'undefined'
    ) {
      return undefined;
    }
    if ((await text(`${base}/chat_template.jinja`, privateDataUrls)) !== undefined) return undefined;
    if (config === undefined) return `whether ${repository} has a chat template could not be read`;
  } catch (error) {
    return `whether ${repository} has a chat template could not be read: ${(error as Error).message}`;
  }
  const message = `the data are conversations, and ${repository} has no chat template. Set ModelConfig.chat_template`;
  throw new Failure('CHAT_TEMPLATE_MISSING', message);
}

async function text(address: string, isPrivate: boolean): Promise<string | undefined> {
  const { status, body } = await get(address, { private: isPrivate, idleMs: 20_000 });
  let all = '';
  for await (const piece of body) all += piece;
  if (status === 200) return all;
  if (status === 404) return undefined;
  throw new Error(`the hub answered ${status}`);
}

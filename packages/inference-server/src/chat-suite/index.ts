import { bodies } from './bodies.js';
import type { ChatCase } from './chat-case.js';
import { generation } from './generation.js';
import { load } from './load.js';
import { refusals } from './refusals.js';

export type { ChatCase } from './chat-case.js';

/**
 * The contract of `POST /chat`, one behaviour a case, for every runtime that serves it. The server under test may have any model. Bound to no
 * test framework:
 *
 *     for (const { title, run } of chatSuite) it(title, () => run('http://127.0.0.1:5000'));
 */
export const chatSuite: readonly ChatCase[] = [...bodies, ...generation, ...refusals, ...load];

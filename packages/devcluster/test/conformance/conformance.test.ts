import { conformance } from './conformance.js';
import { devclusterServing } from './serving.js';

describe('devcluster', () => conformance(devclusterServing()));

import { expect } from 'chai';
import { ServerMetrics } from '../../dist/server/metrics.js';

const gauges = { running: 1, waiting: 2, modelLoaded: false, memory: 3 };

function lines(metrics: ServerMetrics): readonly string[] {
  return metrics.render(gauges).split('\n');
}

describe('the metrics', () => {
  it('have every family with help and type, before anything happened', () => {
    const text = lines(new ServerMetrics());
    const named = (word: string) =>
      text.filter((line) => line.startsWith(`# ${word} `)).map((line) => line.split(' ')[2]);
    expect(named('HELP')).to.deep.equal(named('TYPE'));
    expect(named('TYPE')).to.have.length(9);
  });

  it('show the state of the moment', () => {
    expect(lines(new ServerMetrics())).to.include.members([
      'kaito_inference_requests_running 1',
      'kaito_inference_requests_waiting 2',
      'kaito_inference_model_loaded 0',
      'process_resident_memory_bytes 3',
    ]);
  });

  it('count into every bucket that is long enough', () => {
    const metrics = new ServerMetrics();
    metrics.answered(10, 5, 0.3);
    metrics.answered(1, 1, 100);
    expect(lines(metrics)).to.include.members([
      'kaito_inference_answer_seconds_bucket{le="0.25"} 0',
      'kaito_inference_answer_seconds_bucket{le="0.5"} 1',
      'kaito_inference_answer_seconds_bucket{le="60"} 1',
      'kaito_inference_answer_seconds_bucket{le="+Inf"} 2',
      'kaito_inference_answer_seconds_sum 100.3',
      'kaito_inference_prompt_tokens_total 11',
      'kaito_inference_generated_tokens_total 6',
    ]);
  });

  it('count responses by path and status', () => {
    const metrics = new ServerMetrics();
    for (const status of [200, 200, 400]) metrics.responded('/chat', status);
    expect(lines(metrics)).to.include.members([
      'kaito_inference_responses_total{path="/chat",status="200"} 2',
      'kaito_inference_responses_total{path="/chat",status="400"} 1',
    ]);
  });
});
